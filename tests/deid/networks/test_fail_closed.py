"""What goes wrong in some frames of a clip masks those frames, and only those."""

import os
from pathlib import Path

import pytest

from deid.algorithms.methods.motionmesh.trust import LOST
from tests.data_files import data_video
from tests.deid.apart import deidentified
from tests.deid.networks.making import learned_store
from videoio.inspect import timestamps
from videoio.read import read_frames

CLIP = os.environ.get("NETWORKS_CLIP", "C_grid_bbaf2n.mpg")
GREY, BLACK = 128, 40  # luma; the second is the most that an encoder leaves of a black place
# The third full batch fails in the network itself: those before it are the trial's single pictures and two batches.
FAILING_BATCH = """
import torch
from deid.algorithms.networks.faceswap_autoencoder import FaceswapAutoencoder
sizes = []
def fail(module, given, made):
    if isinstance(module, FaceswapAutoencoder):
        sizes.append(len(made))
        if sizes.count(8) == 3:
            raise RuntimeError("the device stopped working")
torch.nn.modules.module.register_module_forward_hook(fail)
render(*sys.argv[1:], parameters={"batch": 8})
"""
# Frames 30 to 39 show grey where the head is, while the detector goes on to say that one is there.
LOST_MESH = """
from deid.algorithms.regions import head_region
from faces.registry import detector
from videoio.probe import probe
from videoio.read import read_frames
from videoio.write import VideoFormat, VideoWriter

source, target, *rest = sys.argv[1:]
faces, (first, *frames) = detector(), list(read_frames(source))
box = faces.detect(first.rgb)[0]
head = head_region(box, (first.width, first.height))
hidden = target + ".hidden.mp4"
with VideoWriter(Path(hidden), VideoFormat.of(probe(source)), encode=EncodeSettings(preset="ultrafast")) as writer:
    for frame in (first, *frames):
        if 30 <= frame.index < 40:
            for plane, step in zip(frame.planes, (1, 2, 2)):
                plane[head.top // step : head.bottom // step, head.left // step : head.right // step] = 128
        writer.write(frame)

class Sure:
    name, version = faces.name, faces.version
    def detect(self, rgb):
        return [box]
    def close(self):
        faces.close()

render(hidden, target, *rest, detector=Sure())
"""


@pytest.fixture
def models(tmp_path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    learned_store(folder)
    return folder


def luma(video: Path, indices):
    return {frame.index: frame.planes[0].copy() for frame in read_frames(video) if frame.index in indices}


def test_a_batch_that_fails_withholds_its_frames_and_the_next_batch_is_tried(tmp_path, models):
    source, target = data_video(CLIP), tmp_path / "out.mp4"
    done = deidentified(source, target, models, "faceswap", FAILING_BATCH)
    last = done.n_frames - 1
    assert done.runs == [(0, 15, "covered"), (16, 23, "withheld"), (24, last, "covered")]
    assert [index for index, _, _ in done.failures] == list(range(16, 24))
    assert {reason for _, _, reason in done.failures} == {"RuntimeError: the device stopped working"}
    assert done.method_report["swapped"] == [[0, 15], [24, last]]
    assert len(timestamps(target)) == done.n_frames
    seen = luma(target, range(15, 25))
    assert all(seen[index].max() < BLACK for index in range(16, 24))
    assert min(seen[15].max(), seen[24].max()) > GREY


def test_where_the_mesh_is_lost_the_head_is_masked(tmp_path, models):
    target = tmp_path / "out.mp4"
    done = deidentified(data_video(CLIP), target, models, "faceswap", LOST_MESH)
    assert done.method_report["masked"] == [[30, 39, LOST]]
    assert done.method_report["swapped"] == [[0, 29], [40, done.n_frames - 1]]
    for index, picture in luma(target, (30, 35, 39)).items():
        places = next(boxes for first, last, boxes in done.masks if first <= index <= last)
        x, y, width, height = max(places, key=lambda box: box[2] * box[3])
        assert min(width, height) > 60
        assert picture[y + 8 : y + height - 8, x + 8 : x + width - 8].max() < BLACK
