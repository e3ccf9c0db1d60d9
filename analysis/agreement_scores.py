"""What is told of scores: deviation and equivalence, distributions, limits, “not sure”, the mixed model."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis import agreement_figures as figures
from analysis.agreement_read import Reading, arm_word, number, p_value, points, share, with_interval
from analysis.algorithms.deviation import DEVIATIONS
from analysis.drawn import Section
from frontend.numbers import signed
from frontend.told import told

Item = Mapping[str, Any]
GAPS = {
    "all_not_sure": gettext_noop("Every answer was “not sure”: there is no score to compare."),
    "no_answer": gettext_noop("Nobody answered this item."),
    "no_pair": gettext_noop("No rater scored both versions of any recording: there is no pair to compare."),
    "silent_rater": gettext_noop("%(rater)s gave no score: what is told of raters is told of the others."),
    "one_rater": gettext_noop("Only one rater gave scores: agreement between raters is unknown."),
    "no_repeat": gettext_noop("No version was scored twice by one rater: the raters' own retest level is unknown."),
    "mixed_one_patient": gettext_noop("The ordinal mixed model has no result: it needs two participants with scores."),
    "mixed_one_score": gettext_noop("The ordinal mixed model has no result: everybody gave one and the same score."),
    "mixed_one_version": gettext_noop("The ordinal mixed model has no result: one of the versions has no score."),
    "mixed_separated": gettext_noop(
        "The ordinal mixed model has no result: the versions' scores are separated, so that the effect has no finite "
        "estimate."
    ),
    "mixed_flat": gettext_noop("The ordinal mixed model has no result: there are too few different scores."),
}


def gaps(read: Reading, href: figures.Href) -> Section | None:
    words = [f"{read.label(item)}: {_(GAPS[gap['what']]) % gap}" for item in read.items for gap in item["gaps"]]
    title = _("What could not be computed")
    return Section("gaps", title, tuple(words)) if words else None


def verdict(read: Reading, href: figures.Href) -> Section:
    level = round(100 * (1 - 2 * read.summary["protocol"]["alpha"]))
    words = (
        _(
            "The participant is the unit of inference: each participant's deviations are averaged over raters and "
            "recordings, then over participants. A version is equivalent where the interval lies within the "
            "margin on both sides."
        ),
        _("Several items: %(rule)s.") % {"rule": told(read.summary["protocol"]["multiplicity_words"])},
    )
    heads = (
        _("Item"),
        _("Participants"),
        _("Pairs"),
        _("Mean deviation (points), %(level)d%% interval") % {"level": level},
        _("Margin (points)"),
        _("p"),
        _("p that decides"),
        _("Equivalent"),
    )
    rows = [_verdict_row(read, item) for item in read.items]
    return Section(
        "verdict", _("Are both versions scored alike?"), words, (figures.equivalence(read),), heads, tuple(rows)
    )


def _verdict_row(read: Reading, item: Item) -> tuple[str, ...]:
    one = item["equivalence"]
    interval = {"value": one["mean"], "low": one["interval"][0], "high": one["interval"][1]}
    shown = {True: _("yes"), False: _("not shown"), None: _("described only")}
    word = _("undefined") if one["equivalent"] is None else shown[item.get("shown")]
    return (
        read.label(item),
        str(one["n"]),
        str(read.row(item, "mean_deviation")["n"]),
        with_interval(interval, points),
        f"± {one['margin']:g}",
        p_value(one["p"]),
        p_value(item["p_decides"]) if "p_decides" in item else "–",
        word,
    )


def distributions(read: Reading, href: figures.Href) -> Section:
    most = max(len(item["levels"]) for item in read.items)
    heads = (_("Item"), _("Version"), _("Rater"), *map(str, range(most)), _("Not sure"), _("Missing"))
    rows = [
        (read.label(item), arm_word(one["arm"]), one["rater"] or _("all"), *map(str, one["counts"]),
         *[""] * (most - len(one["counts"])), str(one["n_not_sure"]), str(one["n_missing"]))
        for item in read.items
        for one in item["distributions"]
    ]  # fmt: skip
    drawn = tuple(figures.distributions(read, item) for item in read.items)
    words = (
        _(
            "First showings only; hidden repeats are told of below. Missing are answers that were never given, or "
            "given after a code-break."
        ),
    )
    return Section("distributions", _("Scores of each version"), words, drawn, heads, tuple(rows), hidden=True)


def deviations(read: Reading, href: figures.Href) -> Section:
    heads = (_("Item"), *(signed(value) for value in DEVIATIONS), "n")
    rows = [
        (read.label(item), *map(str, item["pairs"][0]["deviations"]), str(sum(item["pairs"][0]["deviations"])))
        for item in read.items
    ]
    drawn = (figures.deviations(read), *(figures.confusion(read, item) for item in read.items))
    title = _("Deviations, and which scores stand together")
    return Section("deviations", title, (), drawn, heads, tuple(rows), hidden=True)


def limits(read: Reading, href: figures.Href) -> Section:
    heads = (
        _("Item"),
        _("Participants"),
        _("Mean (points, 95% interval)"),
        _("Standard deviation"),
        _("Lower limit (95% interval)"),
        _("Upper limit (95% interval)"),
    )
    rows = [_limits_row(read, item) for item in read.items]
    words = (
        _(
            "Bland and Altman's limits hold 95% of participants' mean deviations if these are normal. A point is "
            "one participant; it leads to the videos."
        ),
    )
    drawn = tuple(figures.bland_altman(read, item, href) for item in read.items if item["points"])
    return Section("limits", _("Deviation of each participant"), words, drawn, heads, tuple(rows))


def _limits_row(read: Reading, item: Item) -> tuple[str, ...]:
    one = item["limits"]

    def told_of(name: str, interval: str) -> str:
        return with_interval({"value": one[name], "low": one[interval][0], "high": one[interval][1]}, points)

    return (
        read.label(item),
        str(one["n"]),
        told_of("bias", "bias_interval"),
        number(one["sd"]),
        told_of("lower", "lower_interval"),
        told_of("upper", "upper_interval"),
    )


def unsure(read: Reading, href: figures.Href) -> Section:
    heads = (
        _("Item"),
        _("Answers"),
        _("Not sure, original"),
        _("Not sure, de-identified"),
        _("Difference"),
        _("Mean at worst, down (points)"),
        _("Equivalent"),
        _("Mean at worst, up (points)"),
        _("Equivalent"),
    )
    rows = [_unsure_row(read, item) for item in read.items]
    words = (
        _(
            "Shares of answers, with 95% intervals over participants. At worst every “not sure” was the score "
            "that moves the mean furthest: lowest for one version and highest for the other, and the other way "
            "round."
        ),
    )
    return Section("unsure", _("“Not sure” by version"), words, (), heads, tuple(rows))


def _unsure_row(read: Reading, item: Item) -> tuple[str, ...]:
    told_of = [with_interval(read.row(item, f"not_sure_{name}"), share) for name in (
        "original", "deidentified", "difference")]  # fmt: skip
    shown = {True: _("yes"), False: _("no"), None: _("undefined")}
    down, up = item["worst"]
    return (
        read.label(item),
        str(read.row(item, "not_sure_original")["n"]),
        *told_of,
        with_interval(read.row(item, "worst_down"), points),
        shown[down["equivalent"]],
        with_interval(read.row(item, "worst_up"), points),
        shown[up["equivalent"]],
    )


def mixed(read: Reading, href: figures.Href) -> Section:
    heads = (
        _("Item"),
        _("Scores"),
        _("Participants"),
        _("Log-odds of a higher score, de-identified (95% interval)"),
        _("p"),
        _("Standard deviation of participants (log-odds)"),
        _("Implied difference (points, 95% interval)"),
    )
    rows = []
    for item in read.items:
        one = item["mixed"]
        effect = {"value": one["effect"], "low": one["interval"][0], "high": one["interval"][1]}
        difference = {
            "value": one["difference"],
            "low": one["difference_interval"][0],
            "high": one["difference_interval"][1],
        }
        rows.append(
            (
                read.label(item),
                str(one["n"]),
                str(one["n_patients"]),
                with_interval(effect, points),
                p_value(one["p"]),
                number(one["sd_patients"]),
                with_interval(difference, points),
            )
        )
    words = (
        _(
            "A cross-check that takes scores as ordered and not as numbers: cumulative logits, raters fixed, "
            "participants random. Its implied difference has the same sign as the deviation."
        ),
    )
    return Section("mixed", _("Ordinal mixed model"), words, (), heads, tuple(rows))
