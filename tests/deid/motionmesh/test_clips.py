"""Real clips with the real mesh, recogniser and donors, in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data_files import data_video

ROOT = Path(__file__).parents[3]
_RENDER = """
import json, sys
import numpy as np
from deid.algorithms.engine import deidentify
from faces.dlib_backend import descriptor
from videoio.read import read_frames
from videoio.write import EncodeSettings

source, target = sys.argv[1:]
done = deidentify(source, target, method="motionmesh", encode=EncodeSettings(preset="ultrafast"))
distances = []
for one, two in zip(read_frames(source), read_frames(target)):
    if one.index % 15 == 0:
        pair = [descriptor(frame.rgb) for frame in (one, two)]
        if all(each is not None for each in pair):
            distances.append(float(np.linalg.norm(pair[0] - pair[1])))
print(json.dumps({"report": done.method_report, "counts": done.counts, "n": done.n_frames, "distances": distances}))
"""


@pytest.fixture(params=["B_pyfeat_single_face.mp4", "C_grid_bbaf2n.mpg"])
def result(request, tmp_path) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", _RENDER, str(data_video(request.param)), str(tmp_path / "out.mp4")], capture_output=True,
        text=True, check=True, cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "PATH": "", "HOME": str(tmp_path)},
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def test_a_frontal_face_is_swapped_throughout_and_no_frame_looks_like_the_patient(result):
    """AIES 2020 compares dlib descriptors with a threshold of 0.6; its own swaps reach 0.63 in the mean."""
    swapped = sum(last - first + 1 for first, last in result["report"]["swapped"])
    assert swapped >= 0.95 * result["n"]
    assert result["counts"]["withheld"] == 0
    assert min(result["distances"]) >= 0.6
    assert sum(result["distances"]) / len(result["distances"]) >= 0.7
