"""Distances of descriptors, verification and rank: by hand, and against scikit-learn."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist
from sklearn.metrics import roc_auc_score, roc_curve

from analysis.algorithms.fidelity import identity
from analysis.algorithms.fidelity.coordinates import intra_inter, plane
from analysis.algorithms.fidelity.errors import Unavailable


def people(n, seed=0, size=0.1):
    """Descriptors about as far apart as dlib's of different people."""
    return np.random.default_rng(seed).normal(0, size, (n, 128)) * 0.55


def test_distances_are_scipys():
    one, two = people(7, 1), people(5, 2)
    assert identity.distances(one, two) == pytest.approx(cdist(one, two), abs=1e-9)
    assert identity.distances(one, two, identity.ARCFACE) == pytest.approx(cdist(one, two, "cosine"), abs=1e-9)
    assert identity.paired(one[:5], two) == pytest.approx(np.diagonal(cdist(one, two)), abs=1e-9)
    assert identity.paired(one[:5], two, identity.ARCFACE) == pytest.approx(
        np.diagonal(cdist(one, two, "cosine")), abs=1e-9
    )


def test_the_share_within_the_threshold_counts_the_threshold_itself():
    found = identity.spread(np.array([0.2, 0.6, 0.61, 0.9]))
    assert (found.n, found.within, found.lowest) == (4, 0.5, 0.2)
    assert found.mean == pytest.approx(0.5775)


def test_verification_is_scikit_learns():
    rng = np.random.default_rng(3)
    genuine, impostor = rng.normal(0.5, 0.1, 80).round(2), rng.normal(0.65, 0.1, 120).round(2)  # rounded: with ties
    found = identity.verification(genuine, impostor)
    labels, scores = np.r_[np.ones(80), np.zeros(120)], -np.r_[genuine, impostor]
    assert found.auc == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
    false_accept, true_accept, _ = roc_curve(labels, scores, drop_intermediate=False)
    assert found.false_accept == pytest.approx(false_accept, abs=1e-9)
    assert found.true_accept == pytest.approx(true_accept, abs=1e-9)
    assert np.interp(found.eer, found.false_accept, 1 - found.true_accept) == pytest.approx(found.eer, abs=0.01)


def test_a_thinned_roc_keeps_its_ends_and_its_numbers():
    rng = np.random.default_rng(3)
    found = identity.verification(rng.normal(0.5, 0.1, 400), rng.normal(0.65, 0.1, 400))
    thin = identity.thinned(found, 50)
    assert (len(thin.threshold), thin.auc, thin.eer) == (50, found.auc, found.eer)
    assert (thin.false_accept[0], thin.false_accept[-1], thin.true_accept[-1]) == (0, 1, 1)


def test_verification_by_hand():
    """Genuine 1 2 3 4, impostors 3.5 5 6 7: 15 of 16 pairs in order; at 3.5 one of four is refused, one accepted."""
    found = identity.verification(np.array([1.0, 2, 3, 4]), np.array([3.5, 5, 6, 7]))
    assert found.auc == pytest.approx(15 / 16)
    assert found.eer == pytest.approx(0.25)
    assert found.eer_threshold == 3.5
    same = np.array([1.0, 2, 3])
    assert identity.verification(same, same).auc == pytest.approx(0.5)
    apart = identity.verification(same, same + 5)
    assert (apart.auc, apart.eer) == (1, 0)
    with pytest.raises(Unavailable, match="needs both kinds"):
        identity.verification(same, np.array([]))


def test_a_copy_is_first_in_the_gallery_and_a_stranger_anywhere():
    strangers, person = people(100, 1), people(1, 2)
    frames = person + people(10, 3, 0.01)
    copy = identity.gallery_rank(frames, frames, strangers)
    assert (copy.pooled_rank, copy.first, copy.near, copy.far) == (1, 1, 1, 0)
    positions = [
        identity.gallery_rank(frames, people(1, seed) + people(10, seed + 1, 0.01), strangers).pooled_position
        for seed in range(10, 90, 2)
    ]
    assert np.mean(positions) == pytest.approx(0.5, abs=0.15)


def test_running_away_from_the_patient_is_seen_in_the_far_tail():
    strangers, person = people(100, 1), people(1, 2)
    frames = person + people(10, 3, 0.01)
    away = identity.gallery_rank(frames, -2 * person + people(10, 4, 0.01), strangers)
    assert (away.near, away.far) == (0, 1)
    assert away.pooled_position > 0.95


def test_a_gallery_of_a_handful_is_refused():
    with pytest.raises(Unavailable, match="needs 20 strangers, got 3"):
        identity.gallery_rank(people(3), people(3), people(3))


def test_frames_without_a_face_and_different_counts_are_named():
    one, none = people(4), np.full((4, 128), np.nan)
    with pytest.raises(Unavailable, match="no face in the rendition: none of its 4 frames gave a descriptor"):
        identity.frame_distances(one, none)
    with pytest.raises(Unavailable, match="different frame counts"):
        identity.frame_distances(one, one[:3])
    half = np.where(np.arange(4)[:, None] < 2, one, np.nan)
    assert identity.frame_distances(one, half) == pytest.approx([0, 0])
    with pytest.raises(Unavailable, match="no common frame"):
        identity.frame_distances(half, np.where(np.arange(4)[:, None] < 2, np.nan, one))


def test_matched_strangers_are_those_most_like_the_original():
    strangers, person = people(40, 1), people(3, 2)
    near = identity.matched(person, strangers)
    own = cdist(person.mean(axis=0, keepdims=True), strangers)[0]
    assert len(near) == 10
    assert sorted(cdist(person.mean(axis=0, keepdims=True), near)[0]) == pytest.approx(sorted(own)[:10])


def test_who_chooses_donors_is_marked():
    assert identity.DLIB.chooses
    assert not identity.ARCFACE.chooses


def test_pca_coordinates_are_scikit_learns():
    from sklearn.decomposition import PCA

    rows = people(30, 4) * np.linspace(3, 1, 128)
    oracle = PCA(2, svd_solver="full").fit_transform(rows)
    assert np.abs(plane(rows, "pca")) == pytest.approx(np.abs(oracle), abs=1e-9)


def test_tsne_keeps_two_people_apart_and_repeats():
    rows = np.concatenate([people(1, 1) + people(15, 2, 0.01), people(1, 3) + people(15, 4, 0.01)])
    places = plane(rows)
    assert np.array_equal(places, plane(rows))
    apart = cdist(places, places)
    assert apart[:15, :15].max() < apart[:15, 15:].min()
    with pytest.raises(Unavailable, match="need 10 descriptors, got 9"):
        plane(rows[:9])


def test_within_and_between_by_hand():
    """0 and 2 in one group, 10 and 14 in the other: within (2 + 4) / 2 = 3, between (10 + 14 + 8 + 12) / 4 = 11."""
    found = intra_inter(np.array([[0.0], [2.0], [10.0], [14.0]]), np.array([0, 0, 1, 1]))
    assert (found.intra, found.inter, found.ratio) == pytest.approx((3, 11, 3 / 11))
    rows, groups = people(600, 3), np.arange(600) % 3 > 0  # more than are looked at at once
    apart, same = pdist(rows), pdist(groups[:, None]) == 0
    found = intra_inter(rows, groups)
    assert (found.intra, found.inter) == pytest.approx((apart[same].mean(), apart[~same].mean()), abs=1e-9)
    with pytest.raises(Unavailable, match="two groups"):
        intra_inter(np.zeros((3, 1)), np.zeros(3))
