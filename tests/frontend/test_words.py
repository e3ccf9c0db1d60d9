"""Every word of the pages is in the catalogue, whole and translated; nothing is left outside of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from django.conf import settings
from django.template.base import Lexer, TokenType

from accounts.models import Language
from frontend import catalogue

LANGUAGES = sorted(path.name for path in catalogue.LOCALE.iterdir() if path.is_dir())
HINT = "run `make messages`, translate what it lists, run it again"


def test_every_language_that_can_be_chosen_has_a_catalogue():
    assert [(code, name) for code, name in settings.LANGUAGES] == list(Language.choices)
    assert LANGUAGES == ["zh_Hans"]  # English is what the sources say


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_is_that_of_the_sources_and_complete(language):
    fresh = catalogue.refreshed(language)
    assert catalogue.faults(fresh) == [], HINT
    assert catalogue.as_po(fresh).decode() == catalogue.po_path(language).read_text(encoding="utf-8"), HINT


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_site_reads_is_what_the_catalogue_says(language):
    with catalogue.po_path(language).with_suffix(".mo").open("rb") as handle:
        compiled = read_mo(handle)
    assert _messages(compiled) == _messages(catalogue.read(language)), HINT


def _messages(made: Catalog) -> set:
    return {str((list(_all(message.id)), list(_all(message.string)))) for message in made if message.id}


def _all(texts: str | list | tuple) -> list | tuple:
    return [texts] if isinstance(texts, str) else texts


def test_faults_of_a_catalogue_are_found():
    made = Catalog(locale="zh_Hans")
    made.add("%(n)d of %(all)d", "%(n)d / %(all)d")
    made.add("%(n)d frames of %(name)s", "%(name)s 的帧")
    made.add("%(n)d bytes", "%(n)s 字节")
    made.add("100%% sure", "完全确定")
    made.add("Sign in", "")
    made.add("Sign out", "退出", flags=["fuzzy"])
    made.add(("one frame", "%(n)d frames"), ("%(n)d 帧",))
    assert sorted(catalogue.faults(made)) == [
        "not certain: 'Sign out'",
        "not translated: 'Sign in'",
        "other placeholders: '%(n)d bytes'",
        "other placeholders: '%(n)d frames of %(name)s'",
    ]


def test_sentences_of_pure_packages_are_found_where_they_are_raised(tmp_path):
    module = tmp_path / "reading.py"
    module.write_text(
        'raise MediaError("cut", f"{path.name} ends {missing:.1f} s too early (100% wrong): "\n'
        '    f"copy it from {places[0]}.")\n'
        'raise MediaError("code alone")\n'
        'log(f"{path.name} is nothing that anybody reads")\n'
        'GROUPS: dict = {"Identity": (Column("To donor", "metrics.to_donor", 3, "0"), Column("Near 5%", "n", 2))}\n'
    )
    assert set(catalogue._pure_sentences(module)) == {
        "%(path_name)s ends %(missing)s s too early (100%% wrong): copy it from %(value3)s.",
        "Identity", "To donor", "Near 5%",
    }  # fmt: skip


# ---- templates ---------------------------------------------------------------------------------------------------
TEMPLATES = catalogue.ROOT / "templates"
# Read by those who build pages, and written by a command.
ENGLISH_PAGES = ("frontend/style.html", "analysis/fidelity_report.html")
PAGES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
SAME_IN_EVERY_LANGUAGE = {
    "Semblance", "SHA-256", "fps", "n", "d", "doctype", "html", "px", "PNG", "JSON", "CSV", "PDF",
    "C", "F", "L", "N", "Esc",  # keys
}  # fmt: skip
SHOWN_ATTRIBUTES = re.compile(r'\b(aria-label|alt|placeholder|title|label|data-[a-z-]+-text)="([^"]*)"')
STRING_OF_A_COMPONENT = re.compile(r"""(?<!_\()(?<!=)(["'])([A-Z][^"']*)\1""")
COMPONENTS = ("page_header", "panel", "table", "empty", "notice", "figure", "status", "progress", "share", "player")


def unwrapped(text: str) -> Iterator[str]:
    """Words of a template that stand outside of every tag that translates."""
    whole, inside = "", False
    for token in Lexer(text).tokenize():
        first = token.contents.split()[0] if token.contents.split() else ""
        if token.token_type == TokenType.BLOCK:
            inside = first.startswith("blocktrans") or (inside and not first.startswith("endblocktrans"))
            if first in COMPONENTS:
                yield from (found[2] for found in STRING_OF_A_COMPONENT.finditer(token.contents))
        whole += token.contents if token.token_type == TokenType.TEXT and not inside else "\0"
    yield from (found[2] for found in SHOWN_ATTRIBUTES.finditer(whole) if _words(found[2]))
    for piece in re.split(r"<!--.*?-->|<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", whole, flags=re.DOTALL):
        if words := _words(piece):
            yield " ".join(words)


def _words(text: str) -> list[str]:
    words = re.findall(r"[A-Za-z][\w-]*", re.sub(r"&\w+;", " ", text))
    return [word for word in words if word not in SAME_IN_EVERY_LANGUAGE]


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ENGLISH_PAGES])
def test_no_word_of_a_page_stands_outside_of_what_is_translated(page):
    assert list(unwrapped((TEMPLATES / page).read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>Upload a file</p>", ["Upload a file"]),
        ('<p>{% translate "Upload" %} it</p>', ["it"]),
        ("<p>{% blocktranslate %}Upload {{ n }}{% endblocktranslate %}: {{ n }} MB</p>", ["MB"]),
        ('<img alt="A face" src="face.png">', ["A face"]),
        ('{% panel "Jobs" %}{{ n }}{% endpanel %}', ["Jobs"]),
        ('{% panel _("Jobs") id="jobs" %}{{ n }} · SHA-256{% endpanel %}', []),
    ],
)
def test_the_search_for_such_words_finds_them(text, words):
    assert list(unwrapped(text)) == words


# ---- Python ------------------------------------------------------------------------------------------------------
APPS = ("platform/accounts", "platform/audit", "platform/cohorts", "platform/frontend", "deid", "ratings", "analysis")
NOT_SHOWN = ("/migrations/", "/management/", "/algorithms/")
REFUSALS = {"ValidationError", "CannotBeUsed"}
LABELS = {"label", "help_text", "empty_label", "verbose_name"}


def literals(module: Path) -> Iterator[str]:
    """Texts that reach a page as they are: of refusals, messages after an act, and labels of forms."""
    forms = module.name == "forms.py"
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
        owner = getattr(getattr(node.func, "value", None), "id", "")
        shown = list(node.args) if name in REFUSALS or owner == "messages" else []
        shown += [keyword.value for keyword in node.keywords if forms and keyword.arg in LABELS]
        for value in shown:
            if isinstance(value, ast.JoinedStr) or _is_text(getattr(value, "value", None)):
                yield f"{module.relative_to(catalogue.ROOT)}:{value.lineno}"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and any(letter.isalpha() for letter in value)


def test_no_text_of_a_refusal_or_a_form_stands_outside_of_what_is_translated():
    modules = [path for app in APPS for path in (catalogue.ROOT / app).rglob("*.py")]
    shown = [path for path in modules if not any(part in path.as_posix() for part in NOT_SHOWN)]
    assert len(shown) > 100
    assert [place for path in shown for place in literals(path)] == []
