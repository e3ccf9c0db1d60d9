"""What the bundled detectors find. Runs in processes of its own: MediaPipe's graphs do not survive a fork."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from faces.mediapipe_backend import MediapipeDetector
from faces.protocol import FaceBox
from tests.data_files import data_video

ROOT = Path(__file__).parents[2]
_STILLS = """
import json
import numpy as np
from skimage import data
from faces.protocol import FaceDetector
from faces.registry import detector

astronaut = np.ascontiguousarray(data.astronaut())
pictures = {
    "one": astronaut,
    "two": np.hstack([astronaut, astronaut[:, ::-1]]),
    "none": np.full((360, 640, 3), 127, np.uint8),
    "small": np.pad(
        astronaut.reshape(128, 4, 128, 4, 3).mean((1, 3)).astype(np.uint8), ((150, 122), (300, 212), (0, 0))
    ),
    "half": np.ascontiguousarray(astronaut[:, 222:]),
    "large": np.ascontiguousarray(astronaut[40:230, 130:320]),
}
found = {}
for name, picture in pictures.items():
    finder = detector()
    assert isinstance(finder, FaceDetector)
    found[name] = [[box.x, box.y, box.width, box.height, box.score] for box in finder.detect(picture)]
    version = finder.version
    finder.close()
print(json.dumps({"found": found, "version": version}))
"""
_THREADS = """
import json, os
import numpy as np
from skimage import data
from faces.hands import Hands
from faces.mesh import FaceMesh
from faces.pose import Pose
from faces.registry import detector

def threads():
    return len(os.listdir("/proc/self/task"))

astronaut = np.ascontiguousarray(data.astronaut())
finder, mesh, hands, pose = detector(), FaceMesh(), Hands(), Pose()
finder.detect(astronaut)  # the library's own threads, and the second model's of the detector
before = threads()
seen = mesh.landmarks(astronaut) is not None and bool(np.isfinite(pose.joints(astronaut)).any())
hands.points(astronaut)
print(json.dumps({"seen": seen, "more": threads() - before}))
"""
_CLIP = """
import json, sys
from faces.registry import detector
from videoio.read import read_frames

counts = []
finder = detector()
for frame in read_frames(sys.argv[1]):
    picture, scale = frame.rgb_within(640)
    counts.append(len(finder.detect(picture)))
print(json.dumps(counts))
"""


def _run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}", "PATH": "", "HOME": "/tmp"},  # noqa: S108
    )  # fmt: skip


@pytest.fixture(scope="module")
def stills() -> dict:
    pytest.importorskip("skimage")
    return json.loads(_run(_STILLS).stdout)


def test_the_astronaut_is_found_where_she_is(stills):
    """Her face is centred at about (224, 118) in scikit-image's 512x512 picture, and about 100 pixels wide."""
    (x, y, width, height, score), *others = stills["found"]["one"]
    assert not others
    assert abs(x + width / 2 - 224) < 15
    assert abs(y + height / 2 - 118) < 20
    assert 70 < width < 140
    assert score > 0.7


@pytest.mark.parametrize(("name", "number"), [("two", 2), ("none", 0), ("small", 1), ("half", 1), ("large", 1)])
def test_as_many_faces_as_there_are(stills, name, number):
    """Two; none; one of 24 pixels in 640x400; one cut in half by the edge; one that fills the picture."""
    assert len(stills["found"][name]) == number


def test_boxes_lie_in_the_picture(stills):
    for x, y, *_ in stills["found"]["half"]:
        assert x >= 0
        assert y >= 0


def test_the_version_names_both_models(stills):
    """SHA-256 prefixes of the two files in the wheel of mediapipe 0.10.21."""
    assert stills["version"].startswith("0.10.21 bbff11cebd1e+2c3728e6da56")


def test_start_up_notes_stay_out_of_the_terminal():
    pytest.importorskip("skimage")
    assert "inference_feedback_manager" not in _run(_STILLS).stderr


@pytest.mark.parametrize(
    ("name", "faces", "share"),
    [
        ("C_liveportrait_d3.mp4", 1, 0.99),  # large close-up, mouth and eyes in motion
        ("A_intel_asl_bird.mkv", 2, 0.99),  # a bystander cut in half by the edge
        ("A_intel_head-pose-face-detection-female-and-male.mp4", 2, 0.99),
        ("A_intel_head-pose-face-detection-female.mp4", 1, 0.99),  # profile to profile
        ("A_intel_face-demographics-walking-and-pause.mp4", 3, 0.99),  # small faces that come nearer
        ("C_grid_swiz3n.mpg", 1, 0.99),
    ],
)
def test_few_faces_of_real_clips_are_missed(name, faces, share):
    """The number of people is the data README's; at most 1% of frames may show fewer boxes."""
    counts = json.loads(_run(_CLIP, str(data_video(name))).stdout)
    assert sum(count >= faces for count in counts) >= share * len(counts)


def test_models_work_in_the_thread_that_calls_them():
    assert json.loads(_run(_THREADS).stdout) == {"seen": True, "more": 0}


class _Scripted(MediapipeDetector):
    """The two models told what they see in each picture; counts how often the far one is asked."""

    def __init__(self, close, far):
        super().__init__()
        self.script, self.asked, self.at = (close, far), 0, 0

    def _beside(self):
        self._thread = self._thread or ThreadPoolExecutor(1)
        return self._thread

    def _run(self, model, rgb):
        self.asked += model == 1
        boxes = self.script[model][self.at]
        border = (rgb.shape[1] - PICTURE.shape[1]) // 2 if model == 1 else 0
        return [box.shifted(border, 0) for box in boxes]

    def _in_tiles(self, rgb):
        return []

    def counts(self):
        found = []
        for at in range(len(self.script[0])):
            self.at = at
            found.append(len(self.detect(PICTURE)))
        self.close()
        return found


PICTURE = np.zeros((120, 160, 3), np.uint8)
NEAR_FACE, FAR_FACE = FaceBox(20, 20, 50, 60, 0.9), FaceBox(110, 40, 14, 16, 0.8)


def test_the_far_model_rests_while_the_close_one_sees_all_faces():
    finder = _Scripted([[NEAR_FACE]] * 12, [[NEAR_FACE]] * 12)
    assert finder.counts() == [1] * 12
    assert finder.asked == 4


def test_a_far_face_is_found_within_three_pictures_and_then_in_every_one():
    finder = _Scripted([[NEAR_FACE]] * 12, [[NEAR_FACE]] * 4 + [[NEAR_FACE, FAR_FACE]] * 8)
    assert finder.counts() == [1] * 6 + [2] * 6
    assert finder.asked == 2 + 6


def test_the_far_model_looks_where_the_close_one_loses_a_face_or_finds_it_elsewhere():
    lost, moved = [[NEAR_FACE], [], [NEAR_FACE]], [[NEAR_FACE], [NEAR_FACE.shifted(60, 0)], [NEAR_FACE.shifted(60, 0)]]
    assert _Scripted(lost, [[NEAR_FACE]] * 3).counts() == [1, 1, 1]
    finder = _Scripted(moved, moved)
    finder.counts()
    assert finder.asked == 2
