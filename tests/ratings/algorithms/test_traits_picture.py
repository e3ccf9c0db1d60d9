"""Picture traits on pictures whose traits are known."""

import numpy as np
import pytest

from ratings.algorithms.traits_picture import (
    blockiness,
    edge_energy,
    noise,
    picture_traits,
    saturation,
    sharpness,
)
from tests.videoio.making import make_video, picture

ALL = np.ones((128, 128), bool)


@pytest.mark.parametrize("sigma", [1.0, 3.0, 8.0])
def test_noise_is_the_deviation_of_white_noise_in_levels(sigma):
    luma = np.random.default_rng(0).normal(128, sigma, (128, 128)).astype(np.float32)
    assert np.exp(noise(luma, ALL)) == pytest.approx(sigma, rel=0.05)


def test_an_edge_is_no_noise():
    luma = np.full((128, 128), 50, np.float32)
    luma[:, 64:] = 200
    assert np.exp(noise(luma, ALL)) == pytest.approx(0.01, abs=0.001)


def test_sharpness_is_the_squared_laplacian():
    """A chequerboard of 0 and 2: each pixel differs by 2 from its four neighbours, 8 squared is 64."""
    luma = 2 * ((np.add.outer(np.arange(128), np.arange(128))) % 2).astype(np.float32)
    assert sharpness(luma, ALL) == pytest.approx(np.log(64), abs=0.01)


def test_blocks_on_the_grid_are_seen_and_blocks_beside_it_are_not():
    rng = np.random.default_rng(1)
    blocks = rng.integers(0, 100, (16, 16)).repeat(8, 0).repeat(8, 1).astype(np.float32)
    grain = rng.normal(0, 1, (128, 128)).astype(np.float32)
    assert blockiness(grain, ALL) == pytest.approx(1, abs=0.05)
    assert blockiness(blocks + grain, ALL) > 10
    assert blockiness(np.roll(blocks, 4, (0, 1)) + grain, ALL) < 1


def test_saturation_is_the_distance_from_grey():
    blue, red = np.full((64, 64), 131, np.uint8), np.full((64, 64), 124, np.uint8)
    assert saturation(blue, red, ALL) == pytest.approx(5)


def test_edge_energy_is_the_slope():
    luma = np.tile(np.arange(128, dtype=np.float32) * 1.5, (128, 1))
    inner = np.zeros_like(ALL)
    inner[5:-5, 5:-5] = True
    assert edge_energy(luma, inner) == pytest.approx(1.5)


def _video(path, change=lambda rgb: rgb):
    pictures = [change(picture(i, (160, 128)).copy()) for i in range(12)]
    return make_video(path, ticks=range(0, 12 * 512, 512), size=(160, 128), pictures=pictures, options={"crf": "10"})


def test_what_a_method_does_to_the_face_stands_under_the_face_alone(tmp_path):
    def noisy(rgb):
        box = rgb[40:104, 48:112]
        box[:] = np.clip(np.random.default_rng(0).normal(box.mean(), 30, box.shape[:2])[..., None], 0, 255)
        return rgb

    first, second = picture_traits(_video(tmp_path / "a.mp4"), _video(tmp_path / "b.mp4", noisy))
    assert second["face noise"] - first["face noise"] > 2
    assert second["face sharpness"] > first["face sharpness"] + 2
    assert second["rest brightness"] == pytest.approx(first["rest brightness"], abs=0.3)
    assert second["rest sharpness"] == pytest.approx(first["rest sharpness"], abs=0.4)
    assert second["seam energy"] > 1.7 * first["seam energy"]


def test_versions_that_are_alike_have_no_face_area(tmp_path):
    video = _video(tmp_path / "a.mp4")
    first, second = picture_traits(video, video)
    assert np.isnan(first["face noise"])
    assert np.isnan(first["seam energy"])
    assert first["rest flicker"] == second["rest flicker"]


def test_flicker_is_the_step_of_brightness_from_picture_to_picture(tmp_path):
    def grey(path, step):
        pictures = [np.full((128, 160, 3), 100 + step * (i % 2), np.uint8) for i in range(12)]
        return make_video(path, ticks=range(0, 12 * 512, 512), size=(160, 128), pictures=pictures, options={"crf": "4"})

    for step, expected in ((0, 0), (10, 10 * 219 / 255)):
        path = grey(tmp_path / f"{step}.mp4", step)
        assert picture_traits(path, path)[0]["rest flicker"] == pytest.approx(expected, abs=0.6)
