"""No container engine runs here: what compose and the images ask for is held against what the code reads and has."""

import os
import re
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from config.celery import app
from config.embedded import app_grants
from deid.algorithms.registry import METHODS

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("setup", "web", "worker", "worker-gpu", "measurer", "analyst", "scheduler")
DOCKERFILE = (DOCKER / "Dockerfile").read_text()


def read_names() -> set[str]:
    """The environment variables that our code reads."""
    settings = (ROOT / "platform/config/settings.py").read_text()
    names = set(re.findall(r'env\.[a-z_]+\(\s*"([A-Z_]+)"', settings))
    names |= set(re.findall(r"environ\.get\([\"']([A-Z_]+)", (DOCKER / "gunicorn.conf.py").read_text()))
    return names | set(re.findall(r"\$\{([A-Z_]+):-", (ROOT / "scripts/keep-running").read_text()))


@pytest.mark.parametrize("name", OURS)
def test_every_variable_that_compose_sets_is_one_that_is_read(name: str):
    given = {variable.removesuffix("_FILE") for variable in SERVICES[name]["environment"]}
    assert given <= read_names()


@pytest.mark.parametrize("name", OURS)
def test_every_service_gets_what_it_cannot_do_without(name: str):
    needed = {"DATABASE_URL_FILE", "CELERY_BROKER_URL_FILE", "SECRET_KEY_FILE", "MEDIA_ENCRYPTION_KEY_FILE"}
    needed |= {"STORAGE_URL", "ALLOWED_HOSTS", "HTTPS_ONLY", "BEHIND_PROXY", "MEDIA_ACCEL_PREFIX"}
    assert needed <= set(SERVICES[name]["environment"])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_secret_is_a_file_that_make_secrets_writes_and_is_given_to_who_reads_it(name: str):
    service = SERVICES[name]
    granted = {entry if isinstance(entry, str) else entry["source"] for entry in service.get("secrets", [])}
    assert granted <= set(COMPOSE["secrets"])
    read = {
        Path(path).name
        for variable, path in service.get("environment", {}).items()
        if variable.endswith("_FILE") and variable != "METRICS_TOKEN_FILE"
    }
    assert read <= granted


def test_only_setup_knows_the_owner_role():
    assert [name for name in SERVICES if "database_owner_url" in SERVICES[name].get("secrets", [])] == ["setup"]
    assert [name for name in OURS if "DATABASE_OWNER_URL_FILE" in SERVICES[name]["environment"]] == ["setup"]


def test_only_the_web_process_and_the_analyst_know_the_key_role():
    """The analyst computes results of closed studies; those who open videos of unknown origin know no key."""
    assert [name for name in SERVICES if "database_key_url" in SERVICES[name].get("secrets", [])] == ["web", "analyst"]
    assert [name for name in OURS if "DATABASE_KEY_URL_FILE" in SERVICES[name]["environment"]] == ["web", "analyst"]
    assert SERVICES["analyst"]["environment"]["WORKER_QUEUES"] == "analyse"


def test_make_secrets_writes_every_file_once_and_keeps_what_is_there(tmp_path: Path):
    folder = tmp_path / "secrets"

    def make() -> dict[str, str]:
        done = subprocess.run([str(DOCKER / "make-secrets"), str(folder)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return {path.name: path.read_text() for path in folder.iterdir()}

    first = make()
    assert {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()} <= set(first)
    assert make() == first
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    # What it writes is what the settings take.
    files = ("database_url", "database_owner_url", "secret_key", "media_key", "broker_url")
    names = {"media_key": "MEDIA_ENCRYPTION_KEY", "broker_url": "CELERY_BROKER_URL"}
    env = {f"{names.get(file, file.upper())}_FILE": str(folder / file) for file in files}
    script = "import config.settings as s; d = s.DATABASES['default']; print(d['USER'], d['HOST'], s.CELERY_BROKER_URL)"
    for role, user in (("app", "semblance_app"), ("owner", "semblance_owner")):
        done = subprocess.run(
            [os.sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True,
            env={**os.environ, "DATABASE_ROLE": role, **env},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(f"{user} database amqp://semblance:")


def test_no_secret_stands_in_what_is_kept_in_git():
    text = "".join((DOCKER / name).read_text() for name in ("compose.yaml", ".env.example", "Dockerfile", "nginx.conf"))
    assert not re.search(r"(?i)(password|secret_key|token|media_key)\s*[:=]\s*[^/\s{$]{8,}", text)
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"docker/.env", "docker/secrets/"} <= set(ignored)


def test_every_variable_of_compose_is_explained_in_the_example():
    asked = set(re.findall(r"\$\{([A-Z_]+)", (DOCKER / "compose.yaml").read_text()))
    told = set(re.findall(r"^#?([A-Z_]+)=", (DOCKER / ".env.example").read_text(), re.M))
    assert asked == told


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights_that_they_do_not_need(name: str):
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["networks"] == ["inside"]
    assert "ports" not in service
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_images_are_pinned_and_every_volume_is_named():
    stages = set(re.findall(r"^FROM .+ AS (\S+)$", DOCKERFILE, re.M))
    images = [image for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.M) if image not in stages]
    images += [service["image"] for name, service in SERVICES.items() if name not in OURS]
    assert all(re.search(r":\d+\.\d+\.?\d*", image) for image in images), images
    mounted = [volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    named = {source for source in mounted if not source.startswith(".")}
    assert named == set(COMPOSE["volumes"])
    for source in mounted:
        if source.startswith("."):
            assert (DOCKER / source).is_file()


def test_every_long_running_service_is_watched_and_comes_back():
    for name, service in SERVICES.items():
        if name != "setup":
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"], name


def test_the_queues_have_workers_and_there_is_one_scheduler():
    environments = [service.get("environment", {}) for service in SERVICES.values()]
    queues = [told["WORKER_QUEUES"] for told in environments if "WORKER_QUEUES" in told]
    queues += ["measure"] if SERVICES["measurer"]["command"][-1] == "measures" else []
    assert set(queues) == {queue.name for queue in app.conf.task_queues}
    assert [name for name, s in SERVICES.items() if s.get("command") == ["./scripts/keep-running", "clock"]] == [
        "scheduler"
    ]
    assert SERVICES["worker-gpu"]["build"]["target"] == "gpu"


def stage(name: str) -> str:
    """What the Dockerfile does under a name."""
    return next(part for part in DOCKERFILE.split("\nFROM ") if part.partition("\n")[0].endswith(f" AS {name}"))


def test_the_workers_of_the_queue_gpu_and_no_others_have_torch_with_cuda():
    assert "TORCH=cuda" in stage("packages-gpu")
    assert "./scripts/install-torch /venv" in stage("packages-gpu")
    assert "COPY --from=packages-gpu /venv /venv" in stage("gpu")
    assert "COPY --from=packages /venv /venv" in stage("app")
    assert SERVICES["worker-gpu"]["environment"]["WORKER_QUEUES"] == "gpu"
    assert [name for name in OURS if SERVICES[name]["build"]["target"] == "gpu"] == ["worker-gpu"]
    assert {method.queue for method in METHODS.values() if method.weights} == {"gpu"}


@pytest.mark.parametrize("name", OURS)
def test_every_service_looks_into_the_same_model_store_on_a_volume_that_it_has(name: str):
    given = SERVICES[name]["environment"]
    for variable, otherwise in (
        ("MODEL_STORE", "/var/lib/semblance/models"), ("MODEL_STORE_URL", ""), ("MODEL_USE", "research"),
    ):  # fmt: skip
        assert given[variable] == f"${{{variable}:-{otherwise}}}"
    assert "var:/var/lib/semblance" in SERVICES[name]["volumes"]
    assert ("MODEL_DEVICE" in given) is (name == "worker-gpu")


def test_every_command_exists():
    """Programs of the locked packages, scripts of the repository, commands of manage.py."""
    locked = (DOCKER / "requirements.lock").read_text()
    for program, package in (("gunicorn", "gunicorn"), ("celery", "celery")):
        assert f"\n{package}==" in f"\n{locked}", program
    for script in re.findall(r"\./scripts/[a-z-]+", str(COMPOSE) + DOCKERFILE):
        assert os.access(ROOT / script, os.X_OK)
        assert f"COPY {script[2:]} " in DOCKERFILE
    setup = SERVICES["setup"]["command"][-1]
    commands = re.findall(r"manage\.py ([a-z]+)", setup)
    assert commands == ["migrate", "createcachetable", "collectstatic"]
    listed = subprocess.run(["make", "-n", "database"], cwd=ROOT, capture_output=True, text=True).stdout
    assert re.findall(r"manage\.py ([a-z]+)", listed) == commands, "the Makefile prepares a site by other steps"


def test_what_the_image_copies_is_there_and_let_through():
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(source == name or source.startswith(f"{name}/") for name in let_through), source
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    for folder in packages["only-include"]:
        assert f"COPY {folder} {folder}\n" in DOCKERFILE


def pinned(path: Path) -> dict[str, str]:
    lines = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;\\]+)", path.read_text(), re.M)
    return {canonicalize_name(name): version for name, version in lines}


def test_the_images_packages_are_the_locked_ones_without_those_of_the_tests():
    everything, running = pinned(ROOT / "requirements.lock"), pinned(DOCKER / "requirements.lock")
    assert running.items() <= everything.items(), "run make lock: the two locks differ"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {canonicalize_name(Requirement(text).name) for text in project["dependencies"]}
    assert asked <= set(running), "run make lock: a dependency is not in docker/requirements.lock"
    assert not {"pytest", "mypy", "playwright", "ruff"} & set(running)
    for extra in ("recognisers", "learned"):
        runs = {canonicalize_name(Requirement(text).name) for text in project["optional-dependencies"][extra]}
        assert runs - {"torch"} <= set(running), f"run make lock: docker/requirements.lock lacks some of {extra}"
    assert "torch" not in running, "torch's hashes differ between builds: scripts/install-torch brings it"
    assert "--require-hashes --requirement /requirements.lock" in DOCKERFILE
    text = (DOCKER / "requirements.lock").read_text()
    assert text.count("==") <= text.count("--hash=sha256:")


def test_the_databases_roles_are_those_of_the_embedded_one():
    script = (DOCKER / "database-roles.sh").read_text()
    for statement in app_grants():
        assert f"{statement};" in script
    assert subprocess.run(["sh", "-n", str(DOCKER / "database-roles.sh")]).returncode == 0
