"""Written phantoms, measured by what knows nothing of them: the truth must be found again in the decoded video."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deid.algorithms.phantom.record import write_phantom
from tests.deid.phantom.measuring import amplitude_at, aspect_ratios68, dips, peak_hz, pictures, tracked
from tests.phantoms import make_phantom

ROOT = Path(__file__).parents[3]
NOSE, UNDER_LIP, CHIN, CHEEKS = 4, 18, 152, (50, 280)
_MESH = """
import json, sys
import numpy as np
from faces.mesh import FaceMesh
from tests.deid.phantom.measuring import pictures
from pathlib import Path

truth = np.array(json.loads(Path(sys.argv[2]).read_text())["points"])
with FaceMesh() as mesh:
    found = np.array([mesh.landmarks(picture)[:, :2] for picture in pictures(Path(sys.argv[1]))])
away = found - truth
motion = away - away.mean(axis=0)
print(json.dumps([np.linalg.norm(each, axis=2).mean(axis=0).tolist() for each in (away, motion)]))
"""


@pytest.mark.parametrize(("hz", "amplitude"), [(4.4, 0.02), (5.8, 0.008)])
def test_tremor_is_found_again_in_lip_and_chin(tmp_path, hz, amplitude):
    made = make_phantom(
        size=384, seconds=6, tremor_hz=hz, tremor_amplitude=amplitude, blinks_per_minute=0, seed=3, identity=None
    )
    truth = write_phantom(made, tmp_path / "a.mp4")
    frames = pictures(tmp_path / "a.mp4")
    nose = tracked(frames, truth.points[0, NOSE], 12)
    for place in (UNDER_LIP, CHIN):
        found = tracked(frames, truth.points[0, place], 8)[:, 1] - nose[:, 1]
        told = truth.points[:, place, 1] - truth.points[:, NOSE, 1]
        assert peak_hz(found, 30, (3, 8)) == pytest.approx(hz, abs=0.1)
        assert amplitude_at(found, 30, hz) == pytest.approx(amplitude_at(told, 30, hz), rel=0.1)


def test_blinks_are_found_again_to_the_frame_by_dlib(tmp_path):
    """The head sways little: with the head's turns dlib's own eye aspect ratio becomes uncertain by a frame or two."""
    times = (0.6, 1.5, 2.31)
    truth = write_phantom(make_phantom(size=384, seconds=3, blink_times=times, seed=4, sway=0.3), tmp_path / "a.mp4")
    found = dips(aspect_ratios68(pictures(tmp_path / "a.mp4")), len(times), 6)
    told = dips(truth.ear.mean(axis=1), len(times), 6)
    assert np.abs(found - told).max() < 1
    assert np.abs(found / 30 - times).max() < 1.5 / 30  # the lids open more slowly than they close


def test_the_pulse_survives_encoding(tmp_path):
    truth = write_phantom(make_phantom(size=384, seconds=10, pulse_bpm=72, seed=5), tmp_path / "a.mp4")
    frames = pictures(tmp_path / "a.mp4")
    greens = []
    for cheek in CHEEKS:
        x, y = truth.points[:, cheek].mean(axis=0).astype(int)
        greens.append(frames[:, y - 10 : y + 11, x - 10 : x + 11, 1].mean(axis=(1, 2)))
    green = np.mean(greens, axis=0)
    assert 60 * peak_hz(green, 30, (0.7, 3.5)) == pytest.approx(72, abs=0.5)
    assert amplitude_at(green / green.mean(), 30, 1.2) == pytest.approx(0.008, rel=0.25)


def test_the_mesh_is_found_near_the_truth(tmp_path):
    """MediaPipe against the truth at 384 pixels, in a process of its own. Its own jitter and bias are part of this."""
    write_phantom(make_phantom(size=384, task="speech", seed=7), tmp_path / "a.mp4", tmp_path / "a.json")
    done = subprocess.run(
        [sys.executable, "-c", _MESH, tmp_path / "a.mp4", tmp_path / "a.json"],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    error, motion = np.array(json.loads(done.stdout.splitlines()[-1]))
    assert error[[33, 133, 159, 145, 386, 374, 13, 14, 78, 308]].mean() < 1.5
    assert np.median(error) < 2.5  # mostly constant: how the identity's mesh differs from what is found in it
    assert motion.mean() < 1.0
