"""The components of every page, and how dates, lengths and sizes are written. `/style` shows them all (with DEBUG).

A component that holds other things is a block tag (`{% panel _("Jobs") %}...{% endpanel %}`); one with more than a line
of HTML has a template under `templates/components/`.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.utils import timezone
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from frontend.told import told as in_words

register = template.Library()

# State of any object -> tone of its badge. A tone is never the only sign: the word stands in it.
TONES = {
    "done": "good", "released": "good", "accepted": "good", "open": "good", "rated": "good",
    "receiving": "busy", "queued": "busy", "running": "busy", "checking": "busy", "preparing": "busy",
    "in_review": "warn", "expired": "warn", "stopped": "warn", "withheld": "warn",
    "failed": "bad", "refused": "bad", "rejected": "bad", "void": "bad", "withdrawn": "bad",
}  # fmt: skip
# Frame states of a certificate, in words; what every rendition may have comes first.
FRAME_STATES = ("covered", "held", "withheld", "no_face", "keep_masked")
ALWAYS_NAMED = 3
NOTHING: SafeString = mark_safe("")


def html_or_nothing(pattern: str, value: Any) -> SafeString:
    return format_html(pattern, value) if value else NOTHING


@register.simple_block_tag
def page_header(content: str, title: str, status: Any = "") -> SafeString:
    """The heading of a page, its state beside it, and what can be done at the right: at most one primary action.

    `status` is an object with a state, or a badge that is made already.
    """
    shown = badge(status) if hasattr(status, "get_state_display") else status
    actions = html_or_nothing('<div class="actions">{}</div>', content if content.strip() else "")
    return format_html('<div class="page-header"><h1>{}</h1>{}{}</div>', title, shown, actions)


@register.simple_block_tag
def panel(content: str, title: str = "", id: str = "") -> SafeString:
    """A piece of a page on paper, with its heading."""
    named, heading = html_or_nothing(' id="{}"', id), html_or_nothing("<h2>{}</h2>", title)
    return format_html('<section class="panel"{}>{}{}</section>', named, heading, content)


@register.simple_block_tag
def table(content: str, label: str, compact: bool = False) -> SafeString:
    """A table with its name. It scrolls by itself, by keyboard too, where the screen is narrower than it is."""
    kind = mark_safe(' class="compact"') if compact else NOTHING
    return format_html(
        '<div class="table-wrap" role="region" aria-label="{}" tabindex="0"><table{}>{}</table></div>',
        label, kind, content,
    )  # fmt: skip


@register.simple_block_tag
def empty(content: str, text: str) -> SafeString:
    """Where nothing is: what to do next, and the button for it."""
    buttons = html_or_nothing('<div class="buttons">{}</div>', content if content.strip() else "")
    return format_html('<div class="empty"><p>{}</p>{}</div>', text, buttons)


@register.simple_block_tag
def notice(content: str, tone: str = "") -> SafeString:
    """Something to know before reading on; `tone` success or error."""
    return format_html('<div class="notice {}" role="status">{}</div>', tone, content)


@register.simple_block_tag
def figure(content: str, name: str, data: Mapping[str, Any], label: str) -> SafeString:
    """A figure drawn by charts.js from `data`; its numbers, the block's content, stand below in words and tables."""
    numbers = format_html("<details><summary>{}</summary>{}</details>", _("The figure's numbers"), content)
    place = format_html('<div class="figure" data-figure="{}" role="img" aria-label="{}"></div>', name, label)
    shown = numbers if content.strip() else NOTHING
    return format_html('<figure class="figure-frame">{}{}{}</figure>', place, json_script(data, name), shown)


@register.simple_tag
def status(word: str, tone: str = "") -> SafeString:
    """A state in a word; `tone` good, busy, warn or bad adds colour and shape."""
    return format_html('<span class="badge {}">{}</span>', tone, word)


@register.simple_tag
def badge(item: Any) -> SafeString:
    """The state of an object with `state` and `get_state_display`."""
    return status(item.get_state_display(), TONES.get(item.state, ""))


@register.simple_tag
def progress(done: int, whole: int, label: str) -> SafeString:
    """How much of a whole is done, as a bar and in numbers."""
    return _bar(done, whole, label, _("%(done)d of %(all)d") % {"done": done, "all": whole}) if whole else NOTHING


@register.simple_tag
def share(part: float | None, label: str) -> SafeString:
    """How far something is, from 0 to 1, as a bar and in per cent."""
    return NOTHING if part is None else _bar(round(100 * part), 100, label, f"{100 * part:.0f} %")


def _bar(done: int, whole: int, label: str, text: str) -> SafeString:
    bar = format_html('<progress max="{}" value="{}" aria-label="{}"></progress>', whole, done, label)
    return format_html('<span class="progress">{} <span class="count">{}</span></span>', bar, text)


@register.inclusion_tag("components/player.html")
def player(src: str, label: str, id: str = "player") -> dict[str, str]:
    """A video as large as its column; `src` is a link of this session."""
    return {"src": src, "label": label, "id": id}


@register.inclusion_tag("components/strip.html")
def frame_strip(runs: Iterable[Mapping[str, Any]], n_frames: int, counts: Mapping[str, int]) -> dict[str, Any]:
    """The state of every frame over time, which also seeks in the page's player, and what the colours mean."""
    words = _frame_state_words()
    shown = [state for place, state in enumerate(FRAME_STATES) if place < ALWAYS_NAMED or counts.get(state)]
    legend = [{"state": state, "word": words[state], "n": counts.get(state, 0)} for state in shown]
    return {"runs": [{**run, "word": words.get(run["state"], run["state"])} for run in runs], "n_frames": n_frames,
            "legend": legend}  # fmt: skip


def _frame_state_words() -> dict[str, str]:
    return {
        "covered": _("Face found and covered"),
        "held": _("Head masked between two finds"),
        "withheld": _("Whole frame withheld"),
        "no_face": _("Shown: decided that there is no face"),
        "keep_masked": _("Decided to stay masked"),
    }


@register.inclusion_tag("components/pages.html", takes_context=True)
def pages(context: dict[str, Any], page: Page) -> dict[str, Any]:
    """Which part of a long list this is, and the way to the rest; other keys of the address stay."""
    return {"page": page, "request": context["request"]}


@register.simple_tag(takes_context=True)
def page_link(context: dict[str, Any], number: int) -> str:
    """This list's address with another page of it."""
    query = context["request"].GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


@register.filter
def told(sentence: str) -> str:
    """A sentence that was kept in English, or a label of a method, in the reader's language."""
    return in_words(sentence)


@register.filter
def iso(moment: datetime | date | None) -> SafeString | str:
    """A moment with its zone, as 2026-01-31 14:05 UTC; a day, as 2026-01-31."""
    if moment is None or moment == "":
        return ""
    if not isinstance(moment, datetime):
        return format_html('<time datetime="{0}">{0}</time>', moment.isoformat())
    local = timezone.localtime(moment)
    day, hour = local.strftime("%Y-%m-%d"), local.strftime("%H:%M\N{NO-BREAK SPACE}%Z")
    return format_html('<time datetime="{}">{} {}</time>', local.isoformat(), day, hour)


@register.filter
def seconds(value: float) -> str:
    """A duration or position as 0:03.2 (minutes, seconds, tenths)."""
    minutes, rest = divmod(max(float(value), 0.0), 60)
    return f"{int(minutes)}:{rest:04.1f}"


@register.filter
def megabytes(value: int) -> str:
    """Small files in kB, so that none is of 0.0 MB; number and unit stay in one line."""
    return f"{value / 1e6:.1f}\u00a0MB" if value >= 1e5 else f"{value / 1e3:.1f}\u00a0kB"


@register.filter
def gigabytes(value: int) -> str:
    return f"{value / 1e9:.1f}\u00a0GB"
