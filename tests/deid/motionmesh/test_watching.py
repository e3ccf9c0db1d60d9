"""Following beside the survey: the same as following afterwards, or nothing."""

import numpy as np

from deid.algorithms.methods.motionmesh.following import Follower, follow, main_tracks
from deid.algorithms.methods.motionmesh.watching import Watch
from deid.algorithms.plan import build_plan
from faces.protocol import FaceBox
from tests.deid.algorithms.making import noise_video, still, times
from tests.deid.motionmesh.making import mesh
from videoio.read import read_frames

SIZE = (160, 120)
FACE = FaceBox(40, 30, 50, 60, 0.9)


def wandering():
    """A model whose meshes depend on how often it was asked, as a tracker's do."""
    asked = [0]

    def landmarks(rgb):
        asked[0] += 1
        return mesh((60 + asked[0] % 7, 60), 0.5)

    return landmarks


def no_hands(rgb):
    return []


def watched(clip, detections):
    watch = Watch(Follower(wandering(), no_hands))
    for frame, boxes in zip(read_frames(clip), detections, strict=True):
        watch(frame, boxes)
    return watch


def test_what_was_watched_is_what_would_be_found_afterwards(tmp_path):
    detections = still(20, FACE)
    clip, plan = noise_video(tmp_path / "a.mp4", 20), build_plan(detections, times(20), SIZE)
    tracks = main_tracks(plan, times(20))
    found, expected = (
        watched(clip, detections).followed(plan, tracks),
        follow(clip, plan, tracks, wandering(), no_hands),
    )
    assert np.array_equal(found.meshes, expected.meshes)
    assert np.array_equal(found.colours, expected.colours)
    assert found.boxes == expected.boxes
    assert found.hands == expected.hands
    for one, two in zip(found.samples, expected.samples, strict=True):
        assert (one.index, one.track) == (two.index, two.track)
        assert np.array_equal(one.frame.planes[0], two.frame.planes[0])


def test_the_same_face_is_followed_when_a_larger_one_comes_by(tmp_path):
    """What is asked for is the longer track; the passer-by is larger in three frames and changes nothing."""
    passer = FaceBox(95, 10, 60, 75, 0.9)
    detections = [[passer, FACE] if 8 <= index < 11 else [FACE] for index in range(20)]
    clip, plan = noise_video(tmp_path / "a.mp4", 20), build_plan(detections, times(20), SIZE)
    assert watched(clip, detections).followed(plan, main_tracks(plan, times(20))) is not None


def test_nothing_is_given_where_another_face_was_followed(tmp_path):
    """The first frames show a larger face that leaves; the patient comes after it."""
    first = FaceBox(90, 10, 60, 75, 0.9)
    detections = [[first, FACE] if index < 3 else [FACE] for index in range(20)]
    clip, plan = noise_video(tmp_path / "a.mp4", 20), build_plan(detections, times(20), SIZE)
    assert watched(clip, detections).followed(plan, main_tracks(plan, times(20))) is None
