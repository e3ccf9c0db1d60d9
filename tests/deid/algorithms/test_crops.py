"""A crop goes back where it came from, softly, and nothing else of the frame changes."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from deid.algorithms.crops import cut_out, paste
from faces.alignment import aligning, template
from tests.deid.algorithms.making import noise
from videoio.frames import Frame

SIZE = (320, 240)


def frame():
    return Frame.from_rgb(0, cv2.GaussianBlur(noise(0, SIZE), (0, 0), 3), 0, Fraction(1, 30))


def placed(scale=0.8, degrees=12.0, centre=(160.0, 130.0)):
    """A matrix that cuts a crop out of the frame: the template, turned and scaled about a point."""
    turn = np.deg2rad(degrees)
    rotation = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return aligning((template(128) - 64) @ rotation.T + centre, 128)


def pasted_by_the_book(rgb, face, matrix):
    """The published way on the whole picture: white square, eroded, blurred, linear blend."""
    back, size = cv2.invertAffineTransform(matrix), (rgb.shape[1], rgb.shape[0])
    white = cv2.warpAffine(np.full((128, 128), 255, np.float32), back, size)
    white[white > 20] = 255
    rows, columns = np.where(white == 255)
    extent = int(np.sqrt((rows.max() - rows.min()) * (columns.max() - columns.min())))
    kernel = max(extent // 10, 10)
    white = cv2.erode(white, np.ones((kernel, kernel), np.uint8))
    reach = 2 * max(extent // 20, 5) + 1
    share = (cv2.GaussianBlur(white, (reach, reach), 0) / 255)[:, :, None]
    over = cv2.warpAffine(face, back, size).astype(np.float32)
    return share * over + (1 - share) * rgb, share[:, :, 0]


@pytest.mark.parametrize(
    "where",
    [{}, {"scale": 1.4, "degrees": -30}, {"scale": 0.3}, {"centre": (20.0, 30.0)}, {"centre": (310.0, 235.0)}],
)
def test_it_is_the_published_paste_back(where):
    """On the planes of the face's box instead of the whole picture: the same but for the rounding of colours."""
    matrix, face = placed(**where), np.full((128, 128, 3), (200, 120, 60), np.uint8)
    target, before = frame(), frame().rgb
    expected, share = pasted_by_the_book(before, face, matrix)
    paste(target, face, matrix)
    off = np.abs(target.rgb.astype(float) - expected)
    assert off.mean() < 1.5
    assert np.percentile(off, 99) < 8
    assert share.max() > 0.9


def test_samples_outside_the_square_stay_bit_for_bit():
    matrix, target, before = placed(), frame(), frame()
    paste(target, np.zeros((128, 128, 3), np.uint8), matrix)
    _, share = pasted_by_the_book(before.rgb, np.zeros((128, 128, 3), np.uint8), matrix)
    outside = cv2.dilate(share, np.ones((5, 5))) == 0
    for number, step in enumerate((1, 2, 2)):
        far = outside[::step, ::step]
        assert np.array_equal(target.planes[number][far], before.planes[number][far])
        assert not np.array_equal(target.planes[number], before.planes[number])


def test_a_crop_put_back_as_it_was_cut_leaves_the_frame_as_it_was():
    target, before = frame(), frame().rgb
    matrix = placed(scale=1.0, degrees=0)
    paste(target, cut_out(target, matrix, 128), matrix)
    assert np.abs(target.rgb.astype(int) - before).mean() < 1


@pytest.mark.parametrize("where", [{}, {"scale": 1.4, "degrees": -30}, {"centre": (20.0, 30.0)}])
def test_a_crop_is_that_of_the_whole_picture(where):
    """Pixels on the edge of the picture mix with the black beyond it: they are left out."""
    found, whole = cut_out(frame(), placed(**where), 128), cv2.warpAffine(frame().rgb, placed(**where), (128, 128))
    inside = cv2.erode(cv2.warpAffine(np.ones((240, 320), np.uint8), placed(**where), (128, 128)), np.ones((5, 5))) > 0
    assert inside.mean() > 0.4
    assert np.abs(found.astype(int) - whole)[inside].max() <= 2
    assert not found[~cv2.dilate(inside.astype(np.uint8), np.ones((9, 9))).astype(bool)].any()


def test_a_crop_outside_the_picture_changes_nothing():
    target, before = frame(), frame()
    assert not cut_out(target, placed(centre=(900.0, 900.0)), 128).any()
    paste(target, np.zeros((128, 128, 3), np.uint8), placed(centre=(900.0, 900.0)))
    assert all(np.array_equal(one, two) for one, two in zip(target.planes, before.planes, strict=True))
