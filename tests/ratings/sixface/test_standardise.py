"""Six finished pictures: alike in everything but the face. The shipped donors stand for people."""

import zlib
from dataclasses import astuple, replace

import cv2
import numpy as np
import pytest

from deid.algorithms.donors import DonorFolder
from faces.mesh import OVAL
from ratings.algorithms.sixface.roles import Face, Kind, Role, Trial
from ratings.algorithms.sixface.shots import donor_shot
from ratings.algorithms.sixface.standardise import ACROSS, DOWN, GREY, Rejected, Shot, standardise
from ratings.algorithms.sixface.tells import found_by_traits, role_gaps


@pytest.fixture(scope="module")
def shots():
    folder = DonorFolder.open()
    return [donor_shot(folder.load(name)) for name in folder.names[:6]]


def test_files_tell_nothing_by_size_or_metadata(shots):
    files = standardise(shots, seed="a").files()
    assert len({len(file) for file in files}) == 1
    for file in files:
        kinds, at = [], 8
        while at < len(file):
            length, kind = int.from_bytes(file[at : at + 4]), file[at + 4 : at + 8]
            assert zlib.crc32(file[at + 4 : at + 8 + length]) == int.from_bytes(
                file[at + 8 + length : at + 12 + length]
            )
            kinds.append(kind)
            at += 12 + length
        assert set(kinds) == {b"IHDR", b"IDAT", b"IEND"}


def test_outside_of_the_crop_there_is_nothing_but_grey(shots):
    for picture in standardise(shots, seed="a").pictures:
        edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert (edge == GREY).all()


def test_a_face_looks_another_way_in_every_trial_and_the_same_with_the_same_seed(shots):
    one, again, other = (standardise(shots, seed=seed).pictures[0] for seed in ("a", "a", "b"))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def altered(shot, change):
    return replace(shot, rgb=np.clip(change(shot.rgb.astype(np.float32)), 0, 255).astype(np.uint8))


def blurred(sd):
    return lambda rgb: cv2.GaussianBlur(rgb, (0, 0), sd)


def lit_through_blinds(rgb):
    return rgb * (np.arange(rgb.shape[0]) // 24 % 2)[:, None, None]


def shrunk(shot, scale):
    small = cv2.resize(shot.rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return Shot(small, shot.mesh * scale)


def beside(made):
    """Traits of the first picture less those of the others on average."""
    first, *others = (np.array(astuple(traits)) for traits in made.traits)
    return first - np.mean(others, axis=0)


@pytest.mark.parametrize(
    "change",
    [
        lambda rgb: 0.6 * rgb,
        lambda rgb: rgb * np.linspace(0.6, 1.4, rgb.shape[1])[None, :, None],
        lambda rgb: rgb * (1.0, 0.8, 0.6),
        lambda rgb: 0.4 * rgb + 100,
        lambda rgb: rgb + 12 * np.random.default_rng(0).standard_normal(rgb.shape),
        blurred(1.0),
    ],
    ids=["dark", "lit from one side", "red", "hazy", "noisy", "out of focus"],
)
def test_light_colour_and_focus_of_one_picture_no_longer_tell_it(shots, change):
    """It differs from the other five by no more than it would had it been taken like them."""
    odd = beside(standardise([altered(shots[0], change), *shots[1:]], seed="a"))
    plain = beside(standardise(shots, seed="a"))
    lightness, red, yellow, contrast, *details, across, down = odd - plain
    assert np.abs([lightness, red, yellow, across, down]).max() < 0.5
    assert abs(contrast) < 1
    assert np.abs(details).max() < 0.1


def lamp_at_the_camera(rgb):
    """Brighter and yellower in the middle than at the rim."""
    down, across = (np.linspace(-1, 1, n) for n in rgb.shape[:2])
    return rgb * (1 - np.add.outer(down**2, across**2)[..., None] * (0.5, 0.6, 0.8))


def middle_beside_rim(made):
    """(6, 3) by how much L*, a* and b* of the middle of each picture are above those of its rim."""
    out = np.hypot(ACROSS, DOWN)
    labs = [cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for picture in made.pictures]
    return np.array([lab[out < 0.4].mean(axis=0) - lab[(out > 0.6) & (out < 0.85)].mean(axis=0) for lab in labs])


def test_two_pictures_under_one_lamp_are_not_known_by_it(shots):
    """A rendition keeps the light of its original. They differ from the others no more than in the same light."""
    lit = [altered(shot, lamp_at_the_camera) for shot in shots[:2]]
    under, plain = (middle_beside_rim(standardise([*two, *shots[2:]], seed="a")) for two in (lit, shots[:2]))
    gaps = [each[:2].mean(axis=0) - each[2:].mean(axis=0) for each in (under, plain)]
    assert np.abs(gaps[0] - gaps[1]).max() < 1


def play_of_colours(made):
    """(6, 2) sd of a* and b* of each picture, away from its rim."""
    inner = np.hypot(ACROSS, DOWN) < 0.8
    labs = [cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for picture in made.pictures]
    return np.array([lab[inner][:, 1:].std(axis=0) for lab in labs])


def test_a_pale_face_is_not_painted_but_the_others_are_as_pale(shots):
    """Renditions are paler than originals: stretched, their grey eyes would turn blue."""
    pale = altered(shots[0], lambda rgb: 0.7 * rgb.mean(axis=2, keepdims=True) + 0.3 * rgb)
    made, plain = (play_of_colours(standardise([one, *shots[1:]], seed="a")) for one in (pale, shots[0]))
    assert (made < 0.6 * plain[0]).all()
    assert (made.max(axis=0) < 1.5 * made.min(axis=0)).all()


def test_a_head_turned_away_does_not_show_in_the_crop(shots):
    """Where one face ends within the ellipse, all six pictures end."""
    mesh = shots[0].mesh.copy()
    oval = mesh[list(OVAL)]
    oval[:, 0] = oval[:, 0].clip(max=np.quantile(oval[:, 0], 0.65))
    mesh[list(OVAL)] = oval
    turned, plain = (
        standardise([replace(shots[0], mesh=each), *shots[1:]], seed="a").pictures for each in (mesh, shots[0].mesh)
    )
    ends = blank(turned[0])
    assert ends.sum() > blank(plain[0]).sum() + 1000
    for picture in turned[1:]:
        assert (picture[ends] == GREY).all()


def blank(picture):
    """(h, w) nothing but grey, here and around."""
    return cv2.erode((picture == GREY).all(axis=2).astype(np.uint8), np.ones((9, 9))) > 0


def test_a_portrait_is_not_known_by_its_detail_among_soft_stills(shots):
    made = standardise([shots[0], *[altered(shot, blurred(2.0)) for shot in shots[1:]]], seed="a")
    for trait in ("sharpness", "texture"):
        first, *others = (getattr(traits, trait) for traits in made.traits)
        assert min(others) - 0.1 < first < max(others) + 0.1


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("blurred", lambda shot: altered(shot, blurred(3.0))),
        ("small", lambda shot: shrunk(shot, 0.3)),
        ("contrast", lambda shot: altered(shot, lit_through_blinds)),
    ],
)
def test_a_picture_that_cannot_be_made_alike_is_rejected_with_the_reason(shots, reason, change):
    """It does not drag the other five down with it."""
    with pytest.raises(Rejected) as rejected:
        standardise([change(shots[0]), *shots[1:]], seed="a")
    assert rejected.value.reason == reason


def test_what_a_method_covered_stays_covered_and_softens_nobody_else(shots):
    black = Shot(np.zeros_like(shots[0].rgb), shots[0].mesh, obscured=True)
    made = standardise([black, *shots[1:]], seed="a")
    clear = standardise([shots[1], *shots[1:]], seed="a")
    assert made.traits[0].lightness < 10
    assert made.traits[1].sharpness == pytest.approx(clear.traits[1].sharpness, abs=0.1)


def test_pictures_that_give_the_pair_away_are_found_out(shots):
    roles = (Role.DEIDENTIFIED, Role.ORIGINAL, *[Role.CONTROL] * 4)
    trial = Trial(Kind.TEST, tuple(Face(role, number) for number, role in enumerate(roles)))
    plain = standardise(shots, seed="a").traits[0]
    random = np.random.default_rng(0)
    shown = []
    for _ in range(60):
        rows = [replace(plain, lightness=50 + 5 * random.standard_normal()) for _ in roles]
        rows[0] = replace(rows[0], sharpness=plain.sharpness - 1)
        rows[1] = replace(rows[0], lightness=rows[0].lightness + 0.01)
        shown.append((trial, rows))
    assert found_by_traits(shown).low > 0.8
    assert role_gaps(shown)["sharpness"][Role.DEIDENTIFIED].mean < -0.7
    told_nothing = [(trial, [replace(plain, red=float(value)) for value in random.random(6)]) for _ in range(300)]
    blind = found_by_traits(told_nothing)
    assert blind.low < 1 / 15 < blind.high
    assert np.isfinite(astuple(plain)).all()
