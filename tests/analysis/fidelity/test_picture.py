"""PSNR, SSIM and flicker: scikit-image as oracle, planted noise and flicker, memory."""

import tracemalloc

import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.picture import Flicker, compare_pictures, face_mask, luma, ssim_map
from tests.phantoms import phantom

OVAL = np.column_stack([225 + 60 * np.cos(t := np.linspace(0, 6.2, 40)), 110 + 80 * np.sin(t)])


def _face():
    return np.ascontiguousarray(data.astronaut()[:300, :450])


def _noisy(picture, sd, seed=0):
    noise = np.random.default_rng(seed).normal(0, sd, picture.shape)
    return np.clip(np.round(picture + noise), 0, 255).astype(np.uint8)


def test_ssim_is_scikit_images():
    one, two = (luma(picture).astype(np.float64) for picture in (_face(), _noisy(_face(), 12)))
    _, told = structural_similarity(
        one, two, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255, full=True
    )
    found = ssim_map(one, two)
    np.testing.assert_allclose(found, told, rtol=0, atol=1e-9)
    fast = ssim_map(one.astype(np.float32), two.astype(np.float32))
    np.testing.assert_allclose(fast, found, rtol=0, atol=1e-4)
    assert fast.mean(dtype=float) == pytest.approx(found.mean(), abs=1e-6)


def test_psnr_is_scikit_images():
    one, two = _face(), _noisy(_face(), 5)
    result = compare_pictures([one], [two], [OVAL])
    assert result.whole.psnr == pytest.approx(peak_signal_noise_ratio(one, two, data_range=255), abs=1e-9)
    inside = face_mask(OVAL, one.shape) > 0
    squared = (one.astype(float) - two) ** 2
    assert result.inside.psnr == pytest.approx(10 * np.log10(255**2 / squared[inside].mean()), abs=1e-9)
    assert result.outside.psnr == pytest.approx(10 * np.log10(255**2 / squared[~inside].mean()), abs=1e-9)


def test_noise_in_the_face_alone_is_told_apart():
    """Noise of 4 levels is 10 log10(255^2 / 16) = 36.1 dB; the rounding adds 1/12 of a squared level."""
    grey = np.full((300, 450, 3), 128, np.uint8)
    inside = face_mask(OVAL, grey.shape) > 0
    noisy = np.where(inside[..., None], _noisy(grey, 4), grey).astype(np.uint8)
    result = compare_pictures([grey] * 3, [noisy] * 3, [OVAL] * 3)
    assert result.inside.psnr == pytest.approx(10 * np.log10(255**2 / (16 + 1 / 12)), abs=0.1)
    assert result.outside.psnr == np.inf
    assert result.outside.ssim > 0.99 > result.inside.ssim


def test_a_copy_is_perfect():
    frames, truth = phantom(seconds=0.5)
    result = compare_pictures(frames, frames, truth.points[:, [10, 454, 152, 234]])
    for part in (result.whole, result.inside, result.outside):
        assert (part.squared_error, part.psnr) == (0, np.inf)
        assert part.ssim == pytest.approx(1, abs=1e-7)
    assert result.flicker_added == 0
    assert result.flicker_original == result.flicker_rendition > 0


def test_planted_flicker_comes_back():
    """The face's light jumps by +-3 levels from frame to frame: 3 levels of flicker are added, to 2%."""
    frames, truth = phantom(seconds=1.0, blinks_per_minute=0)
    outlines = truth.points[:, [10, 454, 152, 234]]
    flickering = np.clip(frames + 3 * (-1) ** np.arange(len(frames))[:, None, None, None], 0, 255).astype(np.uint8)
    result = compare_pictures(frames, flickering, outlines)
    assert result.flicker_added == pytest.approx(3, rel=0.02)


def test_flicker_by_hand():
    """Second differences of 10, 14, 10 are -8: a quarter is 2. White noise of 5 levels: 5 sqrt(6) / 4."""
    flicker, mask = Flicker(), np.full((4, 4), 255, np.uint8)
    for level in (10, 14, 10):
        flicker.add(np.full((4, 4), level, np.uint8), mask)
    assert flicker.amplitude == 2
    rng, noise, wide = np.random.default_rng(0), Flicker(), np.full((200, 200), 255, np.uint8)
    for _ in range(10):
        noise.add(np.round(rng.normal(128, 5, wide.shape)).astype(np.uint8), wide)
    assert noise.amplitude == pytest.approx(5 * np.sqrt(6) / 4, rel=0.02)


def test_frames_without_a_face_count_as_neither_and_part_the_flicker():
    one, two, nowhere = _face(), _noisy(_face(), 5), np.full((40, 2), np.nan)
    result = compare_pictures([one] * 4, [two] * 4, [OVAL, OVAL, nowhere, OVAL])
    assert (result.n_frames, result.without_face) == (4, 1)
    assert np.isnan((result.flicker_original, result.flicker_added)).all()
    alone = compare_pictures([one], [two], [nowhere])
    assert np.isnan((alone.inside.psnr, alone.inside.ssim, alone.outside.psnr, alone.outside.ssim)).all()


def test_memory_stays_flat():
    def frames(n):
        return (np.full((200, 300, 3), i % 200, np.uint8) for i in range(n))

    peaks = []
    for n in (20, 200):
        tracemalloc.start()
        compare_pictures(frames(n), frames(n), (OVAL for _ in range(n)))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 2**18


def test_what_does_not_belong_together_is_refused():
    one = _face()
    with pytest.raises(Unavailable, match="the rendition ends after 1 frames"):
        compare_pictures([one] * 2, [one], [OVAL] * 2)
    with pytest.raises(Unavailable, match="alike in size"):
        compare_pictures([one], [one[:100]], [OVAL])
    with pytest.raises(Unavailable, match="no frames"):
        compare_pictures([], [], [])
    with pytest.raises(Unavailable, match="1 outlines were given for more frames"):
        compare_pictures([one] * 2, [one] * 2, [OVAL])
