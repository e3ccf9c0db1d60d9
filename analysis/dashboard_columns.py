"""Which numbers stand in the dashboards' tables."""

from collections.abc import Mapping

from analysis.fidelity_columns import Column

SPEED = "speed"  # a path like those of reports: frames per second of the job that made the rendition
MOTION = "between.r_cca"  # by which compared methods are ordered
# A number enters the table by one line here.
GROUPS: Mapping[str, tuple[Column, ...]] = {
    "Identity": (
        Column("To original", "metrics.to_original.mean", 2, "as to strangers"),
        Column("Gallery position", "metrics.rank.pooled_position", 2, "0.05 to 0.95"),
    ),
    "Dynamics": (
        Column("r CCA, chance 0 to ceiling 1", MOTION, 2, "1"),
        Column("Slope", "metrics.dynamics.slope", 2, "1"),
    ),
    "Static signs": (
        Column("Parted lips: added share", "metrics.lips.added.share", 2, "0"),
        Column("Right fold: kept", "metrics.furrows.kept.right_fold", 2, "1"),
    ),
    "Blinks": (
        Column("Blinks: precision, personal", "metrics.blinks.personal.precision", 2, "1"),
        Column("Blinks: recall, personal", "metrics.blinks.personal.recall", 2, "1"),
    ),
    "Tremor": (
        Column("Tremor of lip: gain", "metrics.tremor.lip_in_head.transfer.gain", 2, "1"),
        Column("Tremor of lip: coherence", "metrics.tremor.lip_in_head.transfer.coherence", 2, "ceiling"),
    ),
    "Body": (Column("Body OKS > 0.95", "metrics.body_openpose.over_95", 3, "1"),),
    "Pulse": (Column("Pulse MAE (POS, 10 s)", "metrics.pulse_pos_10s.agreement.mae", 1, "0"),),
    "Picture": (Column("SSIM outside face", "metrics.picture.outside.ssim", 3, "ceiling"),),
    "Speed": (Column("Frames per second", SPEED, 1),),
}
# As AIES tells it: precision and recall by COCO, and shares of frames as FMP has them.
BODY = (
    Column("AP .5:.95", "metrics.body_coco.precision.ap", 3, "1"),
    Column("AP .95", "metrics.body_coco.precision.ap95", 3, "1"),
    Column("AR .5:.95", "metrics.body_coco.precision.ar", 3, "1"),
    Column("AR .95", "metrics.body_coco.precision.ar95", 3, "1"),
    Column("OKS > 0.95", "metrics.body_openpose.over_95", 3, "1"),
    Column("OKS > 0.995", "metrics.body_openpose.over_995", 3, "1"),
)
