"""Which numbers of a report are columns of the table of methods."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A number of a report: `path` leads to it, by names joined with dots. `aim` says what is good."""

    label: str
    path: str
    digits: int = 3
    aim: str = ""


# A metric's number enters the table by one line here.
GROUPS: Mapping[str, tuple[Column, ...]] = {
    "Motion of the face and the head": (
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
    ),
    "Blinks, tremor and static signs": (
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
    ),
    "Body, pulse and picture": (
        Column("Body OKS > 0.95", "metrics.body_openpose.over_95", 3, "1"),
        Column("Body OKS > 0.995", "metrics.body_openpose.over_995", 3, "1"),
        Column("Body AP", "metrics.body_coco.precision.ap", 3, "1"),
        Column("Pulse MAE (POS, 10 s)", "metrics.pulse_pos_10s.agreement.mae", 1, "0"),
        Column("Pulse spectrum", "metrics.pulse_pos_10s.spectral_similarity", 2, "1"),
        Column("PSNR outside face (dB)", "metrics.picture.outside.psnr", 1, "ceiling"),
        Column("SSIM outside face", "metrics.picture.outside.ssim", 3, "ceiling"),
        Column("SSIM inside face", "metrics.picture.inside.ssim", 3),
        Column("Flicker added", "metrics.picture.flicker_added", 2, "0"),
    ),
    "Identity": (
        Column("To original", "metrics.to_original.mean", 3, "as to strangers"),
        Column("Within 0.6 of original", "metrics.to_original.within", 3, "as strangers"),
        Column("Within 0.6 of strangers", "metrics.to_strangers.within", 3),
        Column("To donor", "metrics.to_donor.mean", 3),
        Column("Verification: area", "metrics.verification.auc", 3, "0.5"),
        Column("Verification: equal error", "metrics.verification.eer", 3, "0.5"),
        Column("Gallery position", "metrics.rank.pooled_position", 2, "0.05 to 0.95"),
        Column("Gallery: frames nearest 5%", "metrics.rank.near", 2, "0.05"),
        Column("Gallery: frames farthest 5%", "metrics.rank.far", 2, "0.05"),
        Column("Gallery position, eyes", "metrics.rank_periocular.pooled_position", 2, "0.05 to 0.95"),
        Column("Gallery position, head", "metrics.rank_head.pooled_position", 2, "0.05 to 0.95"),
        Column("Within / between", "metrics.clusters.ratio", 2),
        Column("ArcFace: to original", "metrics.to_original_arcface.mean", 3, "as to strangers"),
        Column("ArcFace: to strangers", "metrics.to_strangers_arcface.mean", 3),
        Column("ArcFace: equal error", "metrics.verification_arcface.eer", 3, "0.5"),
        Column("ArcFace: gallery position", "metrics.rank_arcface.pooled_position", 2, "0.05 to 0.95"),
    ),
    "What masks let through": (
        Column("Equal pixels in masked frames", "metrics.leak.n_equal", 0, "0"),
        Column("Equal pixels under masks of heads", "metrics.leak_heads.n_equal", 0, "0"),
        Column("Pixels judged under masks of heads", "metrics.leak_heads.n_pixels", 0),
    ),
}
COLUMNS = tuple(column for columns in GROUPS.values() for column in columns)
