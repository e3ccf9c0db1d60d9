"""What is known of a phantom: its points, lids, tremor, pulse and sway at every frame."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.phantom.script import Blink, Script
from deid.algorithms.phantom.spec import PhantomSpec

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Truth:
    """Exact motion and pulse of a phantom, n frames.

    Attributes
    ----------
    spec, identity : the wishes, and the name of the face
    face_height : pixels of the final picture, forehead to chin
    time : (n,) seconds
    points : (n, 478, 2) mesh, pixels of the final picture
    ear : (n, 2) eye aspect ratio of the subject's right and left eye
    closure : (n, 2) of the lids, 0 open to 1 closed
    jaw : (n,) drop of the lower lip, pixels, all causes
    tremor : (n,) the tremor's part of it about its middle, pixels; tremor_phase (n,) radians, the sine's
    pulse : (n,) relative change of green on the skin; pulse_phase (n,) radians
    smile, brow : (n, 2) by side; pucker (n,); speech (n,) pixels
    sway : (n,) by name; shifts, yaw and pitch in pixels, turn in radians, scale as a share
    blinks : start, middle and end in seconds
    """

    spec: PhantomSpec
    identity: str
    face_height: float
    time: Array
    points: Array
    ear: Array
    closure: Array
    jaw: Array
    tremor: Array
    tremor_phase: Array
    pulse: Array
    pulse_phase: Array
    smile: Array
    brow: Array
    pucker: Array
    speech: Array
    sway: dict[str, Array]
    blinks: tuple[Blink, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; pixels to a thousandth, phases and shares to a millionth."""
        pixels = {name: np.round(getattr(self, name), 3).tolist() for name in ("points", "jaw", "tremor", "speech")}
        fine = ("time", "ear", "closure", "tremor_phase", "pulse", "pulse_phase", "smile", "brow", "pucker")
        return {
            "spec": asdict(self.spec), "identity": self.identity, "face_height": round(self.face_height, 3),
            "n_frames": len(self.time), "units": UNITS, **pixels,
            **{name: np.round(getattr(self, name), 6).tolist() for name in fine},
            "sway": {name: np.round(course, 6).tolist() for name, course in self.sway.items()},
            "blinks": [asdict(blink) for blink in self.blinks],
        }  # fmt: skip

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.to_dict(), separators=(",", ":")) + "\n", encoding="utf-8")


UNITS = {
    "points": "pixels of the final picture, (frame, mesh point, x y)", "ear": "(frame, subject's right and left eye)",
    "closure": "0 open, 1 closed", "jaw": "pixels", "tremor": "pixels about the middle", "speech": "pixels",
    "tremor_phase": "radians, of the sine", "pulse": "share of the green level", "pulse_phase": "radians",
    "smile": "coefficient, right and left", "brow": "face heights, right and left", "pucker": "coefficient",
    "sway": "shift_x, shift_y, yaw, pitch in pixels; turn in radians; scale as a share", "blinks": "seconds",
}  # fmt: skip


def assemble(spec: PhantomSpec, identity: str, height: float, script: Script, points: Array, ear: Array) -> Truth:
    """The truth from the script, in pixels, and the points that follow from it."""
    in_pixels = ("shift_x", "shift_y", "yaw", "pitch")
    sway = {name: course * height if name in in_pixels else course for name, course in script.sway.items()}
    return Truth(
        spec=spec, identity=identity, face_height=height, time=script.time, points=points, ear=ear,
        closure=script.closure, jaw=script.jaw * height, tremor=script.tremor * height,
        tremor_phase=script.tremor_phase, pulse=script.pulse, pulse_phase=script.pulse_phase, smile=script.smile,
        brow=script.brow, pucker=script.pucker, speech=script.speech * height, sway=sway, blinks=script.blinks,
    )  # fmt: skip
