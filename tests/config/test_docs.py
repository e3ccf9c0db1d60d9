"""What the documents name exists: files, headings, commands, settings, dependencies."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
IDS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


def headings(path: Path) -> set[str]:
    """Anchors as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_relative_link_leads_somewhere(path: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file) if file else path
        assert there.exists(), f"{path.name}: {target}"
        assert not anchor or anchor in headings(there), f"{path.name}: {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_make_target_exists(path: Path):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:`|^|\n)make ([a-z-]+)", path.read_text()))
    assert named <= targets


def options_of(command: str) -> set[str]:
    parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
    parts = [part for action in parser._actions if isinstance(action.choices, dict) for part in action.choices.values()]
    return {option for each in (parser, *parts) for action in each._actions for option in action.option_strings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_command_and_its_options_exist(path: Path):
    for line in re.findall(r"manage\.py ([a-z_]+(?:[ \[][^\n`]*)?)", path.read_text()):
        command, _, rest = line.partition(" ")
        assert command in get_commands(), f"{path.name}: manage.py {command}"
        named = set(re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*)", rest.partition("#")[0]))
        assert named <= options_of(command), f"{path.name}: manage.py {line}"


def test_every_command_of_ours_is_in_the_readme():
    ours = {name for name, app in get_commands().items() if isinstance(app, str) and (ROOT / app).exists()}
    ours |= {name for name, app in get_commands().items() if (ROOT / "platform" / str(app)).exists()}
    readme = (ROOT / "README.md").read_text()
    rows = {row for line in readme.splitlines() if line.startswith("| `") for row in re.findall(r"`([a-z_]+)", line)}
    assert ours - {"demo_story", "demo_pictures", "bench"} <= rows  # these are what make does


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_every_file_that_is_named_exists(path: Path):
    """`folder/file.py` and `file.py:name` in backticks, of this repository."""
    for file, name in re.findall(r"`((?:platform|deid|ratings|analysis|templates|tests|docker|docs|scripts)/[\w./-]+)"
                                 r"(?::(\w+))?`", path.read_text()):  # fmt: skip
        if file.startswith("docker/secrets"):
            continue  # made by docker/make-secrets
        assert (ROOT / file).exists(), f"{path.name}: {file}"
        assert not name or re.search(rf"\b{name}\b", (ROOT / file).read_text()), f"{path.name}: {file}:{name}"


def test_the_settings_page_names_every_setting_and_no_other():
    code = (ROOT / "platform/config/settings.py").read_text() + (ROOT / "platform/demo/launch.py").read_text()
    read = set(re.findall(r'(?:env|Env\(\))\.[a-z_]+\(\s*"([A-Z_]+)"', code))
    read |= set(re.findall(r"environ\.get\([\"']([A-Z_]+)", (ROOT / "docker/gunicorn.conf.py").read_text()))
    read |= set(re.findall(r"\$\{([A-Z_]+):-", (ROOT / "scripts/keep-running").read_text()))
    page = (ROOT / "docs/settings.md").read_text()
    cells = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert {name for cell in cells for name in re.findall(r"`([A-Z_]+)`", cell)} == read


def test_the_readme_says_why_each_dependency_is_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.match(r"[A-Za-z0-9_-]+", text)[0] for text in project["dependencies"]]  # type: ignore[index]
    readme = (ROOT / "README.md").read_text()
    table = readme[readme.index("## Dependencies") :].lower()
    spoken = {"djangorestframework": "drf", "psycopg": "psycopg"}
    assert [name for name in names if spoken.get(name, name).lower() not in table] == []


def test_renditions_are_never_called_anonymous():
    for path in DOCUMENTS:
        for line in path.read_text().splitlines():
            if re.search(r"anonymou?s|anonymis|anonymiz", line, re.I) and "pseudonym" not in line:
                assert re.search(r"\b(not|never)\b", line), f"{path.name}: {line}"


def test_compose_in_the_documents_is_what_compose_has():
    page = (ROOT / "docs/operations.md").read_text()
    services = re.findall(r"docker compose (?:exec|run --rm [^\n]*?|restart) ([a-z-]+)(?= |\n|`)", page)
    compose = (ROOT / "docker/compose.yaml").read_text()
    assert services
    assert all(f"\n  {service}:\n" in compose for service in services), services


def test_the_metrics_in_the_documents_exist(db):
    from operations.metrics import all_metrics

    known = {f"semblance_{metric.name}" for metric in all_metrics()}
    named = set(re.findall(r"semblance_[a-z_]+", (ROOT / "docs/operations.md").read_text()))
    assert {name for name in named if not name.endswith(("_app", "_owner", "_key"))} <= known


def test_make_help_lists_what_there_is():
    told = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    assert {line.split()[0] for line in told.splitlines()} >= {"demo", "serve", "stop", "test", "lint", "bench"}


def test_the_buttons_of_the_first_steps_are_on_the_pages():
    page = (ROOT / "docs/first-steps.md").read_text()
    sources = [
        *(ROOT / "templates").rglob("*.html"),
        *(ROOT / "platform/cohorts").glob("*.py"),
        *ROOT.glob("deid/**/*.py"),
    ]
    words = "\n".join(path.read_text() for path in sources)
    missing = [
        label
        for label in re.findall(r"\*\*([^*]+)\*\*", page)
        if label.removesuffix(" PD-001") not in words  # a participant's button ends with their code
    ]
    assert missing == []
