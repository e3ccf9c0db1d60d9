"""The figures of an agreement run, as what they say."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from analysis.agreement_read import ARMS, Reading, Row, arm_word, level_words, method_word, points
from analysis.algorithms.deviation import DEVIATIONS
from analysis.drawn import Estimate, Figure, Forest, Grouped, Heat, Layer, Lines, Scatter, Spot, Stacked
from frontend.numbers import signed

# Okabe-Ito from none to severe, then what is no score.
SCORES = ("#56B4E9", "#009E73", "#F0E442", "#E69F00", "#D55E00")
NO_SCORE = (("#999999", "/"), ("#ffffff", "x"))

Href = Callable[[str], str]


def distributions(read: Reading, item: Mapping[str, Any]) -> Figure:
    """As FMP's figure 5: of each rater the scores of both versions, one under the other."""
    rows = [one for rater in ["", *read.raters] for one in item["distributions"] if one["rater"] == rater]
    bars = tuple(
        f"{one['rater'] or _('all')}, {arm_word(one['arm'])} (n = {sum(one['counts']) + one['n_not_sure']})"
        for one in rows
    )
    layers = [
        Layer(words, SCORES[score % len(SCORES)], "", tuple(one["counts"][score] for one in rows))
        for score, words in enumerate(level_words(item))
    ]
    for (colour, pattern), word, name in zip(
        NO_SCORE, (_("not sure"), _("missing")), ("n_not_sure", "n_missing"), strict=True
    ):
        layers.append(Layer(word, colour, pattern, tuple(one[name] for one in rows)))
    layers = [layer for layer in layers if any(layer.counts) or not layer.pattern]
    label = _("%(item)s: how often each score was given to each version, by rater") % {"item": read.label(item)}
    drawing = Stacked(_("Share of the answers asked for (%); numbers are counts"), bars, tuple(layers))
    return Figure(f"distribution-{item['item']}-{item['method']}", label, drawing)


def deviations(read: Reading) -> Figure:
    series = tuple(
        (_("%(item)s (n = %(n)d)") % {"item": read.label(item), "n": sum(item["pairs"][0]["deviations"])},
         tuple(item["pairs"][0]["deviations"]))
        for item in read.items
    )  # fmt: skip
    drawing = Grouped(
        _("Original minus de-identified (points of the 0–4 scale)"), _("Share of pairs (%)"),
        tuple(signed(value) for value in DEVIATIONS), series,
    )  # fmt: skip
    return Figure("deviations", _("Share of pairs at each deviation, for each item"), drawing)


def confusion(read: Reading, item: Mapping[str, Any]) -> Figure:
    drawing = Heat(
        _("Score of the de-identified version"), _("Score of the original"), tuple(level_words(item)),
        tuple(tuple(row) for row in item["pairs"][0]["confusion"]),
    )  # fmt: skip
    label = _("%(item)s: how often each score of the original stands with each of the de-identified version") % {
        "item": read.label(item)
    }
    return Figure(f"confusion-{item['item']}-{item['method']}", label, drawing)


def within(read: Reading) -> Figure:
    """Kappa and AC2 of the same rater on both versions."""
    rows = [
        _estimate(
            read.row(item, name, rater=rater), f"{read.label(item)}, {rater or _('all raters')}", place, _("pairs")
        )
        for item in read.items
        for rater in ["", *read.raters]
        for place, name in enumerate(("kappa", "ac2"))
    ]
    drawing = Forest(
        _("Agreement of the two versions (1 is full), 95% interval"), (_("Weighted kappa"), "AC2"), tuple(rows),
        x_range=_from_zero(rows),
    )  # fmt: skip
    return Figure("within", _("Agreement within raters, original against de-identified, with intervals"), drawing)


def between(read: Reading) -> Figure:
    names = ("alpha", "ac2_raters", "icc_single")
    rows = [
        _estimate(read.row(item, name, arm=arm), f"{read.label(item)}, {arm_word(arm)}", place, _("recordings"))
        for item in read.items
        for arm in ARMS
        for place, name in enumerate(names)
    ]
    drawing = Forest(
        _("Agreement of raters with each other (1 is full), 95% interval"),
        (_("Krippendorff's alpha"), "AC2", "ICC(A,1)"), tuple(rows), x_range=_from_zero(rows),
    )  # fmt: skip
    return Figure("between", _("Agreement between raters on each version, with intervals"), drawing)


def _estimate(row: Row, label: str, series: int, of: str) -> Estimate:
    return Estimate(label, series, row["value"], row["low"], row["high"], f"n = {row['n']} {of}")


def _from_zero(rows: Sequence[Estimate]) -> tuple[float, float]:
    lowest = min([0.0, *(value for row in rows for value in (row.low, row.value) if value is not None)])
    return lowest - 0.05, 1.03


def equivalence(read: Reading) -> Figure:
    """The registered estimate between its margins, and beside it what other ways of looking give."""
    margin, level = read.summary["protocol"]["margin"], 1 - 2 * read.summary["protocol"]["alpha"]
    series = (
        _("two one-sided tests, %(level)d%% interval") % {"level": round(100 * level)},
        _("drawing participants, 95% interval"),
        _("ordinal mixed model, 95% interval"),
        _("first exposures only, 95% interval"),
        _("“not sure” at worst, 95% interval"),
    )
    rows = [row for item in read.items for row in _equivalence_rows(read, item)]
    lines = ((-margin, f"−{margin:g}"), (0.0, ""), (margin, f"+{margin:g}"))
    drawing = Forest(
        _("Original minus de-identified, mean over participants (points of the 0–4 scale)"), series, tuple(rows), lines
    )  # fmt: skip
    label = _("Mean deviation of participants with intervals, between the margins of equivalence")
    return Figure("equivalence", label, drawing)


def _equivalence_rows(read: Reading, item: Mapping[str, Any]) -> list[Estimate]:
    label, told, mixed = read.label(item), item["equivalence"], item["mixed"]
    n, between = _("n = %(n)d participants"), mixed["difference_interval"]
    rows = [
        Estimate(label, 0, told["mean"], told["interval"][0], told["interval"][1], n % {"n": told["n"]}),
        _of_people(read.row(item, "mean_of_patients"), label, 1),
        Estimate(label, 2, mixed["difference"], between[0], between[1], n % {"n": mixed["n_patients"]}),
        _of_people(read.row(item, "first_exposure"), label, 3),
    ]
    if any(one["n_not_sure"] for one in item["distributions"]):
        rows += [_of_people(read.row(item, name), label, 4) for name in ("worst_down", "worst_up")]
    return rows


def _of_people(row: Row, label: str, series: int) -> Estimate:
    n = _("n = %(n)d participants") % {"n": row["n_participants"]}
    return Estimate(label, series, row["value"], row["low"], row["high"], n)


def bland_altman(read: Reading, item: Mapping[str, Any], href: Href) -> Figure:
    """A point for each participant; each leads to the videos."""
    limits, margin = item["limits"], read.summary["protocol"]["margin"]
    spots = tuple(
        Spot(one["middle"], one["deviation"], one["participant"], f"n = {one['n']}", href(one["participant"]))
        for one in item["points"]
    )
    lines = [(margin, _("margin +%(margin)g") % {"margin": margin}, "dot"),
             (-margin, _("margin −%(margin)g") % {"margin": margin}, "dot")]  # fmt: skip
    if limits["bias"] is not None:
        lines.append((limits["bias"], _("mean %(value)s") % {"value": points(limits["bias"])}, "solid"))
    if limits["lower"] is not None:
        lines += [(limits[name], f"{word} {points(limits[name])}", "dash") for name, word in (
            ("lower", _("lower limit")), ("upper", _("upper limit")))]  # fmt: skip
    drawing = Scatter(
        _("Mean of both versions (points of the 0–4 scale)"), _("Original minus de-identified (points)"), spots,
        tuple(lines),
    )  # fmt: skip
    label = _("%(item)s: deviation of each participant against the mean score, with 95%% limits of agreement") % {
        "item": read.label(item)
    }
    return Figure(f"limits-{item['item']}-{item['method']}", label, drawing)


def drift(read: Reading, item: Mapping[str, Any]) -> Figure:
    ticks = tuple(_("%(place)d of 5") % {"place": place} for place in range(1, 6))
    series = tuple(
        (rater, tuple(value for value, _n in fifths), tuple(n for _value, n in fifths))
        for rater, fifths in zip(read.raters, item["fifths"], strict=True)
    )
    drawing = Lines(
        _("Fifth of the rater's own order"), _("Score minus the other raters' mean (points)"), ticks, series
    )
    label = _("%(item)s: how each rater's scores move against the others' over the study") % {"item": read.label(item)}
    return Figure(f"drift-{item['item']}-{item['method']}", label, drawing)


def blinding(read: Reading) -> Figure:
    rows = [
        Estimate(
            method_word(one["arm"]) if one["arm"] != "original" else arm_word("original"), 0, one["index"]["index"],
            one["index"]["low"], one["index"]["high"], f"n = {one['index']['n']}",
        )
        for one in read.summary["blinding"]
    ]  # fmt: skip
    drawing = Forest(
        _("Bang's index (0 as by chance, 1 always told), 95% interval"), (_("Guesses after all ratings"),), tuple(rows),
        ((0.0, ""),), (-1.05, 1.05),
    )  # fmt: skip
    return Figure("blinding", _("How well raters told each version, with intervals"), drawing)
