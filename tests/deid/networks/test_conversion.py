"""A real clip through each method, with small networks of random weights: the engine around them is everybody's."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from deid.algorithms.certificate import Certificate
from tests.data_files import data_video
from tests.deid.apart import deidentified
from tests.deid.networks.making import learned_store, small_networks
from videoio.inspect import timestamps
from videoio.read import read_frames

CLIP = os.environ.get("NETWORKS_CLIP", "C_grid_bbaf2n.mpg")


def rendered(folder: Path, method: str, **tensors) -> tuple[Path, Path, Certificate]:
    """The clip, what became of it, and its certificate."""
    models = folder / "models"
    models.mkdir()
    learned_store(models, **tensors)
    source, target = data_video(CLIP), folder / "out.mp4"
    return source, target, deidentified(source, target, models, method)


@pytest.mark.parametrize(
    ("method", "weights"),
    [("facemotion", {"facemotionpreserve", "w600k_r50"}), ("faceswap", {"faceswap"}), ("rppg", {"rppg_autoencoder"})],
)
def test_random_weights_give_all_frames_at_their_times_and_a_certificate_that_is_not_passed(tmp_path, method, weights):
    source, target, done = rendered(tmp_path, method)
    assert done.n_frames == len(timestamps(source)) == len(timestamps(target))
    assert np.diff(timestamps(target)) == pytest.approx(np.diff(timestamps(source)), abs=1e-5)
    assert done.counts["covered"] == done.n_frames
    assert done.failures == []
    assert sum(last - first + 1 for first, last in done.method_report["swapped"]) == done.n_frames
    assert done.method_report["trial"]["passed"] is False
    assert set(done.method_report["weights"]) == weights
    pairs = list(zip(read_frames(source), read_frames(target), strict=True))
    for one, two in pairs[:: len(pairs) // 4]:
        off = np.abs(one.planes[0].astype(int) - two.planes[0])
        assert 0.01 < (off > 30).mean() < 0.3
        assert np.percentile(off[:, :20], 99) < 30  # far from the face only the encoder changed anything


def test_a_network_whose_numbers_are_no_levels_ends_the_work_and_leaves_no_file(tmp_path):
    broken = {key: each * float("nan") for key, each in small_networks()["faceswap"].state_dict().items()}
    with pytest.raises(subprocess.CalledProcessError) as failed:
        rendered(tmp_path, "faceswap", faceswap=broken)
    assert "numbers that are no levels" in failed.value.stderr
    assert not (tmp_path / "out.mp4").exists()
