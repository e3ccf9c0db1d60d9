"""Linking the boxes of single frames to heads that last."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from faces.protocol import FaceBox

MAX_GAP_S = 0.5  # a longer gap is never bridged
REACH, REACH_PER_S, REACH_MAX = 0.5, 2.0, 1.2  # how far a head's centre may move between two boxes, in box sizes
SIZE_RATIO = 1.8
SAME_PLACE_IOU = 0.5
BELIEVED_S = 0.4  # found for at least this long
BELIEVED_SCORE = 0.6  # median score
SPEED_S = 0.3  # over which a head's speed at the end of its track is measured


@dataclass(frozen=True, slots=True)
class Track:
    """One head: its detected boxes by frame index, rising."""

    number: int
    boxes: Mapping[int, FaceBox]

    @property
    def first(self) -> int:
        return next(iter(self.boxes))

    @property
    def last(self) -> int:
        return next(reversed(list(self.boxes)))

    def gaps(self) -> list[tuple[int, int]]:
        """Pairs of frames with boxes between which frames without one lie."""
        return [(before, after) for before, after in pairwise(self.boxes) if after > before + 1]

    def between(self, index: int, before: int, after: int) -> FaceBox:
        """The box interpolated linearly at a frame of a gap."""
        share = (index - before) / (after - before)
        one, two = self.boxes[before], self.boxes[after]
        x, y, width, height = (
            getattr(one, name) * (1 - share) + getattr(two, name) * share for name in ("x", "y", "width", "height")
        )
        return FaceBox(x, y, width, height, min(one.score, two.score))


def link(detections: Sequence[Sequence[FaceBox]], times: Sequence[float], cuts: Collection[int] = ()) -> list[Track]:
    """Join boxes of neighbouring frames to tracks; every box is in exactly one track.

    Parameters
    ----------
    detections : for each frame its boxes, pixels
    times : (n_frames,) display times, seconds, rising
    cuts : indices of first frames of new scenes; nothing is joined across them

    Returns
    -------
    list of Track : by first frame; gaps inside a track last at most 0.5 s and are plausible as one head
    """
    finished: list[dict[int, FaceBox]] = []
    active: list[dict[int, FaceBox]] = []
    for index, boxes in enumerate(detections):
        keep = [] if index in cuts else [track for track in active if times[index] - times[_end(track)] <= MAX_GAP_S]
        finished += [track for track in active if not any(track is other for other in keep)]
        active = keep
        _assign(active, boxes, index, times)
    tracks = sorted(finished + active, key=lambda track: next(iter(track)))
    return [Track(number, boxes) for number, boxes in enumerate(tracks)]


def real_cuts(detections: Sequence[Sequence[FaceBox]], suspected: Collection[int]) -> set[int]:
    """Drop suspected cuts over which a face stays in its place: a lamp went on, the scene went on as well.

    A cut excuses a face that is gone. So the doubtful ones are none: then a face that is gone must be found again.
    """
    return {
        index
        for index in suspected
        if not any(one.iou(two) >= SAME_PLACE_IOU for one in detections[index - 1] for two in detections[index])
    }


def believed(track: Track, times: Sequence[float]) -> bool:
    """Whether a track is a head for certain: found for 0.4 s, or half of a clip shorter than 0.8 s, with a fair score.

    Only believed tracks make a frame releasable, and only their loss withholds the frames after it.
    """
    duration = (times[-1] - times[0]) * len(times) / max(len(times) - 1, 1)
    needed = min(BELIEVED_S, duration / 2)
    found = len(track.boxes) * duration / len(times)
    scores = sorted(box.score for box in track.boxes.values())
    return found >= needed and scores[len(scores) // 2] >= BELIEVED_SCORE


def leaves(track: Track, times: Sequence[float], size: tuple[int, int]) -> bool:
    """Whether a track ends by walking out of the picture: near an edge and on the way over it."""
    return _crosses(track, times, size, list(track.boxes)[::-1])


def enters(track: Track, times: Sequence[float], size: tuple[int, int]) -> bool:
    """Whether a track begins by walking into the picture."""
    return _crosses(track, times, size, list(track.boxes))


def _crosses(track: Track, times: Sequence[float], size: tuple[int, int], frames: list[int]) -> bool:
    """Near an edge in the first of `frames`, and farther from it in those after (or before, in reversed time)."""
    edge, inner = frames[0], frames[0]
    for frame in frames:
        if abs(times[frame] - times[edge]) > SPEED_S:
            break
        inner = frame
    seconds = abs(times[inner] - times[edge])
    if seconds == 0:
        return False
    box = track.boxes[edge]
    reach = max(box.width, box.height)
    near, far = _to_edges(box, size), _to_edges(track.boxes[inner], size)
    return any(
        distance < reach and (before - distance) / seconds > 0.5 * reach
        for distance, before in zip(near, far, strict=True)
    )


def _to_edges(box: FaceBox, size: tuple[int, int]) -> tuple[float, float, float, float]:
    x, y = box.centre
    return x, size[0] - x, y, size[1] - y


def _end(track: dict[int, FaceBox]) -> int:
    return next(reversed(track))


def _assign(active: list[dict[int, FaceBox]], boxes: Sequence[FaceBox], index: int, times: Sequence[float]) -> None:
    """Give each box to the nearest track that can reach it, else begin a track with it."""
    pairs = []
    for track in active:
        last = _end(track)
        for number, box in enumerate(boxes):
            distance = _distance(track[last], box, times[index] - times[last])
            if distance is not None:
                pairs.append((distance, number, track))
    taken: set[int] = set()
    for _, number, track in sorted(pairs, key=lambda pair: pair[0]):
        if number not in taken and _end(track) != index:
            track[index] = boxes[number]
            taken.add(number)
    active += [{index: box} for number, box in enumerate(boxes) if number not in taken]


def _distance(one: FaceBox, two: FaceBox, seconds: float) -> float | None:
    """Distance of centres in box sizes, or None where the two cannot be one head."""
    size = max(one.size, two.size)
    if size > SIZE_RATIO * min(one.size, two.size):
        return None
    distance = hypot(one.centre[0] - two.centre[0], one.centre[1] - two.centre[1]) / size
    return distance if distance <= min(REACH + REACH_PER_S * seconds, REACH_MAX) else None
