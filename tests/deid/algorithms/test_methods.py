"""The classical methods: known answers inside the region, nothing outside."""

from pathlib import Path

import numpy as np
import pytest

from deid.algorithms.errors import BadParameters, UnknownMethod
from deid.algorithms.method import ClipTracks
from deid.algorithms.methods.blur import blurred
from deid.algorithms.methods.pixelate import pixelated
from deid.algorithms.painting import withhold
from deid.algorithms.plan import Face, Plan
from deid.algorithms.regions import Region, face_region, head_region
from deid.algorithms.registry import METHODS, ORIGINAL, deidentification_methods, get_method
from faces.protocol import FaceBox
from tests.deid.algorithms.making import SIZE, noise_frame

CLIP = ClipTracks(Path("clip.mp4"), None, (), Plan(()))  # type: ignore[arg-type]  # these methods look at frames alone
FACE = Face(0, FaceBox(50, 50, 40, 30))
PROTECTING = [method.name for method in deidentification_methods() if not (method.uses_donor or method.weights)]


def rendered(name, face=FACE, **parameters):
    method = get_method(name)
    renderer = method.load()(CLIP, method.with_defaults(parameters))
    return renderer.render(noise_frame(), (face,))


def test_the_kernel_of_the_blur_is_half_the_box():
    """AIES 2020. In a box of 42x34 the kernel is 21x17: an impulse of 255 spreads to 1 (255 / 357) over that area."""
    patch = np.zeros((34, 42), np.uint8)
    patch[17, 21] = 255
    rows, columns = np.nonzero(blurred(patch, 0.5))
    assert (rows.max() - rows.min() + 1, columns.max() - columns.min() + 1) == (17, 21)
    assert rows.size == 17 * 21


def test_pixelation_leaves_16_by_16_squares_of_averages():
    """FMP 2024."""
    rng = np.random.default_rng(0)
    patch = rng.integers(0, 256, (160, 128), dtype=np.uint8)
    squares = pixelated(patch, (16, 16)).reshape(16, 10, 16, 8)
    assert (squares == squares[:, :1, :, :1]).all()
    means = patch.reshape(16, 10, 16, 8).mean(axis=(1, 3))
    assert np.abs(squares[:, 0, :, 0] - means).max() <= 0.5 + 1e-9


def test_a_small_face_gets_squares_of_at_least_8_pixels():
    frame = rendered("pixelate")
    region = face_region(FACE.box, SIZE)
    rows = frame.planes[0][region.top : region.bottom, region.left]
    assert np.count_nonzero(np.diff(rows.astype(int))) <= region.height // 8 - 1


def test_the_mask_is_black():
    frame = rendered("mask")
    region = face_region(FACE.box, SIZE)
    assert frame.rgb[region.top : region.bottom, region.left : region.right].max() == 0


@pytest.mark.parametrize("name", PROTECTING)
def test_the_region_changes_and_nothing_else(name):
    """Bit for bit, on all three planes, before the encoder sees them."""
    before, after = noise_frame(), rendered(name)
    region = face_region(FACE.box, SIZE)
    for one, two, step in zip(before.planes, after.planes, (1, 2, 2), strict=True):
        changed = one != two
        inside = np.zeros_like(changed)
        inside[region.top // step : region.bottom // step, region.left // step : region.right // step] = True
        assert changed[inside].mean() > 0.8
        assert not changed[~inside].any()


@pytest.mark.parametrize("name", PROTECTING)
@pytest.mark.parametrize(
    "box", [FaceBox(-30, -30, 40, 40), FaceBox(150, 110, 40, 40), FaceBox(300, 300, 40, 40), FaceBox(20, 20, 1, 1)]
)
def test_boxes_at_and_over_the_edge_are_treated(name, box):
    assert rendered(name, Face(0, box)).planes[0].shape == (120, 160)


def test_regions_hold_the_box_and_lie_on_even_pixels():
    for box in (FaceBox(50.3, 41.7, 33.3, 35.9), FaceBox(-5, -5, 30, 30), FaceBox(140, 100, 30, 30)):
        face, head = face_region(box, SIZE), head_region(box, SIZE)
        assert face.holds(box, SIZE)
        assert head.left <= face.left
        assert head.right >= face.right
        assert head.top <= face.top
        assert head.bottom >= face.bottom
        assert not any(edge % 2 for edge in (face.left, face.top, face.right, face.bottom))
    assert head_region(FaceBox(60, 50, 20, 20), SIZE, 1.4).width > head_region(FaceBox(60, 50, 20, 20), SIZE).width
    assert face_region(FaceBox(200, 200, 10, 10), SIZE) == Region(160, 120, 160, 120)


def test_a_withheld_frame_holds_nothing_of_the_picture():
    frame = withhold(noise_frame())
    assert frame.rgb.max() == 0
    assert all(plane.min() == plane.max() for plane in frame.planes)


def test_methods_are_found_by_name():
    assert set(PROTECTING) >= {"mask", "blur", "pixelate"}
    assert ORIGINAL in METHODS
    assert ORIGINAL not in PROTECTING
    with pytest.raises(UnknownMethod, match="no method 'magic'; use one of: mask, blur"):
        get_method("magic")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("blur", {"kernel": 0}), ("blur", {"kernel": "wide"}), ("pixelate", {"cells": 200}),
        ("pixelate", {"cells": 2.5}), ("mask", {"colour": "red"}),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused_with_a_sentence(name, parameters):
    with pytest.raises(BadParameters, match=r"must be|takes"):
        rendered(name, **parameters)


def test_the_registry_is_light():
    """The web process reads it."""
    import subprocess
    import sys

    root = Path(__file__).parents[3]
    code = (
        "import sys, deid.algorithms.registry\n"
        "print([name for name in ('av', 'cv2', 'mediapipe', 'numpy', 'django') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root,
        env={"PYTHONPATH": f"{root}:{root / 'platform'}"},
    )  # fmt: skip
    assert done.stdout.strip() == "[]"
