"""Real clips with the real detector, in processes of their own (MediaPipe's graphs do not survive a fork)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data_files import data_video

ROOT = Path(__file__).parents[3]
_RENDER = """
import json, sys
from deid.algorithms.engine import deidentify
from deid.algorithms.errors import Withheld
from videoio.write import EncodeSettings

try:
    done = deidentify(sys.argv[1], sys.argv[2], method="mask", encode=EncodeSettings(preset="ultrafast"))
    print(json.dumps(done.to_dict()))
except Withheld as error:
    print(json.dumps({"withheld": str(error)}))
"""


def certificate(name: str, folder: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", _RENDER, str(data_video(name)), str(folder / "out.mp4")], capture_output=True, text=True,
        check=True, cwd=ROOT, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "PATH": "", "HOME": str(folder)},
    )  # fmt: skip
    return json.loads(done.stdout)


def test_a_close_up_is_covered_throughout(tmp_path):
    assert certificate("C_liveportrait_d3.mp4", tmp_path)["runs"] == [[0, 353, "covered"]]


def test_a_cut_to_a_cartoon_is_withheld_from_the_cut_on(tmp_path):
    """The cut is at frame 72 of 169; the cartoon's own faces decide nothing."""
    record = certificate("B_pyfeat_face_noface.mov", tmp_path)
    assert record["runs"] == [[0, 71, "covered"], [72, 168, "withheld"]]
    (start, cut), (again, end) = record["run_times"]
    assert (start, cut) == (0, again)
    assert cut == pytest.approx(2.4, abs=0.05)  # 72 frames at 30 fps: the rate changes at the cut
    assert end == pytest.approx(6.4, abs=0.1)


def test_a_cartoon_is_not_given_out(tmp_path):
    assert "nothing may be given out" in certificate("B_pyfeat_no_face.mp4", tmp_path)["withheld"]
    assert list(tmp_path.glob("*.mp4")) == []


def test_a_bystander_at_the_edge_is_covered(tmp_path):
    record = certificate("A_intel_asl_bird.mkv", tmp_path)
    assert record["counts"]["covered"] == 63
    assert set(record["faces_per_frame"]) <= {"2", "3"}


def test_both_of_two_people_are_covered(tmp_path):
    record = certificate("A_intel_head-pose-face-detection-female-and-male.mp4", tmp_path)
    assert record["runs"] == [[0, 55, "covered"]]
    assert record["faces_per_frame"] == {"2": 56}


def test_a_printed_skull_withholds_nothing(tmp_path):
    assert certificate("A_intel_asl_again.mkv", tmp_path)["counts"]["withheld"] == 0
