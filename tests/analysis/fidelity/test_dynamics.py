"""Motion of pairs of landmarks: closed forms against libraries, and against what was planted."""

import numpy as np
import pytest
from scipy.stats import linregress
from sklearn.cross_decomposition import CCA
from statsmodels.multivariate.cancorr import CanCorr

from analysis.algorithms.fidelity.align import crops
from analysis.algorithms.fidelity.dynamics import (
    ONE,
    REGIONS,
    TWO,
    canonical,
    dynamics,
    lins_concordance,
    pair_motion,
    within,
)
from analysis.algorithms.fidelity.errors import Unavailable
from tests.analysis.fidelity.faces68 import phantom68, walk

FIRST_INNER = 17  # of the 51 points without the jaw
PAIRS = (0, 1, 49, 50, 333, 700, 1111, 1273, 1274)


@pytest.fixture(scope="module")
def two():
    """Two courses that share a part, as original and rendition do: (300, 51, 2) each."""
    one = walk(300, 1)
    return one[:, FIRST_INNER:], (0.7 * one + 0.5 * walk(300, 2))[:, FIRST_INNER:]


def series(points, pair):
    return points[:, ONE[pair]] - points[:, TWO[pair]]


def test_there_are_1275_pairs_of_51_points():
    assert len(ONE) == 1275
    assert {name: int(within(part).sum()) for name, part in REGIONS.items()} == {
        "brows": 45, "nose": 36, "eyes": 66, "mouth": 190,
    }  # fmt: skip


@pytest.mark.parametrize("pair", PAIRS)
def test_r_and_slope_are_scipys(two, pair):
    motion = pair_motion(*two)
    one, other = (series(points, pair) for points in two)
    for axis in (0, 1):
        fitted = linregress(one[:, axis], other[:, axis])
        assert motion.r[pair, axis] == pytest.approx(fitted.rvalue, abs=1e-9)
        assert motion.slope[pair, axis] == pytest.approx(fitted.slope, abs=1e-9)
        assert motion.sd_ratio[pair, axis] == pytest.approx(other[:, axis].std() / one[:, axis].std(), abs=1e-9)
        assert motion.difference_sd[pair, axis] == pytest.approx((other - one)[:, axis].std(ddof=1), abs=1e-9)


@pytest.mark.parametrize("pair", PAIRS)
def test_canonical_correlation_is_that_of_scikit_learn_and_statsmodels(two, pair):
    motion = pair_motion(*two)
    one, other = (series(points, pair) for points in two)
    u, v = CCA(1, max_iter=100_000, tol=1e-15).fit_transform(one, other)
    assert motion.r_cca[pair] == pytest.approx(np.corrcoef(u[:, 0], v[:, 0])[0, 1], abs=1e-9)
    assert motion.r_cca[pair] == pytest.approx(CanCorr(other, one).cancorr[0], abs=1e-9)


def test_canonical_correlation_of_two_uncorrelated_axes_by_hand():
    """Unit variances, x with x 0.6 and y with y 0.3: the correlations are 0.6 and 0.3, the first is asked for."""
    eye = np.eye(2)[None]
    assert canonical(eye, eye, np.diag([0.6, 0.3])[None]) == pytest.approx([0.6])
    assert canonical(4 * eye, eye, np.diag([1.2, 0.6])[None]) == pytest.approx([0.6])


def test_a_pair_that_moves_on_a_line_counts_as_one_number():
    """x and y of the first side are the same course: its correlation with the second's x is all there is."""
    rng = np.random.default_rng(5)
    one = rng.normal(size=(400, 1)) @ [[1.0, 2.0]]
    other = np.column_stack([0.8 * one[:, 0] + rng.normal(size=400), np.zeros(400)])
    spread = np.cov(np.hstack([one, other]).T)
    found = canonical(spread[None, :2, :2], spread[None, 2:, 2:], spread[None, :2, 2:])
    assert found == pytest.approx([np.corrcoef(one[:, 0], other[:, 0])[0, 1]], abs=1e-9)


def test_concordance_of_four_values_by_hand():
    """1 2 3 4 and 2 3 4 5: covariance 1.25, variances 1.25, means 1 apart: 2.5 / (2.5 + 1) = 5/7."""
    one = np.array([1.0, 2, 3, 4])
    assert lins_concordance(one, one + 1) == pytest.approx(5 / 7)
    assert lins_concordance(one, one) == 1
    assert lins_concordance(one, one[::-1]) == pytest.approx(-1)


def test_concordance_of_pairs_is_lins_about_each_sides_mean(two):
    motion = pair_motion(*two)
    one, other = (series(points, 333)[:, 0] for points in two)
    assert motion.concordance[333, 0] == pytest.approx(lins_concordance(one - one.mean(), other - other.mean()))


def test_an_identical_copy_is_1_in_everything():
    points = crops(phantom68())[:]
    found = dynamics(points, points.copy())
    for value in (found.r_x, found.r_y, found.r_cca, found.slope, found.sd_ratio, found.concordance):
        assert value == pytest.approx(1.0, abs=1e-9)


def test_a_halved_movement_keeps_r_but_not_slope():
    """Pearson's r is blind to amplitude; hypomimia is amplitude. Lids stay, so the mouth is looked at."""
    still = {"sway": 0.0, "blink_times": ()}
    found = dynamics(phantom68(**still), phantom68(0.5, **still)).regions["mouth"]
    assert found["r_cca"] == pytest.approx(1.0, abs=0.01)
    assert found["slope"] == pytest.approx(0.5, abs=0.01)
    assert found["sd_ratio"] == pytest.approx(0.5, abs=0.01)
    assert found["concordance"] == pytest.approx(0.8, abs=0.01)  # 2 * 0.5 / (1 + 0.25)


def test_motion_of_the_head_raises_correlation_in_the_full_frame_only():
    """Two faces that have nothing in common but the head that turns them."""
    head = np.exp(1j * np.deg2rad(12 * np.sin(np.arange(300) / 20)))
    courses = []
    for seed in (1, 2):
        points = walk(300, seed, step=0.02)
        z = (points[..., 0] + 1j * points[..., 1] - (192 + 192j)) * head[:, None]
        courses.append(np.stack([z.real, z.imag], axis=-1) + 192)
    assert dynamics(*courses).r_cca > 0.95
    assert dynamics(*map(crops, courses)).r_cca < 0.6


def test_pairs_under_the_noise_of_re_encoding_are_set_apart(two):
    one, other = (np.pad(points, ((0, 0), (FIRST_INNER, 0), (0, 0))) for points in two)
    motion = pair_motion(*two)
    floor = np.full_like(motion.sd, np.median(motion.sd))
    found = dynamics(one, other, floor)
    moving = motion.sd > floor
    assert found.n_moving == moving.any(axis=1).sum() < 1275
    assert found.r_x == pytest.approx(motion.r[moving[:, 0], 0].mean())


def test_a_face_that_holds_still_has_a_reason_in_place_of_a_number():
    still = np.repeat(phantom68(seconds=0.5)[:1], 60, axis=0)
    with pytest.raises(Unavailable, match="still: none of 1275 pairs"):
        dynamics(still, still)
    with pytest.raises(Unavailable, match="still: the rendition moves none of the 1275"):
        dynamics(walk(60, 3), still)


def test_too_few_or_different_frames_and_missing_faces_are_named():
    points = walk(60, 4)
    with pytest.raises(Unavailable, match="different frame counts: the original has 60 frames, the other 59"):
        dynamics(points, points[:-1])
    with pytest.raises(Unavailable, match="no face in the rendition: points were found in none of its 60"):
        dynamics(points, np.full_like(points, np.nan))
    with pytest.raises(Unavailable, match="fewer than 20 common frames: points were found on both sides in 19"):
        dynamics(points, np.where(np.arange(60)[:, None, None] < 19, points, np.nan))


def test_frames_without_a_face_are_left_out(two):
    one, other = (np.pad(points, ((0, 0), (FIRST_INNER, 0), (0, 0))) for points in two)
    holes = other.copy()
    holes[100:150] = np.nan
    kept = np.r_[0:100, 150:300]
    assert dynamics(one, holes).r_cca == pytest.approx(dynamics(one[kept], other[kept]).r_cca)


def test_a_long_video_in_blocks_has_the_correlations_of_one_in_a_piece():
    """Against numpy's own, over two blocks and a part; crops are made block by block too."""
    tracks = [crops(walk(1100, seed)) for seed in (1, 2)]
    motion = pair_motion(*tracks)
    for pair in PAIRS:
        one, two = (series(track[:][:, FIRST_INNER:], pair) for track in tracks)
        assert motion.r[pair, 0] == pytest.approx(np.corrcoef(one[:, 0], two[:, 0])[0, 1], abs=1e-9)
        assert motion.sd[pair] == pytest.approx(one.std(axis=0, ddof=1), abs=1e-9)
