"""Stills for trials: frames that look into the camera, sharp, eyes open, neutral. For workers: it reads videos."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.methods.motionmesh.shape import turn_degrees
from faces.alignment import similarities
from faces.hands import Hands, covers
from faces.mesh import RIGID, FaceMesh, eye_aspect_ratio
from videoio.frames import RGB
from videoio.probe import Limits, probe
from videoio.read import read_frames

N_LOOKED_AT = 60  # frames of a video, evenly spread
LEAST_GAP_S = 1.0  # between the moments of the original and of the de-identified face
RIGHT_CORNER, LEFT_CORNER, UPPER_LIP, LOWER_LIP = 61, 291, 13, 14
# Corners of each eye, the left one in the picture first, and the middle of its iris.
EYES = ((33, 133, 468), (362, 263, 473))
FOREHEAD, CHIN, RIGHT_TEMPLE, LEFT_TEMPLE = 10, 152, 234, 454
SHARP_SIDE = 128  # pixels; width to which a face is scaled before its sharpness is measured
WISHED = ("turn", "nod", "mouth", "gaze")
EXPRESSION = 0.015  # face widths, root mean square over the mesh, that counts as much as the widest turn
LIDS = 0.04  # eye aspect ratio; the same for lids that are lower than usual

Floats = NDArray[np.float64]


class NoFrame(ValueError):
    """A video has no frame that can be used; the message says what was missing."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a usable frame keeps to. Turn and nod in degrees; `eyes` is the least eye aspect ratio of either eye;
    `mouth` the largest opening of the lips in widths of the mouth; `gaze` how far the eyes may look aside, in widths of
    an eye; `side` the least width of the face in pixels."""

    turn: float = 15.0
    nod: float = 18.0
    eyes: float = 0.17
    mouth: float = 0.15
    gaze: float = 0.2
    side: float = 100.0


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured of one frame.

    Attributes
    ----------
    index, time : of the frame; seconds
    mesh : (478, 3) MediaPipe's points in pixels
    turn, nod : degrees, unsigned
    eyes : eye aspect ratio of the less open eye; mouth : opening of the lips over the width of the mouth
    gaze : how far the irises lie beside the middle of the eyes, in widths of an eye
    sharpness : variance of the Laplacian of the face at one size, natural logarithm
    covered : a hand lies before the face
    """

    index: int
    time: float
    mesh: NDArray[np.float32]
    turn: float
    nod: float
    eyes: float
    mouth: float
    gaze: float
    sharpness: float
    covered: bool = False

    @property
    def side(self) -> float:
        return float(np.hypot(*(self.mesh[LEFT_TEMPLE, :2] - self.mesh[RIGHT_TEMPLE, :2])))


@dataclass(frozen=True, slots=True)
class Moments:
    """Two frames of one video, `gap_s` seconds apart."""

    first: Look
    second: Look

    @property
    def gap_s(self) -> float:
        return abs(self.second.time - self.first.time)


class Looker:
    """Measures single pictures; its models are built at the first one, in the process that uses them."""

    def __init__(self) -> None:
        self._mesh, self._hands = FaceMesh(static=True), Hands()

    def look(self, rgb: RGB, *, index: int = 0, time: float = 0.0) -> Look | None:
        """A frame, or a portrait, (h, w, 3); None where no face is found."""
        mesh = self._mesh.landmarks(rgb)
        if mesh is None:
            return None
        mouth = float(np.hypot(*(mesh[LEFT_CORNER, :2] - mesh[RIGHT_CORNER, :2])))
        return Look(
            index=index, time=time, mesh=mesh.astype(np.float32), turn=float(turn_degrees(mesh)), nod=_nod(mesh),
            eyes=min(eye_aspect_ratio(mesh)),
            mouth=float(np.hypot(*(mesh[LOWER_LIP, :2] - mesh[UPPER_LIP, :2]))) / mouth,
            gaze=_gaze(mesh), sharpness=_sharpness(rgb, mesh),
            covered=any(covers(hand, mesh) for hand in self._hands.points(rgb)),
        )  # fmt: skip

    def close(self) -> None:
        self._mesh.close()
        self._hands.close()

    def __enter__(self) -> "Looker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def looks(path: Path | str, *, n: int = N_LOOKED_AT, limits: Limits | None = None) -> list[Look]:
    """Measure n frames of a video, evenly spread; those without a face are left out.

    Raises
    ------
    MediaError : the video cannot be read
    """
    n_frames = max(probe(path, limits).n_frames, 1)
    step = max(1, n_frames // n)
    found = []
    with Looker() as looker:
        for frame in read_frames(path, limits):
            if frame.index % step == step // 2:
                look = looker.look(frame.rgb, index=frame.index, time=frame.time)
                found += [] if look is None else [look]
    return found


def moments(
    seen: Sequence[Look], *, wish: Wish | None = None, gap_s: float = LEAST_GAP_S,
    second_among: Collection[int] | None = None,
) -> Moments:  # fmt: skip
    """The two best frames of a video that are at least `gap_s` apart.

    Parameters
    ----------
    seen : of the original; its rendition has the same frames
    second_among : frames that the second may come from: those of the rendition that show a treated face, not a mask

    Raises
    ------
    NoFrame : none, or no two so far apart, keep the wish
    """
    wish = wish or Wish()
    good = [look for look in seen if not unwanted(look, wish)]
    if not good:
        raise NoFrame(_nothing(seen, wish))
    cost = costs(good, wish)
    order = [good[place] for place in np.argsort(cost, kind="stable")]
    rank = {id(look): float(value) for look, value in zip(good, cost, strict=True)}
    able = [look for look in order if second_among is None or look.index in second_among]
    if not able:
        raise NoFrame(f"none of the {len(good)} usable frames is among those that the rendition shows treated.")
    apart = [pair for pair in product(order, able) if abs(pair[0].time - pair[1].time) >= gap_s]
    if not apart:
        times = [look.time for look in good]
        raise NoFrame(
            f"the usable frames lie within {max(times) - min(times):.1f} s; the original's and the de-identified one's "
            f"must be {gap_s:g} s apart: record for longer, or ask for less."
        )
    return Moments(*min(apart, key=lambda pair: rank[id(pair[0])] + rank[id(pair[1])]))


def unwanted(look: Look, wish: Wish) -> list[str]:
    """What speaks against a frame, in words; empty when it can be used."""
    against = (
        (look.turn > wish.turn, f"turned by {look.turn:.0f} degrees"),
        (look.nod > wish.nod, f"nods by {look.nod:.0f} degrees"),
        (look.eyes < wish.eyes, "eyes closed"),
        (look.mouth > wish.mouth, "mouth open"),
        (look.gaze > wish.gaze, "looks to the side"),
        (look.covered, "a hand before the face"),
        (look.side < wish.side, f"only {look.side:.0f} pixels wide"),
    )
    return [words for true, words in against if true]


def costs(seen: Sequence[Look], wish: Wish) -> Floats:
    """(n,) how far each frame is from the wish; less is better. Lids, expression and blur are judged within the video:
    neutral is what the face does most of the time."""
    wished = [sum((getattr(look, name) / getattr(wish, name)) ** 2 for name in WISHED) for look in seen]
    eyes, sharp = (np.array([getattr(look, name) for look in seen]) for name in ("eyes", "sharpness"))
    shut = np.clip(np.quantile(eyes, 0.75) - eyes, 0, None)
    shapes = _shapes(np.stack([look.mesh[:, :2] for look in seen]).astype(np.float64))
    moved = np.sqrt(np.square(shapes - np.median(shapes, axis=0)).sum(axis=2).mean(axis=1))
    cost: Floats = np.array(wished) + (moved / EXPRESSION) ** 2 + (shut / LIDS) ** 2 + (sharp.max() - sharp)
    return cost


def stills(path: Path | str, indices: Iterable[int], *, limits: Limits | None = None) -> Mapping[int, RGB]:
    """(h, w, 3) pictures of some frames of a video, by index.

    Raises
    ------
    MediaError : the video cannot be read
    NoFrame : the video is shorter
    """
    wanted = set(indices)
    found: dict[int, RGB] = {}
    frames = read_frames(path, limits)
    for frame in frames:
        if frame.index in wanted:
            found[frame.index] = frame.rgb
        if len(found) == len(wanted):
            break
    if len(found) < len(wanted):
        raise NoFrame(
            f"{Path(path).name} has no frame {min(wanted - found.keys())}: it was changed since it was measured."
        )
    return found


def _shapes(meshes: Floats) -> Floats:
    """(n, 478, 2) meshes with the points that expression hardly moves laid over one another; faces are 1 wide."""
    rigid = meshes[:, list(RIGID)]
    width = np.hypot(*(meshes[0, LEFT_TEMPLE] - meshes[0, RIGHT_TEMPLE]))
    a, b = similarities(rigid, rigid[0] / width)
    laid = (meshes @ (1, 1j)) * a[:, None] + b[:, None]
    return np.stack([laid.real, laid.imag], axis=2)


def _gaze(mesh: Floats) -> float:
    """Mean of both eyes; a squint is no gaze."""
    beside = []
    for one, other, iris in EYES:
        eye = mesh[other, :2] - mesh[one, :2]
        beside.append(float((mesh[iris, :2] - mesh[one, :2]) @ eye / (eye @ eye)) - 0.5)
    return abs(float(np.mean(beside)))


def _nod(mesh: Floats) -> float:
    down = mesh[CHIN] - mesh[FOREHEAD]
    return abs(float(np.degrees(np.arctan2(down[2], np.hypot(down[0], down[1])))))


def _sharpness(rgb: RGB, mesh: Floats) -> float:
    left, top = np.clip(mesh[:, :2].min(axis=0), 0, None).astype(int)
    right, bottom = mesh[:, :2].max(axis=0).astype(int) + 1
    face = rgb[top:bottom, left:right]
    if min(face.shape[:2]) < 8:
        return -np.inf
    height = max(8, round(SHARP_SIDE * face.shape[0] / face.shape[1]))
    grey = cv2.cvtColor(cv2.resize(face, (SHARP_SIDE, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    return float(np.log(cv2.Laplacian(grey.astype(np.float32), cv2.CV_32F).var() + 0.01))


def _nothing(seen: Sequence[Look], wish: Wish) -> str:
    if not seen:
        return "no face was found in any frame that was looked at: is this the right recording?"
    best = min(seen, key=lambda look: len(unwanted(look, wish)))
    return (
        f"none of {len(seen)} frames with a face can be used; the best, at {best.time:.1f} s, is "
        f"{' and '.join(unwanted(best, wish))}: choose another recording."
    )
