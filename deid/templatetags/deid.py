"""Names of methods and networks, states of weights, and numbers of trainings, in pages."""

from datetime import timedelta

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deid.algorithms.registry import METHODS
from deid.algorithms.training.registry import KINDS
from deid.training_words import measure_words
from frontend.templatetags.semblance import status
from frontend.told import told
from modelstore.store import State

register = template.Library()
register.filter("measure_words", measure_words)


@register.filter
def method_label(name: str) -> str:
    """The name that people know a method by; one that is gone keeps the name it was stored with."""
    return told(METHODS[name].label) if name in METHODS else name


@register.filter
def training_label(kind: str) -> str:
    """The name of a network that is trained."""
    return told(KINDS[kind].label) if kind in KINDS else kind


@register.filter
def rough(length: timedelta | float) -> str:
    """A length of time as people say it: seconds below two minutes, minutes below two hours, hours below two days."""
    seconds = round(length.total_seconds() if isinstance(length, timedelta) else length)
    for n_seconds, said in ((86_400, _days), (3_600, _hours), (60, _minutes)):
        if seconds >= 2 * n_seconds:
            return said(round(seconds / n_seconds))
    return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}


def _days(n: int) -> str:
    return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}


def _hours(n: int) -> str:
    return ngettext("%(n)d hour", "%(n)d hours", n) % {"n": n}


def _minutes(n: int) -> str:
    return ngettext("%(n)d minute", "%(n)d minutes", n) % {"n": n}


@register.filter
def figures(value: float | None) -> str:
    """A number by its first four figures; a dash where there is none."""
    return "–" if value is None else f"{value:.4g}"


@register.simple_tag
def weights_state(state: State) -> SafeString:
    """What the model store says of weights."""
    words = {
        State.READY: (_("ready"), "good"),
        State.MISSING: (_("not there"), ""),
        State.UNRECORDED: (_("nobody vouched for it"), "warn"),
        State.DAMAGED: (_("another file"), "bad"),
        State.FORBIDDEN: (_("licence forbids it"), "warn"),
    }
    return status(*words[state])
