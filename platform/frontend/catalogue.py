"""The catalogues of translations, from what stands in the sources: `python -m frontend.catalogue` (`make messages`).

Babel reads the Python files and, through Django's own reading of templates, the pages. It is a tool of whoever changes
words: the site reads the compiled catalogue, which is committed, and does not need it.
"""

import ast
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
LOCALE = Path(__file__).resolve().parent / "locale"
SOURCES = ("analysis", "deid", "platform", "ratings", "templates")
LEFT_OUT = ("/migrations/", "/management/commands/")  # commands speak English: their readers keep the logs too
KEYWORDS = {
    "_": None, "gettext": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2),
    "ngettext_lazy": (1, 2), "pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip
# The pure packages know nothing of languages: their sentences are found where they are raised or named, with what
# varies as places, so that `frontend.told` recognises them. What only commands reach is left out.
PURE = (
    "platform/videoio",
    "platform/faces",
    "platform/modelstore",
    "deid/algorithms",
    "analysis/algorithms",
    "analysis/fidelity_columns.py",
    "analysis/dashboard_columns.py",
)
COMMANDS_ONLY = ("/phantom/", "/facemodel/", "/trainingset/")
PAGES_TOO = ("/facemodel/own.py", "/facemodel/portrait.py", "/trainingset/reading.py")
# What is called -> which of its arguments are words, by place or by name.
SAID_BY: dict[str, tuple[int | str, ...]] = {
    "MediaError": (1,), "EngineError": (0,), "Withheld": (0,), "BadParameters": (0,), "BadDonors": (0,),
    "UnusablePortrait": (0,), "BadWeights": (0,), "MissingWeights": (0,), "LicenceForbids": (0,), "NoCuda": (0,),
    "UnknownWeights": (0,), "NotConfined": (0,), "Unavailable": (0,), "Method": ("label", "summary"),
    "Column": (0, 3), "Criterion": (0,), "Item": (1,), "Kind": ("label",), "TrainingError": (0,), "BadConfig": (0,),
    "BadTrainingSet": (0,), "BadCheckpoint": (0,), "DiskFull": (0,), "Diverged": (0,),
}  # fmt: skip
TITLES = "GROUPS"  # a dictionary of that name has titles as its keys
HEADER = """\
# Every word of the pages, in Simplified Chinese; which word stands for what: GLOSSARY.md two folders up.
# `make messages` refreshes this file from the sources and compiles it."""
ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)  # a date would make two equal catalogues differ
PLACEHOLDER = re.compile(r"%\((\w+)\)[#0\- +]*[\d.]*([a-zA-Z])|%([sd])")


def sources() -> Iterator[Path]:
    """Every file that may hold words."""
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            told = path.as_posix()
            if path.suffix in (".py", ".html") and not any(part in told for part in LEFT_OUT):
                yield path


def template() -> Catalog:
    """All messages of the sources, none translated."""
    catalogue = Catalog(domain="django", header_comment=HEADER)
    for path in sources():
        place = [(path.relative_to(ROOT).as_posix(), 0)]
        for message, context, comments in _marked(path):
            catalogue.add(message, None, place, auto_comments=comments, context=context)
        if place[0][0].startswith(PURE):
            for sentence in _pure_sentences(path):
                catalogue.add(sentence, None, place, flags=["python-format"] if "%(" in sentence else [])
    return catalogue


def _marked(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None, list[str]]]:
    """What stands in gettext's calls and in tags that translate."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        text = f"({templatize(text)})"  # in brackets, so that its indentation means nothing
    source = io.BytesIO(text.encode())
    for _line, message, comments, context in extract("python", source, KEYWORDS, options={"encoding": "utf-8"}):
        yield message, context, comments


def _pure_sentences(path: Path) -> Iterator[str]:
    """What a module of a pure package says to people."""
    told = path.as_posix()
    if any(part in told for part in COMMANDS_ONLY) and not told.endswith(PAGES_TOO):
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for said in (*_arguments(node), *_titles(node)):
            sentence = _sentence(said)
            if any(letter.isalpha() for letter in PLACEHOLDER.sub("", sentence)):
                yield sentence


def _arguments(node: ast.AST) -> Iterator[ast.expr]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    places = SAID_BY.get(node.func.id, ())
    yield from (value for place, value in enumerate(node.args) if place in places)
    yield from (keyword.value for keyword in node.keywords if keyword.arg in places)


def _titles(node: ast.AST) -> Iterator[ast.expr]:
    if (
        isinstance(node, ast.AnnAssign)
        and getattr(node.target, "id", "") == TITLES
        and isinstance(node.value, ast.Dict)
    ):
        yield from (key for key in node.value.keys if key is not None)


def _sentence(node: ast.expr) -> str:
    """A constant as it is, an f-string with its values as places, nothing of anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts: list[str] = []
    names: list[str] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value).replace("%", "%%"))
        elif isinstance(part, ast.FormattedValue):
            names.append(_place_name(part.value, len(names)))
            parts.append(f"%({names[-1]})s")
    return "".join(parts) if len(set(names)) == len(names) else ""


def _place_name(value: ast.expr, number: int) -> str:
    if isinstance(value, ast.Name):
        return value.id
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
        return f"{value.value.id}_{value.attr}"
    return f"value{number + 1}"


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, domain="django")
    with path.open("rb") as handle:
        return read_po(handle, locale=language, domain="django")


def refreshed(language: str) -> Catalog:
    """The language's catalogue with the messages of the sources: new ones empty, gone ones gone, none guessed."""
    catalogue, wanted = read(language), template()
    catalogue.update(wanted, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.header_comment = HEADER
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """The text of a catalogue, without dates and line numbers: it changes only where words do."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, sort_output=True, include_lineno=False, omit_header=True)
    language = str(catalogue.locale)
    header = (
        f'{HEADER}\nmsgid ""\nmsgstr ""\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
        f'"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return header.encode() + buffer.getvalue()


def as_mo(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    catalogue.creation_date = catalogue.revision_date = ALWAYS
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def faults(catalogue: Catalog) -> list[str]:
    """What keeps a catalogue from being complete and safe to show."""
    return [f"{why}: {_one(message)!r}" for message in catalogue if message.id for why in _faults(message)]


def _one(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _faults(message: Message) -> Iterator[str]:
    ids = (message.id,) if isinstance(message.id, str) else message.id
    texts = (message.string,) if isinstance(message.string, str) else message.string
    if message.fuzzy:
        yield "not certain"
    if not texts or not all(texts):
        yield "not translated"
        return
    wanted = placeholders(ids[-1])  # the plural names every placeholder; the singular may leave the number out
    for text in texts:
        if placeholders(text) != wanted:
            yield "other placeholders"
        if text.startswith("\n") != ids[-1].startswith("\n") or text.endswith("\n") != ids[-1].endswith("\n"):
            yield "other line breaks at the ends"


def placeholders(text: str) -> list[str]:
    return sorted("".join(part or "" for part in found) for found in PLACEHOLDER.findall(text.replace("%%", "")))


def main() -> int:
    n_faults = 0
    for folder in sorted(path for path in LOCALE.iterdir() if path.is_dir()):
        catalogue = refreshed(folder.name)
        po = po_path(folder.name)
        po.write_bytes(as_po(catalogue))
        po.with_suffix(".mo").write_bytes(as_mo(catalogue))
        found = faults(catalogue)
        n_faults += len(found)
        sys.stdout.write(f"{folder.name}: {len(catalogue)} messages, {len(found)} to mend\n")
        sys.stdout.writelines(f"  {fault}\n" for fault in found)
    return 1 if n_faults else 0


if __name__ == "__main__":
    sys.exit(main())
