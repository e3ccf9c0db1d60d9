"""Pictures: PSNR and SSIM inside and outside the face, and flicker of the face. One pass, memory flat."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.streams import side_by_side

Picture = NDArray[np.uint8]
Values = NDArray[np.floating]
Mask = NDArray[np.uint8]  # 255 inside, 0 outside
Array = NDArray[np.float64]

PEAK = 255.0
UNDEFINED = float("nan")
RADIUS, SIGMA, K1, K2 = 5, 1.5, 0.01, 0.03
_SHIFT = 128.0  # variances are taken about it: float32 then keeps five digits of them
_GAUSS = cv2.getGaussianKernel(2 * RADIUS + 1, SIGMA)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Of one part of the pictures, over all frames."""

    squared_error: float  # mean over all its pixels and channels, squared levels of 255
    psnr: float  # decibels, of that; inf where nothing differs
    ssim: float  # mean over frames


@dataclass(frozen=True, slots=True)
class PictureFidelity:
    n_frames: int
    without_face: int  # frames that count neither inside nor outside
    whole: Likeness
    inside: Likeness  # NaN where no frame has a face
    outside: Likeness
    flicker_original: float  # levels of 255, see `Flicker`; NaN with fewer than three frames in a row
    flicker_rendition: float
    flicker_added: float  # root of the difference of squares, 0 where the rendition flickers less


def luma(rgb: Picture) -> NDArray[np.uint8]:
    """(h, w) BT.601 luma of (h, w, 3), rounded."""
    return cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)


def ssim_map(one: Values, two: Values) -> Values:
    """Structural similarity around every pixel of two (h, w) pictures with values 0-255.

    Gaussian window of 11 x 11 and sigma 1.5, K1 0.01, K2 0.03, population variances, mirrored borders. Computed in the
    type of the input: float64 agrees with scikit-image to 1e-9, float32 to 1e-4 in a
    pixel and 1e-6 in the mean.

    References
    ----------
    Wang et al. 2004, "Image quality assessment: from error visibility to structural similarity".
    """
    one, two = one - one.dtype.type(_SHIFT), two - two.dtype.type(_SHIFT)
    mean1, mean2 = _blurred(one), _blurred(two)
    var1 = _blurred(one * one) - mean1 * mean1
    var2 = _blurred(two * two) - mean2 * mean2
    common = _blurred(one * two) - mean1 * mean2
    mean1 += one.dtype.type(_SHIFT)
    mean2 += one.dtype.type(_SHIFT)
    c1, c2 = one.dtype.type((K1 * PEAK) ** 2), one.dtype.type((K2 * PEAK) ** 2)
    above = (2 * mean1 * mean2 + c1) * (2 * common + c2)
    below = (mean1 * mean1 + mean2 * mean2 + c1) * (var1 + var2 + c2)
    similarity: Values = above / below
    return similarity


def psnr(squared_error: float) -> float:
    """Decibels of a mean squared error of values 0-255; inf without error."""
    return float(10 * np.log10(PEAK**2 / squared_error)) if squared_error > 0 else float("inf")


def compare_pictures(
    originals: Iterable[Picture], renditions: Iterable[Picture], outlines: Iterable[Array]
) -> PictureFidelity:
    """PSNR, SSIM and flicker of a rendition.

    Parameters
    ----------
    originals, renditions : (h, w, 3) uint8 RGB, the same frames, one at a time
    outlines : (k, 2) corners of the face's outline in each of them, pixels; NaN where no face was found

    Raises
    ------
    Unavailable : no frames, unequal numbers, or unequal sizes

    Notes
    -----
    A copy gives infinite PSNR, SSIM 1 and no added flicker exactly; noise of known size comes back to 0.05 dB.
    """
    totals = {part: _Total() for part in ("whole", "inside", "outside")}
    flickers = Flicker(), Flicker()
    frames = faces = 0
    places = iter(outlines)
    for original, rendition in side_by_side(originals, renditions):
        outline = next(places, None)
        if outline is None:
            raise Unavailable(
                f"{frames} outlines were given for more frames: each frame needs its own, NaN without a face."
            )
        mask = face_mask(outline, original.shape)
        greys = luma(original), luma(rendition)
        _add(totals, original, rendition, greys, mask)
        for flicker, grey in zip(flickers, greys, strict=True):
            flicker.add(grey, mask)
        frames, faces = frames + 1, faces + (mask is not None)
    if not frames:
        raise Unavailable("there are no frames to compare.")
    before, after = (flicker.amplitude for flicker in flickers)
    whole, inside, outside = (totals[part].likeness for part in ("whole", "inside", "outside"))
    return PictureFidelity(frames, frames - faces, whole, inside, outside, before, after, _added(before, after))


def face_mask(outline: Array, shape: tuple[int, ...]) -> Mask | None:
    """(h, w) mask of the pixels within a face's outline; None without one."""
    if not np.isfinite(outline).all() or not len(outline):
        return None
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(outline).astype(np.int32)], (255,))
    return mask


class Flicker:
    """Amplitude of what changes to and fro from frame to frame in a face.

    The root mean square over the face's pixels of a quarter of the second difference in time, x[t-1] - 2 x[t] + x[t+1]:
    brightness that jumps by +-a levels every frame gives a, slow motion nearly nothing, white noise of sd s 0.61 s.
    """

    def __init__(self) -> None:
        self._before: list[NDArray[np.int16]] = []
        self._sum, self._number = 0.0, 0

    def add(self, grey: NDArray[np.uint8], mask: Mask | None) -> None:
        """The next frame's luma and face; without a face the series begins anew."""
        if mask is None:
            self._before = []
            return
        frames = [*self._before, grey.astype(np.int16)]
        if len(frames) == 3:
            second = frames[0] - 2 * frames[1] + frames[2]
            self._sum += cv2.norm(second, cv2.NORM_L2SQR, mask)
            self._number += cv2.countNonZero(mask)
        self._before = frames[-2:]

    @property
    def amplitude(self) -> float:
        """Levels of 255; NaN with fewer than three frames in a row."""
        return float(np.sqrt(self._sum / self._number)) / 4 if self._number else UNDEFINED


def _added(before: float, after: float) -> float:
    return float(np.sqrt(np.maximum(after**2 - before**2, 0.0)))  # NaN stays NaN


class _Total:
    """Sums over frames of one part of the picture."""

    def __init__(self) -> None:
        self._squared, self._pixels, self._ssim, self.frames = 0.0, 0, 0.0, 0

    def add(self, squared: float, ssim: float, pixels: int) -> None:
        self._squared += squared
        self._ssim += ssim / pixels
        self._pixels += pixels
        self.frames += 1

    @property
    def likeness(self) -> Likeness:
        if not self.frames:
            return Likeness(UNDEFINED, UNDEFINED, UNDEFINED)
        error = self._squared / (3 * self._pixels)
        return Likeness(error, psnr(error), self._ssim / self.frames)


def _add(
    totals: dict[str, "_Total"],
    original: Picture,
    rendition: Picture,
    greys: tuple[Picture, Picture],
    mask: Mask | None,
) -> None:
    """One frame's errors; those outside the face are the rest."""
    similar = ssim_map(*(grey.astype(np.float32) for grey in greys))
    pixels = similar.size
    whole = cv2.norm(original, rendition, cv2.NORM_L2SQR), cv2.mean(similar)[0] * pixels
    totals["whole"].add(*whole, pixels)
    if mask is None or not 0 < (covered := cv2.countNonZero(mask)) < pixels:
        return
    inside = cv2.norm(original, rendition, cv2.NORM_L2SQR, mask), cv2.mean(similar, mask)[0] * covered
    totals["inside"].add(*inside, covered)
    totals["outside"].add(whole[0] - inside[0], whole[1] - inside[1], pixels - covered)


def _blurred(values: Values) -> Values:
    return cv2.sepFilter2D(values, -1, _GAUSS, _GAUSS, borderType=cv2.BORDER_REFLECT).astype(values.dtype, copy=False)
