"""Following a face while the survey still looks for faces: what it finds need not be read from the clip once more."""

from collections.abc import Sequence

from deid.algorithms.methods.motionmesh.following import Followed, Follower
from deid.algorithms.plan import Plan
from deid.algorithms.tracks import Track
from faces.hands import Hands
from faces.mesh import FaceMesh
from faces.protocol import FaceBox
from videoio.frames import RGB, Frame

NEAR = 0.6  # how far the centre of the same face may move between two frames, in face sizes


class Watch:
    """Follows the largest face of the first frame that shows one, then the face nearest to it, frame by frame.

    Whether that was the patient's is known only when all frames were seen: then `followed` gives it, or None.

    Parameters
    ----------
    follower : by default one with models of its own, which `close` frees
    """

    def __init__(self, follower: Follower | None = None) -> None:
        self._mesh, self._hands = FaceMesh(), Hands()
        self._follower = follower or Follower(self._mesh.landmarks, self._hands.points)
        self._boxes: dict[int, FaceBox] = {}
        self._last: FaceBox | None = None

    def __call__(self, frame: Frame, boxes: Sequence[FaceBox], picture: RGB | None = None) -> None:
        """Look at one frame; frames come in order."""
        box = self._same(boxes)
        if box is None:
            return
        self._last = self._boxes[frame.index] = box
        self._follower.look(frame, box, [other for other in boxes if other is not box], picture)

    def followed(self, plan: Plan, tracks: Sequence[Track]) -> Followed | None:
        """What was found of `tracks`; None when another face was followed in any of their frames."""
        found = self._follower.followed(plan, tracks)
        return found if all(self._boxes.get(index) == box for index, box in found.boxes.items()) else None

    def close(self) -> None:
        """Free the models."""
        self._mesh.close()
        self._hands.close()

    def _same(self, boxes: Sequence[FaceBox]) -> FaceBox | None:
        """The face that goes on; the largest one where none does."""
        last = self._last
        if last is not None:
            near = [box for box in boxes if _apart(box, last) <= NEAR]
            if near:
                return min(near, key=lambda box: _apart(box, last))
        return max(boxes, key=lambda box: min(box.width, box.height), default=None)


def _apart(one: FaceBox, two: FaceBox) -> float:
    across, along = one.centre[0] - two.centre[0], one.centre[1] - two.centre[1]
    return float((across**2 + along**2) ** 0.5 / max(one.size, two.size))
