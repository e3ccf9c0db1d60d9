# The two commands of the README are `make demo` and `make test`; `make help` lists the rest.
SHELL := /bin/sh
export PATH := $(CURDIR)/.venv/bin:$(PATH)
MANAGE := .venv/bin/python manage.py

.PHONY: help setup database demo serve stop test screenshots lint bench load lock messages migrations

help: ## this list
	@grep -hE '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: ## .venv from the lock, system packages
	@./scripts/system-packages
	@./scripts/make-venv

database: setup # embedded PostgreSQL unless DATABASE_URL names another; schema, cache table, static files
	@.venv/bin/python -m config.embedded start
	@$(MANAGE) migrate --verbosity 0
	@DATABASE_ROLE=owner $(MANAGE) createcachetable
	@$(MANAGE) collectstatic --no-input --verbosity 0

demo: setup ## the whole job once, then the site; VIDEO=clip.mp4 with your clip; CHECK=1 only proves that it works, NGINX=1 behind nginx
	@.venv/bin/python -m demo.launch $(if $(CHECK),--check) $(if $(NGINX),--nginx) $(if $(VIDEO),--video "$(VIDEO)")

serve: database ## web, worker and scheduler on PORT (8000)
	@.venv/bin/python -m demo.processes

stop: ## end what demo or serve started, and the embedded PostgreSQL
	@if [ -x .venv/bin/python ]; then .venv/bin/python -m demo.processes stop; .venv/bin/python -m config.embedded stop; fi

test: ## all tests, on all cores
	@./scripts/system-packages test
	@./scripts/make-venv
	@.venv/bin/python -m pytest --numprocesses auto --dist loadfile

screenshots: ## pictures of the README from the phantom demo, into docs/pictures
	@./scripts/system-packages pictures
	@./scripts/make-venv
	@.venv/bin/python -m demo.launch --pictures docs/pictures

lint: setup ## ruff, mypy, import-linter, migrations
	@ruff check .
	@ruff format --check .
	@mypy .
	@lint-imports
	@.venv/bin/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run --skip-checks # no database needed

bench: setup ## speed and memory of every method, as a ratio to decode and encode alone
	@$(MANAGE) bench $(VIDEO)

load: setup ## 100 raters at once on this machine, 5 minutes, in a database of its own; LOAD="--raters 20 --seconds 60"
	@.venv/bin/python -m demo.launch --load $(LOAD)

messages: setup ## catalogues of translations from the sources, and what is not translated yet
	@.venv/bin/python -m frontend.catalogue

lock: setup ## requirements.lock anew from pyproject.toml
	@uv pip compile pyproject.toml --all-extras --no-emit-package torch --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
		--generate-hashes --no-annotate --no-header --quiet --output-file requirements.lock
	@uv pip compile pyproject.toml --extra recognisers --extra learned --no-emit-package torch --constraint requirements.lock --python-version 3.11 \
		--python-platform x86_64-manylinux_2_28 --generate-hashes --no-annotate --no-header --quiet \
		--output-file docker/requirements.lock # what runs, without tests and linters
