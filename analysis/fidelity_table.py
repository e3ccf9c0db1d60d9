"""The table of methods: which numbers of a report are its columns, and their means over clips."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.report import UNAVAILABLE

NOT_MEASURED = "not measured."  # as the distance to a donor of a re-encoded original


@dataclass(frozen=True, slots=True)
class Column:
    """A number of a report: `path` leads to it, by names joined with dots. `aim` says what is good."""

    label: str
    path: str
    digits: int = 3
    aim: str = ""


# A metric's number enters the table by one line here.
COLUMNS: tuple[Column, ...] = (
    Column("Face found (share)", "metrics.found.both", 2, "1"),
    Column("r x", "metrics.dynamics.r_x", 3, "ceiling"),
    Column("r y", "metrics.dynamics.r_y", 3, "ceiling"),
    Column("r CCA", "metrics.dynamics.r_cca", 3, "ceiling"),
    Column("r CCA by chance", "metrics.null_shift.mean.r_cca", 3),
    Column("r CCA, other people", "metrics.null_strangers.mean.r_cca", 3),
    Column("r CCA, chance 0 to ceiling 1", "between.r_cca", 2, "1"),
    Column("Slope", "metrics.dynamics.slope", 2, "1"),
    Column("sd ratio", "metrics.dynamics.sd_ratio", 2, "1"),
    Column("Concordance", "metrics.dynamics.concordance", 3, "ceiling"),
    Column("Moving pairs", "metrics.dynamics.n_moving", 0),
    Column("r CCA, full frame", "metrics.dynamics_full_frame.r_cca", 3, "ceiling"),
    Column("Head y: slope", "metrics.head.y.slope", 2, "1"),
    Column("Blinks: precision at 0.243", "metrics.blinks.published.precision", 2, "1"),
    Column("Blinks: recall at 0.243", "metrics.blinks.published.recall", 2, "1"),
    Column("Blinks: precision, personal", "metrics.blinks.personal.precision", 2, "1"),
    Column("Blinks: recall, personal", "metrics.blinks.personal.recall", 2, "1"),
    Column("Eye ratio: deviation", "metrics.blinks.ear_deviation", 3, "ceiling"),
    Column("Eye ratio: r", "metrics.blinks.ear_r", 3, "ceiling"),
    Column("Tremor of lip: gain", "metrics.tremor.lip_in_head.transfer.gain", 2, "1"),
    Column("Tremor of lip: coherence", "metrics.tremor.lip_in_head.transfer.coherence", 2, "ceiling"),
    Column("Parted lips: added share", "metrics.lips.added.share", 2, "0"),
    Column("Mouth asymmetry: added", "metrics.asymmetry.added.mouth", 2, "0"),
    Column("Right fold: kept", "metrics.furrows.kept.right_fold", 2, "1"),
    Column("Body OKS > 0.95", "metrics.body_openpose.over_95", 3, "1"),
    Column("Body OKS > 0.995", "metrics.body_openpose.over_995", 3, "1"),
    Column("Body AP", "metrics.body_coco.precision.ap", 3, "1"),
    Column("Pulse MAE (POS, 10 s)", "metrics.pulse_pos_10s.agreement.mae", 1, "0"),
    Column("Pulse spectrum", "metrics.pulse_pos_10s.spectral_similarity", 2, "1"),
    Column("PSNR outside face (dB)", "metrics.picture.outside.psnr", 1, "ceiling"),
    Column("SSIM outside face", "metrics.picture.outside.ssim", 3, "ceiling"),
    Column("SSIM inside face", "metrics.picture.inside.ssim", 3),
    Column("Flicker added", "metrics.picture.flicker_added", 2, "0"),
    Column("To original", "metrics.to_original.mean", 3, "as to strangers"),
    Column("Within 0.6 of original", "metrics.to_original.within", 3, "as strangers"),
    Column("Within 0.6 of strangers", "metrics.to_strangers.within", 3),
    Column("To donor", "metrics.to_donor.mean", 3),
    Column("Verification: area", "metrics.verification.auc", 3, "0.5"),
    Column("Verification: equal error", "metrics.verification.eer", 3, "0.5"),
    Column("Gallery position", "metrics.rank.pooled_position", 2, "0.05 to 0.95"),
    Column("Gallery position, eyes", "metrics.rank_periocular.pooled_position", 2, "0.05 to 0.95"),
    Column("Gallery position, head", "metrics.rank_head.pooled_position", 2, "0.05 to 0.95"),
    Column("Within / between", "metrics.clusters.ratio", 2),
)


def look_up(report: Mapping[str, Any], path: str) -> float | str:
    """The number at a path, or the reason that stands in its place."""
    here: Any = report
    for name in path.split("."):
        if isinstance(here, Mapping) and UNAVAILABLE in here:
            return str(here[UNAVAILABLE])
        if not isinstance(here, Mapping) or name not in here:
            return NOT_MEASURED
        here = here[name]
    if isinstance(here, Mapping):
        return str(here.get(UNAVAILABLE, "not a number."))
    return float(here)


@dataclass(frozen=True, slots=True)
class Cell:
    """Mean and range over the clips where there is a number, how many those are, and the reasons of the others."""

    n: int
    mean: float | None
    lowest: float | None
    highest: float | None
    reasons: tuple[str, ...]


def cell(reports: Iterable[Mapping[str, Any]], path: str) -> Cell:
    """One cell of the table from a method's reports, one for each clip."""
    values = [look_up(report, path) for report in reports]
    numbers = [value for value in values if isinstance(value, float)]
    reasons = tuple(sorted({value for value in values if isinstance(value, str) and value != NOT_MEASURED}))
    if not numbers:
        return Cell(0, None, None, None, reasons)
    return Cell(len(numbers), float(np.mean(numbers)), min(numbers), max(numbers), reasons)


def as_ceiling(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """A report of the re-encoded original itself, so that it can be a row of the table."""
    return {"metrics": report["ceiling"]}


def table(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, dict[str, Cell]]:
    """Cells by row and column label."""
    return {name: {column.label: cell(reports, column.path) for column in COLUMNS} for name, reports in rows.items()}


def mean_of_pairs(reports: Iterable[Mapping[str, Any]], name: str) -> NDArray[np.float64] | None:
    """(1275,) means of each pair of landmarks over the clips where it is known; None without any clip.

    Parameters
    ----------
    name : "r_x", "r_y" or "r_cca"
    """
    clips = [report["metrics"]["pairs"] for report in reports if "metrics" in report]
    maps = [[_number(value) for value in clip[name]] for clip in clips if name in clip]
    if not maps:
        return None
    values = np.array(maps, dtype=float)
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)


def published_means(reports: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """FMP's three numbers as FMP averages them: over videos, then over all pairs, still ones too; empty without any."""
    maps = {name: mean_of_pairs(reports, name) for name in ("r_x", "r_y", "r_cca")}
    known = {name: values for name, values in maps.items() if values is not None and np.isfinite(values).any()}
    return {name: float(np.nanmean(values)) for name, values in known.items()}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
