"""What is known of how a network was trained that made renditions. Methods of unknown or short training are shown and
never compared with others: they would say what little training does, not what the method does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from deid.models import Rendition

# A network that was trained here is ranked from as many pictures on as stand here, and at its published size only. They
# are lower bounds for "trained as published", not proofs of it:
#   facemotion  500 epochs (FMP) of a set of 2,000 pictures, the smallest that still holds some dozens of people
#   faceswap    10,000 steps of 64 pictures (AIES gives no number; users of the program train for ten times as long)
#   rppg        20 epochs (Savic & Zhao) of a set of 28 minutes at 30 frames a second, half of the smaller of theirs
ENOUGH: Mapping[str, int] = {"facemotion": 1_000_000, "faceswap": 640_000, "rppg": 1_000_000}
PUBLISHED: Mapping[str, Mapping[str, int]] = {
    "facemotion": {"model.width": 64, "model.blocks": 9, "model.side": 224},
    "faceswap": {"model.width": 128, "model.dense": 1024},
    "rppg": {"width": 32, "data.side": 128},
}
TRAINING = "training"  # of a certificate's method report: {"images_seen": n, "steps": n, "sizes": {path: n}}


def smaller(method: str, sizes: Mapping[str, Any]) -> str:
    """Which of a network's sizes is under the published one, and by how much; "" where none is."""
    for path, published in PUBLISHED[method].items():
        here = sizes.get(path)
        if not isinstance(here, int) or here < published:
            return f"{path} {here}, not {published}"
    return ""


@dataclass(frozen=True, slots=True)
class Training:
    """How many images and steps a network has seen, and its sizes; None where its renditions do not say so."""

    method: str
    images: int | None
    steps: int | None = None
    sizes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def enough(self) -> bool:
        return self.images is not None and self.images >= ENOUGH[self.method] and not self.small

    @property
    def small(self) -> str:
        return smaller(self.method, self.sizes)

    def __str__(self) -> str:
        if self.images is None:
            return _("Not compared: its renditions do not say how long the network was trained.")
        told = {"images": f"{self.images:,}", "least": f"{ENOUGH[self.method]:,}", "small": self.small}
        if self.steps is not None:
            told["steps"] = f"{self.steps:,}"
        seen = _("%(images)s images in %(steps)s steps") if self.steps is not None else _("%(images)s images")
        if self.enough:
            return _("Trained on %(seen)s.") % {"seen": seen % told}
        if self.images >= ENOUGH[self.method]:
            return _("Not compared: the network is smaller than the published one: %(small)s.") % told
        return _("Not compared: the network saw %(seen)s, fewer than %(least)s.") % {**told, "seen": seen % told}


def trainings(renditions: Mapping[str, Sequence[Rendition]]) -> dict[str, Training]:
    """By method, of those that a site trains; of several networks the one that saw the least."""
    learned = {name: rows for name, rows in renditions.items() if name in ENOUGH}
    if not learned:
        return {}
    told = _reports(Rendition.objects.filter(pk__in=[row.pk for rows in learned.values() for row in rows]))
    return {name: _least(name, [told.get(row.pk) for row in rows]) for name, rows in learned.items()}


def _reports(renditions: QuerySet[Rendition]) -> dict[int, Any]:
    return dict(renditions.values_list("pk", f"certificate__method_report__{TRAINING}"))


def _least(method: str, reports: Sequence[Any]) -> Training:
    known = [each for each in reports if isinstance(each, Mapping) and isinstance(each.get("images_seen"), int)]
    if len(known) < len(reports) or not known:
        return Training(method, None)
    trained = [Training(method, each["images_seen"], each.get("steps"), each.get("sizes", {})) for each in known]
    return min(trained, key=lambda each: (each.enough, each.images))
