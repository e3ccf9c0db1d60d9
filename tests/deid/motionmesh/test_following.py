"""Following a mesh through a clip, with a mesh that a script gives."""

import numpy as np

from deid.algorithms.methods.motionmesh.following import SAMPLES_MAX, follow, main_tracks
from deid.algorithms.plan import build_plan
from faces.protocol import FaceBox
from tests.deid.algorithms.making import SIZE, noise_video, still, times
from tests.deid.motionmesh.making import mesh

FACE = FaceBox(50, 40, 50, 60)


def no_hands(rgb):
    return []


def test_every_frame_with_the_face_has_its_mesh_in_the_frames_pixels(tmp_path):
    clip, plan = noise_video(tmp_path / "a.mp4", 12), build_plan(still(12, FACE), times(12), SIZE)
    windows = []

    def script(rgb):
        windows.append(rgb.shape)
        return mesh((60, 60), 0.5)

    found = follow(clip, plan, main_tracks(plan, times(12)), script, no_hands)
    assert not np.isnan(found.meshes).any()
    assert len(set(windows)) == 1  # a window that stays: the tracker is not disturbed
    assert np.ptp(found.meshes[:, 0, 0]) == 0
    assert found.meshes[0, :, 0].mean() > mesh((60, 60), 0.5)[:, 0].mean()  # the window does not begin at 0


def test_a_lost_mesh_is_told_from_a_found_one(tmp_path):
    clip, plan = noise_video(tmp_path / "a.mp4", 12), build_plan(still(12, FACE), times(12), SIZE)
    found = follow(clip, plan, main_tracks(plan, times(12)), lambda rgb: None, no_hands)
    assert np.isnan(found.meshes).all()
    assert found.samples == []


def test_samples_stay_few_however_long_the_clip(tmp_path):
    number = 5 * SAMPLES_MAX
    clip, plan = noise_video(tmp_path / "a.mp4", number), build_plan(still(number, FACE), times(number), SIZE)
    found = follow(clip, plan, main_tracks(plan, times(number)), lambda rgb: mesh((60, 60), 0.5), no_hands)
    assert SAMPLES_MAX <= len(found.samples) < 2 * SAMPLES_MAX
    gaps = np.diff([sample.index for sample in found.samples])
    assert set(gaps.tolist()) == {gaps[0]}


def test_the_larger_face_is_the_patients_and_what_is_seen_beside_it_is_not():
    small = FaceBox(5, 5, 20, 24)
    plan = build_plan([[FACE, small]] * 20, times(20), SIZE)
    chosen = main_tracks(plan, times(20))
    assert [track.boxes[0] for track in chosen] == [FACE]


def test_hands_are_looked_for_four_times_a_second(tmp_path):
    clip, plan = noise_video(tmp_path / "a.mp4", 30), build_plan(still(30, FACE), times(30), SIZE)
    before = mesh((60, 60), 0.5)[:21, :2]
    found = follow(
        clip,
        plan,
        main_tracks(plan, times(30)),
        lambda rgb: mesh((60, 60), 0.5),
        lambda rgb: [np.vstack([before[:9], before[9:] + 300])],
    )
    assert list(found.hands) == [0, 8, 16, 24]
    assert all(found.hands.values())
