"""What is told of raters: within and between them, against themselves, in their order, and whether they were blind."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

from django.utils.translation import gettext as _

from analysis import agreement_figures as figures
from analysis.agreement_read import ARMS, SIGN, Reading, arm_word, method_word, number, points, share, with_interval
from analysis.drawn import Section

Item = Mapping[str, Any]


def within(read: Reading, href: figures.Href) -> Section:
    rows = [_within_row(read, item, rater) for item in read.items for rater in ["", *read.raters]]
    words = (
        _(
            "The same rater on both versions of a recording. Kappa has quadratic weights; where nearly all scores "
            "are alike it falls although raters agree, and AC2 does not. “Undefined” is not 0: there was nothing "
            "to judge by."
        ),
    )
    return Section("within", _("Agreement within raters"), words, (figures.within(read),), _within_heads(), tuple(rows))


def _within_heads() -> tuple[str, ...]:
    return (
        _("Item"),
        _("Rater"),
        _("Pairs"),
        _("Participants"),
        _("Weighted kappa (95% interval)"),
        _("AC2 (95% interval)"),
        _("Mean deviation (points)"),
        _("Mean distance (points)"),
        _("Identical"),
        _("Within 1 point"),
    )


def _within_row(read: Reading, item: Item, rater: str, group: str = "all") -> tuple[str, ...]:
    def told_of(name: str, write: Callable[..., str]) -> str:
        return with_interval(read.row(item, name, rater=rater, group=group), write)

    first = read.row(item, "kappa", rater=rater, group=group)
    return (
        read.label(item),
        rater or _("all"),
        str(first["n"]),
        str(first["n_participants"]),
        told_of("kappa", number),
        told_of("ac2", number),
        told_of("mean_deviation", points),
        told_of("mean_distance", number),
        told_of("identical", share),
        told_of("within_one", share),
    )


def between(read: Reading, href: figures.Href) -> Section:
    heads = (
        _("Item"),
        _("Version"),
        _("Recordings"),
        _("Krippendorff's alpha (95% interval)"),
        _("AC2 (95% interval)"),
        _("Scored by all"),
        _("ICC(A,1) (95% interval)"),
        _("ICC(A,k) (95% interval)"),
    )
    rows = [_between_row(read, item, arm) for item in read.items for arm in (*ARMS, "")]
    words = (
        _(
            "Raters with each other on one version: whether they agree as well on the de-identified one. Alpha is "
            "ordinal and takes recordings that two scored; the intraclass correlation takes those that all "
            "scored, for one rater's score (A,1) and for the mean of all (A,k). The third line of each item is "
            "de-identified minus original, of the same draws of participants."
        ),
    )
    return Section("between", _("Agreement between raters"), words, (figures.between(read),), heads, tuple(rows))


def _between_row(read: Reading, item: Item, arm: str) -> tuple[str, ...]:
    end = "" if arm else "_difference"
    row = {
        name: read.row(item, f"{name}{end}", arm=arm) for name in ("alpha", "ac2_raters", "icc_single", "icc_average")
    }
    write = number if arm else points
    return (
        read.label(item),
        arm_word(arm) if arm else _("difference"),
        str(row["alpha"]["n"]),
        with_interval(row["alpha"], write),
        with_interval(row["ac2_raters"], write),
        str(row["icc_single"]["n"]),
        with_interval(row["icc_single"], write),
        with_interval(row["icc_average"], write),
    )


def apart(read: Reading, href: figures.Href) -> Section | None:
    if len(read.raters) < 2:
        return None
    heads = (
        _("Item"),
        _("Raters"),
        _("Version"),
        _("Recordings"),
        _("First minus second, mean (points)"),
        _("Mean distance (points)"),
        _("Identical"),
    )
    pairs = [" – ".join(two) for two in combinations(read.raters, 2)]
    rows = [_apart_row(read, item, pair, arm) for item in read.items for pair in pairs for arm in ARMS]
    return Section("apart", _("How far raters lie apart"), (), (), heads, tuple(rows))


def _apart_row(read: Reading, item: Item, pair: str, arm: str) -> tuple[str, ...]:
    names = ("difference", "distance", "identical")
    row = {name: read.row(item, f"rater_{name}", arm=arm, rater=pair) for name in names}
    return (
        read.label(item), pair, arm_word(arm), str(row["difference"]["n"]), with_interval(row["difference"], points),
        with_interval(row["distance"], number), with_interval(row["identical"], share),
    )  # fmt: skip


def order(read: Reading, href: figures.Href) -> Section:
    heads = (
        _("Item"),
        _("Pairs, original first"),
        _("Pairs, de-identified first"),
        _("Deviation without the period (points)"),
        _("Period: first minus second (points)"),
        _("Sequence (points)"),
        _("First exposures"),
        _("First exposures only (points)"),
    )
    rows = []
    for item in read.items:
        told_of = [with_interval(read.row(item, name), points) for name in (
            "adjusted_deviation", "period_effect", "sequence_effect")]  # fmt: skip
        first = read.row(item, "first_exposure")
        rows.append(
            (read.label(item), *map(str, item["sequences"]), *told_of, str(first["n"]), with_interval(first, points))
        )
    words = (
        _(
            "With 95% intervals over participants. The period's effect is what the second look at a recording "
            "does to its score; the sequence's is how far pairs differ between both orders. First exposures "
            "compare recordings that the rater had never seen, so they are of different recordings and wide."
        ),
    )
    return Section("order", _("Order of showings"), words, (), heads, tuple(rows))


def retest(read: Reading, href: figures.Href) -> Section:
    heads = (
        _("Item"),
        _("Version"),
        _("Repeats"),
        _("Mean difference (points)"),
        _("Mean distance (points)"),
        _("Identical"),
        _("Within 1 point"),
        _("Weighted kappa"),
    )
    rows = [_retest_row(read, item, arm) for item in read.items for arm in (*ARMS, "")]
    words = [
        _("Hidden repeats: the same version, scored twice by the same rater, with 95% intervals over participants.")
    ]
    words += [_retest_words(read, item) for item in read.items if item["retest"]["n_repeats"]]
    return Section("retest", _("Raters against themselves"), tuple(words), (), heads, tuple(rows))


def _retest_row(read: Reading, item: Item, arm: str) -> tuple[str, ...]:
    row = {name: read.row(item, f"retest_{name}", arm=arm) for name in (
        "mean_deviation", "mean_distance", "identical", "within_one", "kappa")}  # fmt: skip
    return (
        read.label(item),
        arm_word(arm),
        str(row["kappa"]["n"]),
        with_interval(row["mean_deviation"], points),
        with_interval(row["mean_distance"], number),
        with_interval(row["identical"], share),
        with_interval(row["within_one"], share),
        with_interval(row["kappa"], number),
    )


def _retest_words(read: Reading, item: Item) -> str:
    one = item["retest"]
    return _(
            "%(item)s: at the same lag (%(sessions)s sessions apart; median %(own).0f showings for %(repeats)d "
            "repeats, %(others).0f for %(pairs)d pairs) both versions lie %(versions)s points apart and repeats "
            "%(retest)s; the difference is %(excess)s."
        ) % {
        "item": read.label(item), "sessions": ", ".join(map(str, one["sessions"])), "own": one["lag_repeats"] or 0,
        "repeats": one["n_repeats"], "others": one["lag_pairs"] or 0, "pairs": one["n_pairs"],
        "versions": number(read.row(item, "version_distance")["value"]),
        "retest": number(read.row(item, "retest_distance")["value"]),
        "excess": with_interval(read.row(item, "excess_distance"), points),
    }  # fmt: skip


def with_the_sign(read: Reading, href: figures.Href) -> Section | None:
    rows = [_within_row(read, item, "", SIGN) for item in read.items if read.row(item, "kappa", group=SIGN)["n"]]
    words = (
        _(
            "Participants whom any rater scored above 0 in either version. Where nearly all scores are 0, "
            "agreement comes from those without the sign: this table is of the others."
        ),
    )
    title = _("Participants with the sign")
    return Section("sign", title, words, (), _within_heads(), tuple(rows)) if rows else None


def drift(read: Reading, href: figures.Href) -> Section | None:
    if len(read.raters) < 2:
        return None
    rows = [
        (read.label(item), rater, str(row["n"]), with_interval(row, points))
        for item in read.items
        for rater in read.raters
        for row in [read.row(item, "drift", rater=rater)]
    ]
    heads = (_("Item"), _("Rater"), _("Scores"), _("Movement in 100 showings (points, 95% interval)"))
    words = (_("Scores against the mean of the other raters' of the same version, over the rater's own order."),)
    drawn = tuple(figures.drift(read, item) for item in read.items)
    return Section("drift", _("Drift of raters"), words, drawn, heads, tuple(rows))


def blinding(read: Reading, href: figures.Href) -> Section | None:
    if not read.summary["blinding"]:
        return None
    rows = [_blinding_row(one) for one in read.summary["blinding"]]
    heads = (
        _("Version"),
        _("Answers"),
        _("Raters"),
        _("Correct"),
        _("Wrong"),
        _("Not known"),
        _("Bang's index (95% interval)"),
    )
    words = (
        _(
            "Asked after all ratings. The interval takes answers as independent; those of one rater are not, so "
            "it is too narrow."
        ),
    )
    return Section("blinding", _("Did the blinding hold?"), words, (figures.blinding(read),), heads, tuple(rows))


def _blinding_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    index = one["index"]
    value = {"value": index["index"], "low": index["low"], "high": index["high"]}
    counts: Sequence[int] = [index["n"], one["n_raters"], index["n_correct"], index["n_wrong"], index["n_unknown"]]
    return (
        method_word(one["arm"]) if one["arm"] != "original" else arm_word("original"),
        *map(str, counts),
        with_interval(value, points),
    )
