"""Figures of the comparison of methods."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis import fidelity_figures as figures
from analysis.algorithms.fidelity.identity import DLIB
from analysis.fidelity_pages import Drawing
from analysis.fidelity_table import look_up, mean_of_pairs

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

# title, note, axis, measures (label, path), vertical lines
DOTS: tuple[tuple[str, str, str, tuple[tuple[str, str], ...], Mapping[str, float]], ...] = (
    (
        "Motion kept", "Correlation of all moving pairs of landmarks, in aligned crops; chance is the "
        "rendition shifted in time.", "r", (("r x", "metrics.dynamics.r_x"), ("r y", "metrics.dynamics.r_y"),
        ("r CCA", "metrics.dynamics.r_cca"), ("r CCA by chance", "metrics.null_shift.mean.r_cca")), {},
    ),
    (
        "Amplitude kept", "What correlation cannot see: 1 keeps the size of movements, 0.5 halves it.",
        "rendition / original",
        (("slope", "metrics.dynamics.slope"), ("sd ratio", "metrics.dynamics.sd_ratio"),
         ("concordance", "metrics.dynamics.concordance")), {"kept": 1.0},
    ),
    (
        "Distance of descriptors", "Means over the described frames of a clip.", "Euclidean distance (dlib)",
        (("to original", "metrics.to_original.mean"), ("to strangers like the original", "metrics.to_strangers.mean"),
         ("to donor", "metrics.to_donor.mean")), {"one person": DLIB.threshold},
    ),
    (
        "Place of the original in a gallery", "Share of strangers nearer to the rendition than the original is: near 0 "
        "it is found, near 1 it is suspiciously far.", "share of strangers",
        (("face", "metrics.rank.pooled_position"), ("eyes alone", "metrics.rank_periocular.pooled_position"),
         ("head", "metrics.rank_head.pooled_position")), {"chance": 0.5},
    ),
)  # fmt: skip


def drawings(rows: Rows) -> Iterable[Drawing]:
    """All figures of the comparison."""
    for title, note, axis, measures, lines in DOTS:
        values = {name: _values(reports, measures) for name, reports in rows.items()}
        yield Drawing(title, note + " Small marks are clips.", figures.dots(values, axis, lines))
    maps = {name: mean_of_pairs(reports, "r_cca") for name, reports in rows.items()}
    known = {name: values for name, values in maps.items() if values is not None}
    if known:
        note = "r CCA of each pair of landmarks in aligned crops, mean over clips."
        yield Drawing("Motion of pairs of landmarks", note, figures.pair_map(known))


def _values(reports: Sequence[Mapping[str, Any]], measures: Sequence[tuple[str, str]]) -> dict[str, list[float]]:
    found = {label: [look_up(report, path) for report in reports] for label, path in measures}
    return {label: [value for value in values if isinstance(value, float)] for label, values in found.items()}
