"""What an agreement run found, piece by piece: words, figures and tables, the same on the page and in the report."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analysis import agreement_raters as raters
from analysis import agreement_scores as scores
from analysis.agreement_figures import Href
from analysis.agreement_read import Reading
from analysis.drawn import Section

PIECES = (
    scores.gaps, scores.verdict, scores.distributions, scores.deviations, scores.limits, raters.within, raters.between,
    raters.apart, raters.retest, scores.unsure, raters.order, raters.with_the_sign, scores.mixed, raters.drift,
    raters.blinding,
)  # fmt: skip


def sections(summary: Mapping[str, Any], href: Href = lambda name: "") -> list[Section]:
    """In the order of the page. `href` gives the address behind a participant's point."""
    read = Reading(summary)
    if not read.items:
        return []
    return [one for one in (piece(read, href) for piece in PIECES) if one is not None]


def limits_of_the_claim(summary: Mapping[str, Any]) -> Iterator[str]:
    """In plain words, for pages and reports alike."""
    n = len(summary["raters"])
    yield ngettext(
        "%(n)d fixed rater does not generalise to raters at large: the numbers describe this one.",
        "%(n)d fixed raters do not generalise to raters at large: the numbers describe these.",
        n,
    ) % {"n": n}
    yield _("Intervals are of participants like these. They say nothing of other cohorts, cameras or tasks.")
    yield _("“Not shown” is not “different”: with few participants the interval is wide.")
    yield _("A mean near zero may hide deviations in both directions: read it with the distributions.")
    yield _(
        "The mixed model takes raters as fixed and one intercept for each participant; what else is alike "
        "within a participant enters its interval only."
    )
    yield _("Agreement of scores says nothing about privacy, and nothing about signs that were not asked for.")
