"""What happens to every frame, decided before one is written. A frame without a positive decision is masked."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import groupby
from math import hypot

from deid.algorithms.tracks import Track, believed, enters, leaves, link, real_cuts
from faces.protocol import FaceBox

HOLD_S = 0.5  # a believed head's mask stays this long where the head was lost, and comes this long before it is found
SHORT_HOLD_S = 0.2  # the same for tracks that are not believed
HELD_FACTOR = 1.4  # held masks are wider than the head: it may have moved
SAME_FACE_SHARE = 0.5  # of the smaller box, and of the larger one's size between centres

Decision = tuple[int, int, str]  # first frame, last frame, "no_face" or "keep_masked"


class FrameState(StrEnum):
    """What a frame of a rendition shows."""

    COVERED = "covered"  # every head known: detected faces treated
    HELD = "held"  # a head was lost for a moment: its place is masked too
    WITHHELD = "withheld"  # no positive decision: the whole frame masked, waits for a reviewer
    NO_FACE = "no_face"  # a reviewer said that no face is to be seen: the frame passes
    KEPT_MASKED = "keep_masked"  # a reviewer decided that the mask stays

    @property
    def masked(self) -> bool:
        """Whether nothing of the picture is shown."""
        return self in (FrameState.WITHHELD, FrameState.KEPT_MASKED)


DECIDED = {"no_face": FrameState.NO_FACE, "keep_masked": FrameState.KEPT_MASKED}


@dataclass(frozen=True, slots=True)
class Face:
    """A face of one frame and the track it belongs to; `found` is False where a short track's box is carried on."""

    track: int
    box: FaceBox
    found: bool = True


@dataclass(frozen=True, slots=True)
class FramePlan:
    """One frame: its state, the faces the method treats, and boxes whose whole heads are masked."""

    state: FrameState
    faces: tuple[Face, ...] = ()
    heads: tuple[FaceBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """The frames of a clip in order, and the tracks behind them."""

    frames: tuple[FramePlan, ...]
    tracks: tuple[Track, ...] = field(default=())

    @property
    def states(self) -> list[FrameState]:
        return [frame.state for frame in self.frames]


def runs(states: Iterable[FrameState]) -> list[tuple[int, int, str]]:
    """Run-length form: (first frame, last frame, state)."""
    found, index = [], 0
    for state, group in groupby(states):
        length = sum(1 for _ in group)
        found.append((index, index + length - 1, str(state)))
        index += length
    return found


def build_plan(
    detections: Sequence[Sequence[FaceBox] | None],
    times: Sequence[float],
    size: tuple[int, int],
    *,
    cuts: Collection[int] = (),
    decisions: Iterable[Decision] = (),
) -> Plan:
    """Decide on every frame.

    A frame is shown when a head that is believed (`tracks.believed`) is found in it, or bridged over a gap of at most
    0.5 s, and no believed head is missing. A believed head is missing from 0.5 s after it was lost inside the picture
    until one not seen before is found in the same scene, or the scene ends; likewise backwards in time from
    where one appears inside the picture. Its widened head mask covers the 0.5 s. Tracks too short to be believed (a
    printed face on a shirt) are treated where found, in their gaps and for 0.2 s around, and decide nothing.

    Parameters
    ----------
    detections : for each frame its boxes in pixels, or None where the detector failed
    times : (n_frames,) display times, seconds, rising
    size : width and height of the picture, pixels
    cuts : indices of frames that seem to begin a new scene
    decisions : a reviewer's; each applies to those frames of its range that would be withheld

    Raises
    ------
    ValueError : a decision has another word than "no_face" or "keep_masked", or a range outside the clip
    """
    boxes = [frame or () for frame in detections]
    decided = _decided(decisions, len(boxes))
    scenes = _Scenes(times, real_cuts(boxes, cuts))
    tracks = link(boxes, times, scenes.cuts)
    sketch = _Sketch(tracks, scenes, size)
    frames = []
    for index, found in enumerate(detections):
        faces, heads = sketch.faces.get(index, ()), sketch.heads.get(index, ())
        shown = found is not None and index in sketch.positive and index not in sketch.missing
        state = FrameState.HELD if heads else FrameState.COVERED
        state = state if shown else decided.get(index, FrameState.WITHHELD)
        frames.append(FramePlan(state, tuple(faces), tuple(heads)))
    return Plan(tuple(frames), tuple(tracks))


def _decided(decisions: Iterable[Decision], n_frames: int) -> dict[int, FrameState]:
    states: dict[int, FrameState] = {}
    for first, last, word in decisions:
        if word not in DECIDED:
            raise ValueError(f"a decision must be one of {', '.join(DECIDED)}, was {word!r}")
        if not 0 <= first <= last < n_frames:
            raise ValueError(
                f"a decision must lie within frames 0-{n_frames - 1}, was {first}-{last}: correct the range"
            )
        for index in range(first, last + 1):
            # Two reviewers may disagree about a frame: the mask stays.
            if states.get(index) is not FrameState.KEPT_MASKED:
                states[index] = DECIDED[word]
    return states


class _Scenes:
    """Times of frames and the cuts between scenes."""

    def __init__(self, times: Sequence[float], cuts: Collection[int]) -> None:
        self.times, self.cuts = times, set(cuts)
        self._starts = [0, *sorted(cut for cut in self.cuts if 0 < cut < len(times))]

    def of(self, index: int) -> tuple[int, int]:
        """First and last frame of the scene a frame is in."""
        number = bisect_right(self._starts, index)
        last = self._starts[number] - 1 if number < len(self._starts) else len(self.times) - 1
        return self._starts[number - 1], last

    def after(self, index: int, seconds: float) -> range:
        """Frames of the scene after `index`, up to `seconds` later."""
        end = bisect_right(self.times, self.times[index] + seconds + 1e-6)
        return range(index + 1, min(end, self.of(index)[1] + 1))

    def before(self, index: int, seconds: float) -> range:
        """Frames of the scene before `index`, down to `seconds` earlier."""
        start = bisect_left(self.times, self.times[index] - seconds - 1e-6)
        return range(max(start, self.of(index)[0]), index)


class _Sketch:
    """Faces, held heads, positive frames and frames in which a believed head is missing."""

    def __init__(self, tracks: Sequence[Track], scenes: _Scenes, size: tuple[int, int]) -> None:
        self.tracks, self.scenes, self.size = tracks, scenes, size
        self.faces: dict[int, list[Face]] = {}
        self.heads: dict[int, list[FaceBox]] = {}
        self.positive: set[int] = set()
        self.missing: set[int] = set()
        sure = [track for track in tracks if believed(track, scenes.times)]
        for track in tracks:
            self._lay_out(track, track in sure)
        self._find_missing(sure)

    def _lay_out(self, track: Track, sure: bool) -> None:
        """Detected boxes are faces; bridged gaps and both ends are heads, or faces carried on for short tracks."""
        for index, box in track.boxes.items():
            self.faces.setdefault(index, []).append(Face(track.number, box))
        hold = HOLD_S if sure else SHORT_HOLD_S
        carried = dict.fromkeys(self.scenes.after(track.last, hold), track.boxes[track.last])
        carried |= dict.fromkeys(self.scenes.before(track.first, hold), track.boxes[track.first])
        for before, after in track.gaps():
            carried |= {index: track.between(index, before, after) for index in range(before + 1, after)}
        for index, box in carried.items():
            if sure:
                self.heads.setdefault(index, []).append(box)
            else:
                self.faces.setdefault(index, []).append(Face(track.number, box, found=False))
        if sure:
            self.positive.update(range(track.first, track.last + 1))

    def _find_missing(self, sure: Sequence[Track]) -> None:
        """From each loss to the appearance that makes up for it, less the held time on both sides."""
        for loss, appearance in _paired(self._losses(sure), self._appearances(sure), self.scenes):
            if loss is not None:
                first = max(self.scenes.after(loss.last, HOLD_S), default=loss.last) + 1
            elif appearance is not None:
                first = self.scenes.of(appearance.first)[0]
            if appearance is not None:
                last = min(self.scenes.before(appearance.first, HOLD_S), default=appearance.first) - 1
            elif loss is not None:
                last = self.scenes.of(loss.last)[1]
            self.missing.update(range(first, last + 1))

    def _losses(self, sure: Sequence[Track]) -> list[Track]:
        return [
            track
            for track in sure
            if track.last < self.scenes.of(track.last)[1]
            and not leaves(track, self.scenes.times, self.size)
            and not self._found_by_another(track, track.last, track.last + 1)
        ]

    def _appearances(self, sure: Sequence[Track]) -> list[Track]:
        return [
            track
            for track in sure
            if track.first > self.scenes.of(track.first)[0]
            and not enters(track, self.scenes.times, self.size)
            and not self._found_by_another(track, track.first, track.first - 1)
        ]

    def _found_by_another(self, track: Track, edge: int, beyond: int) -> bool:
        """Two tracks on one face (two detectors that disagreed): the other one goes on in the same place."""
        return any(
            other is not track
            and edge in other.boxes
            and beyond in other.boxes
            and on_one_face(other.boxes[edge], track.boxes[edge])
            for other in self.tracks
        )


def on_one_face(one: FaceBox, two: FaceBox) -> bool:
    """Whether two boxes of a frame are one face that was found twice."""
    smaller = min(one.width * one.height, two.width * two.height)
    apart = hypot(one.centre[0] - two.centre[0], one.centre[1] - two.centre[1])
    return one.overlap(two) >= SAME_FACE_SHARE * smaller and apart <= SAME_FACE_SHARE * max(one.size, two.size)


def _paired(
    losses: Sequence[Track], appearances: Sequence[Track], scenes: _Scenes
) -> list[tuple[Track | None, Track | None]]:
    """Match each appearance with the nearest open loss before it in its scene; what finds no match stands alone."""
    open_losses, pairs = list(losses), []
    for appearance in sorted(appearances, key=lambda track: track.first):
        scene = scenes.of(appearance.first)
        candidates = [loss for loss in open_losses if scene[0] <= loss.last < appearance.first]
        nearest = min(candidates, key=lambda loss: _apart(loss, appearance), default=None)
        if nearest is not None:
            open_losses = [loss for loss in open_losses if loss is not nearest]
        pairs.append((nearest, appearance))
    return [*pairs, *((loss, None) for loss in open_losses)]


def _apart(loss: Track, appearance: Track) -> float:
    one, two = loss.boxes[loss.last].centre, appearance.boxes[appearance.first].centre
    return hypot(one[0] - two[0], one[1] - two[1])


def counts(states: Sequence[FrameState]) -> Mapping[str, int]:
    """Frames in each state, all states named."""
    return {str(state): sum(1 for each in states if each is state) for state in FrameState}
