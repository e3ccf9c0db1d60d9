"""Six pictures made alike in everything but the face. For workers: it uses OpenCV.

Each face is laid over one template, cropped on grey to what all six fill of one ellipse (no hair line, clothes or
background), given the mean light and colours of the six, freed of the detail that the least sharp of them lacks, and
jittered in colour. What is left of the differences is measured; a trial over the bounds is refused.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.alignment import TEMPLATE_112, similarities
from faces.mesh import LEFT_EYE, OVAL, RIGHT_EYE
from ratings.algorithms.sixface.detail import bands, least_share, made_alike, sizes

WIDTH, HEIGHT = 256, 320  # pixels of every picture
SCALE, SHIFT = 3.1, (-45.6, -52.0)  # of ArcFace's template
CENTRE, AXES = (128.0, 166.0), (109.0, 136.0)  # of the ellipse, pixels
FACE = (16.0, 56.0, 224.0, 252.0)  # x, y, width and height of the face, brow to chin, for who looks for it
RIM = 9  # pixels; half of it is cut off along the outline of the face, where background would show
EDGE = 3.0  # pixels, sd over which the crop fades
GREY = 128
FLAT = 1.0  # sd of L* under which a picture shows nothing
NOSE_TIP, RIGHT_CORNER, LEFT_CORNER = 1, 61, 291
MOST_ENLARGED = 2.5  # a smaller face has too little to show
STRETCH = (0.6, 1.7)  # limits of the change of contrast: a mask has none to be stretched
JITTER = (1.5, 0.8, 0.8)  # sd of the shift of L*, a* and b*
JITTER_CONTRAST = 0.03  # sd of the gain
GRAIN = 1.2  # sd of the grain laid over all, levels of L*
LEAST_DETAIL = 1 / 3  # of the median of the six; a softer picture would take too much from the others

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Coordinates of every pixel, 0 in the middle of the ellipse and 1 at its edge.
DOWN, ACROSS = (
    ((at - middle) / axis).astype(np.float32)
    for at, middle, axis in zip(np.mgrid[:HEIGHT, :WIDTH], CENTRE[::-1], AXES[::-1], strict=True)
)
ELLIPSE: Mask = np.hypot(ACROSS, DOWN) < 1
# (6, h, w) terms of a surface over the face: its level, its slopes, and how it bends.
SURFACE: Floats = np.stack([np.ones_like(ACROSS), ACROSS, DOWN, ACROSS**2, DOWN**2, ACROSS * DOWN])


class Rejected(ValueError):
    """A trial cannot be shown. `reason` is a word to keep; the message says what was found."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture (h, w, 3) RGB and where the face is in it: (478, 3) points of MediaPipe's mesh.

    `obscured` says that a method blurred or covered the face: then it is what the method gives, and neither equalised
    nor held against the bounds.
    """

    rgb: Picture
    mesh: NDArray[np.floating]
    obscured: bool = False


@dataclass(frozen=True, slots=True)
class Traits:
    """What tells pictures apart beside the face, measured within the ellipse of the finished picture.

    Attributes
    ----------
    lightness, red, yellow : mean L* (0-100), a*, b*
    contrast : sd of L*
    sharpness, texture : mean size of the detail of L* finer than 2 pixels and of that from 2 to 4, natural logarithm
    across, down : slope of L* from edge to edge: light from one side
    """

    lightness: float
    red: float
    yellow: float
    contrast: float
    sharpness: float
    texture: float
    across: float
    down: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The widest gap, largest minus smallest of the six, of each trait with which a trial is shown."""

    lightness: float = 12.0
    red: float = 6.0
    yellow: float = 6.0
    contrast: float = 6.0
    sharpness: float = 0.3
    texture: float = 0.3
    across: float = 12.0
    down: float = 12.0


@dataclass(frozen=True, slots=True)
class Standardised:
    """Six finished pictures, (320, 256, 3) RGB, with their traits and the gap of each trait among them."""

    pictures: tuple[Picture, ...]
    traits: tuple[Traits, ...]
    gaps: dict[str, float]

    def files(self) -> tuple[bytes, ...]:
        """PNG files, all of one size, without metadata."""
        return tuple(encode(picture) for picture in self.pictures)


@dataclass(frozen=True, slots=True)
class _Face:
    """A face over the template: `lab` (320, 256, 3) L*a*b*, `inside` (320, 256) where it is shown."""

    lab: Floats
    inside: Mask


def standardise(shots: Sequence[Shot], *, seed: str, bounds: Bounds | None = None) -> Standardised:
    """Pictures of one trial, in the order given.

    Parameters
    ----------
    seed : of colour jitter and grain; another for each trial, so that a face never looks the same twice

    Raises
    ------
    Rejected : "small", "blurred" or the name of a trait whose gap is over its bound
    """
    clear = [number for number, shot in enumerate(shots) if not shot.obscured]
    faces = _same_crop([_laid_over(shot) for shot in shots])
    faces = _same_colours(_same_light(faces, clear), clear)
    faces = _same_detail(faces, clear)
    random = np.random.default_rng(list(seed.encode()))
    pictures = tuple(_finished(face, random) for face in faces)
    traits = tuple(traits_of(picture, face.inside) for picture, face in zip(pictures, faces, strict=True))
    gaps = gaps_of([traits[number] for number in clear])
    check(gaps, bounds or Bounds())
    return Standardised(pictures, traits, gaps)


def traits_of(picture: Picture, inside: Mask | None = None) -> Traits:
    """Traits of a finished picture, where the face is seen; by default in the whole ellipse."""
    lab = _lab(picture)
    inside = ELLIPSE if inside is None else inside
    light = lab[..., 0]
    mean = lab[inside].mean(axis=0)
    slope = _plane(light, inside)
    pores, lashes, creases = bands(lab, inside)
    fine, coarse = (float(np.log(sizes([band], inside)[0, 0])) for band in (pores + lashes, creases))
    return Traits(
        lightness=float(mean[0]), red=float(mean[1]), yellow=float(mean[2]), contrast=float(light[inside].std()),
        sharpness=fine, texture=coarse, across=float(2 * slope[1]), down=float(2 * slope[2]),
    )  # fmt: skip


def gaps_of(traits: Sequence[Traits]) -> dict[str, float]:
    """Largest minus smallest of each trait."""
    values = {each.name: [getattr(one, each.name) for one in traits] for each in fields(Traits)}
    return {name: max(found) - min(found) for name, found in values.items()}


def check(gaps: dict[str, float], bounds: Bounds) -> None:
    """Raises Rejected where a gap is over its bound."""
    for name, gap in gaps.items():
        if gap > (most := getattr(bounds, name)):
            raise Rejected(
                name, f"the six pictures differ too much in {name}: by {gap:.2f}, at most {most:g} is shown."
            )


def encode(picture: Picture) -> bytes:
    """PNG without metadata and without compression: its size depends on width and height alone."""
    done, data = cv2.imencode(".png", picture[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 0])
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} cannot be written as PNG")
    return data.tobytes()


def check_size(shot: Shot) -> None:
    """Raises Rejected ("small") where a face has too few pixels for any trial."""
    _similarity(np.asarray(shot.mesh, np.float64)[:, :2])


def _similarity(mesh: NDArray[np.float64]) -> tuple[complex, complex]:
    """What lays (478, 2) points over the template: `a * point + b`, as complex numbers."""
    eyes = [mesh[list(eye)].mean(axis=0) for eye in (RIGHT_EYE, LEFT_EYE)]
    five = np.stack([*eyes, mesh[NOSE_TIP], mesh[RIGHT_CORNER], mesh[LEFT_CORNER]])
    (a,), (b,) = similarities(five[None], TEMPLATE_112 * SCALE + SHIFT)
    if abs(a) > MOST_ENLARGED:
        raise Rejected(
            "small", f"a face would have to be enlarged {abs(a):.1f} times; at most {MOST_ENLARGED:g} is shown."
        )
    return a, b


def _laid_over(shot: Shot) -> _Face:
    """The face over the template, and the part of the ellipse that it fills."""
    mesh = np.asarray(shot.mesh, np.float64)[:, :2]
    a, b = _similarity(mesh)
    outline = a * (mesh[list(OVAL)] @ (1, 1j)) + b
    filled = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(filled, [np.rint(np.stack([outline.real, outline.imag], axis=1)).astype(np.int32)], (1,))
    inside = ELLIPSE & (cv2.erode(filled, np.ones((RIM, RIM), np.uint8)) > 0)
    rgb, shrink = np.ascontiguousarray(shot.rgb), min(1.0, abs(a))
    if shrink < 1:  # averaged, or fine detail would turn into patterns
        size = max(1, round(rgb.shape[1] * shrink)), max(1, round(rgb.shape[0] * shrink))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    a = a / shrink
    matrix = np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
    face = cv2.warpAffine(rgb, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return _Face(_lab(face.astype(np.uint8, copy=False)), inside)


def _lab(rgb: Picture) -> Floats:
    lab: Floats = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)  # type: ignore[assignment]
    return lab


def _plane(values: Floats, inside: Mask) -> NDArray[np.float64]:
    """(3,) level, slope across and slope down, from -1 to 1 over the ellipse, by least squares."""
    return _fitted(values, inside, SURFACE[:3])


def _fitted(values: Floats, inside: Mask, terms: Floats) -> NDArray[np.float64]:
    """(k,) weights of (k, h, w) terms, by least squares."""
    found: NDArray[np.float64] = np.linalg.lstsq(terms[:, inside].T, values[inside].astype(np.float64), rcond=None)[0]
    return found


def _same_crop(faces: Sequence[_Face]) -> list[_Face]:
    """Each shown only where all six are faces: where a turned head or a short chin ends the crop tells its pair."""
    common = np.logical_and.reduce([face.inside for face in faces])
    return [replace(face, inside=common) for face in faces]


def _same_light(faces: Sequence[_Face], clear: Collection[int]) -> list[_Face]:
    """Light and colour without slope, and bent over the face as those of the clear ones are on average.

    A rendition keeps the light and the flush of its original, which would tell them: lit from one side, from both, from
    above, red in the cheeks. What is flat, a mask, has no light.
    """
    surfaces = np.stack(
        [[_fitted(face.lab[..., channel], face.inside, SURFACE) for channel in range(3)] for face in faces]
    )  # (faces, channels, terms)
    wanted = np.zeros_like(surfaces)
    wanted[..., 0], wanted[..., 3:] = surfaces[..., 0], surfaces[list(clear), :, 3:].mean(axis=0)
    made = []
    for face, surplus in zip(faces, surfaces - wanted, strict=True):
        levelled = face.lab - np.einsum("ct,thw->hwc", surplus, SURFACE).astype(np.float32)
        made.append(face if face.lab[face.inside][:, 0].std() <= FLAT else replace(face, lab=levelled))
    return made


def _same_colours(faces: Sequence[_Face], clear: Collection[int]) -> list[_Face]:
    """Mean of each channel and contrast brought to the average of the clear ones, play of colours to the palest of
    them: stretched, a pale face gets eyes of a colour that nobody has. What is flat, a mask, has no colours.

    References
    ----------
    Reinhard et al. 2001, "Color transfer between images"; in CIE L*a*b* in place of l-alpha-beta.
    """
    means = np.stack([face.lab[face.inside].mean(axis=0) for face in faces])
    spreads = np.stack([face.lab[face.inside].std(axis=0) for face in faces])
    mean, contrast = means[list(clear)].mean(axis=0), spreads[list(clear), 0].mean()
    palest = spreads[list(clear), 1:].min(axis=0)
    spreads = np.maximum(spreads, 1e-6)
    gains = np.column_stack(
        [np.clip(contrast / spreads[:, 0], *STRETCH), np.minimum(palest / spreads[:, 1:], 1)]
    ).astype(np.float32)
    made = []
    for face, own, gain, spread in zip(faces, means, gains, spreads, strict=True):
        moved = ((face.lab - own) * gain + mean).astype(np.float32) if spread[0] > FLAT else face.lab
        made.append(replace(face, lab=moved))
    return made


def _same_detail(faces: Sequence[_Face], clear: Collection[int]) -> list[_Face]:
    """The clear ones as soft as the least sharp of them, where that one is not far softer than the others."""
    made, seen = list(faces), [(faces[number].lab, faces[number].inside) for number in clear]
    if (share := least_share(seen)) < LEAST_DETAIL:
        raise Rejected(
            "blurred",
            f"one picture has {share:.0%} of the detail that the others have; at least {LEAST_DETAIL:.0%} is shown.",
        )
    for number, lab in zip(clear, made_alike(seen), strict=True):
        made[number] = replace(faces[number], lab=lab)
    return made


def _finished(face: _Face, random: np.random.Generator) -> Picture:
    """Jittered, grained and on grey, with a soft edge."""
    gain = 1 + JITTER_CONTRAST * random.standard_normal()
    shift = np.array(JITTER) * random.standard_normal(3)
    middle = face.lab[face.inside].mean(axis=0)
    made = ((face.lab - middle) * gain + middle + shift).astype(np.float32)
    made[..., 0] += GRAIN * random.standard_normal((HEIGHT, WIDTH)).astype(np.float32)
    rgb = np.clip(cv2.cvtColor(made, cv2.COLOR_LAB2RGB), 0, 1) * 255
    shown = cv2.GaussianBlur(face.inside.astype(np.float32), (0, 0), EDGE)[..., None]
    picture: Picture = np.rint(rgb * shown + GREY * (1 - shown)).astype(np.uint8)
    return picture
