"""Keypoint similarity and precision against pycocotools, hand-made values and planted shifts."""

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from analysis.algorithms.fidelity.body import (
    OPENPOSE_SIGMAS,
    SIGMAS,
    average_precision,
    body_fidelity,
    oks,
    person_area,
)
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.tracks import coco17, openpose18


def _random_set(rng):
    """Pictures of several persons; found ones are noisy copies, some lost, some invented, scores partly equal."""
    pictures = []
    for _ in range(rng.integers(1, 5)):
        truth = rng.uniform(0, 200, (rng.integers(0, 4), 17, 2)) + rng.uniform(0, 300, 2)
        visible = rng.random((len(truth), 17)) < 0.8
        visible[:, 0] = True
        area = rng.uniform(2000, 40000, len(truth))
        kept = truth[rng.random(len(truth)) < 0.85]
        found = kept + rng.normal(0, 1, kept.shape) * rng.choice([0.5, 5.0, 20.0], (len(kept), 1, 1))
        found = np.concatenate([found, rng.uniform(0, 500, (rng.integers(0, 3), 17, 2))])
        pictures.append((truth, visible, area, found, np.round(rng.random(len(found)), 1)))
    return pictures


def _by_pycocotools(pictures):
    annotations, results = [], []
    for image, (truth, visible, area, found, scores) in enumerate(pictures):
        for person, seen, size in zip(truth, visible, area, strict=True):
            points = np.column_stack([person, np.where(seen, 2, 0)]).ravel().tolist()
            annotations.append({
                "id": len(annotations) + 1, "image_id": image, "category_id": 1, "keypoints": points, "iscrowd": 0,
                "num_keypoints": int(seen.sum()), "area": float(size), "bbox": [0, 0, 1, 1],
            })  # fmt: skip
        for person, score in zip(found, scores, strict=True):
            points = np.column_stack([person, np.ones(17)]).ravel().tolist()
            results.append({"image_id": image, "category_id": 1, "keypoints": points, "score": float(score)})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": image} for image in range(len(pictures))], "annotations": annotations,
            "categories": [{"id": 1, "name": "person"}],
        }  # fmt: skip
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(results), "keypoints")
        judge.evaluate()
        judge.accumulate()
    everywhere = judge.params.areaRngLbl.index("all")
    return judge.ious, judge.eval["precision"][:, :, 0, everywhere, 0], judge.eval["recall"][:, 0, everywhere, 0]


def _similarities(truth, visible, area, found):
    return oks(truth[None], found[:, None], np.broadcast_to(visible, (len(found), *visible.shape)), area[None])


def test_similarity_precision_and_recall_equal_pycocotools_on_a_thousand_random_sets():
    """pycocotools 2.0, the reference implementation of COCO's keypoint evaluation."""
    rng = np.random.default_rng(6)
    compared = 0
    while compared < 1000:
        pictures = _random_set(rng)
        if not any(len(truth) for truth, *_ in pictures) or not any(len(found) for *_, found, _ in pictures):
            continue
        compared += 1
        similarities, precision, recall = _by_pycocotools(pictures)
        mine = [(_similarities(t, v, a, f), scores) for t, v, a, f, scores in pictures]
        for image, (similarity, scores) in enumerate(mine):
            theirs = similarities[image, 1]
            if similarity.size:
                order = np.argsort(-scores, kind="mergesort")
                np.testing.assert_allclose(similarity[order], theirs, rtol=0, atol=1e-9)
        result = average_precision(mine)
        np.testing.assert_allclose(result.ap_by_threshold, precision.mean(axis=1), rtol=0, atol=1e-9)
        np.testing.assert_allclose(result.ar_by_threshold, recall, rtol=0, atol=1e-9)
        assert result.ap == pytest.approx(precision.mean(), abs=1e-9)
        assert result.ar == pytest.approx(recall.mean(), abs=1e-9)


def _person(n=30):
    rng = np.random.default_rng(1)
    points = rng.uniform(100, 300, (17, 2)) + rng.normal(0, 3, (n, 1, 2))
    return np.concatenate([points, np.ones((n, 17, 1))], axis=2)


def test_the_similarity_of_one_shifted_nose_is_the_formula_by_hand():
    """exp(-d^2 / (2 (2 sigma)^2 area)) = exp(-13^2 / (2 * 0.052^2 * 40000)) for the nose, 1 for the other 16."""
    truth = np.zeros((17, 2))
    found = truth.copy()
    found[0] = (5, 12)
    by_hand = (16 + np.exp(-169 / (2 * 0.002704 * 40000))) / 17
    assert oks(truth, found, np.ones(17, bool), 40000.0) == pytest.approx(by_hand, abs=1e-12)


def test_a_copy_is_perfect():
    result = body_fidelity(_person(), _person())
    assert (result.oks, result.over_95, result.over_995, result.missed) == (1, 1, 1, 0)
    assert (result.precision.ap, result.precision.ap95, result.precision.ar) == pytest.approx((1, 1, 1), abs=1e-12)
    assert result.deviation == pytest.approx(np.zeros(17))


def test_planted_shifts_come_back():
    """All keypoints moved by 6 pixels: each contributes its formula; the deviation is 6 over the root of the area."""
    original = _person()
    moved = original + np.array([6.0, 0, 0])
    result = body_fidelity(original, moved)
    area = np.prod(np.ptp(original[:, :, :2], axis=1), axis=1)
    told = np.exp(-36 / (2 * (2 * SIGMAS) ** 2 * area[:, None])).mean(axis=1)
    assert result.frame_oks == pytest.approx(told, abs=1e-12)
    assert result.deviation == pytest.approx(np.full(17, 6 / np.sqrt(area[0])), rel=1e-6)


def test_a_frame_in_which_the_rendition_lost_the_person_counts_nothing_and_is_told():
    original, rendition = _person(40), _person(40)
    rendition[:10] = np.nan
    result = body_fidelity(original, rendition)
    assert (result.missed, result.n_frames) == (10, 40)
    assert result.oks == pytest.approx(0.75)
    assert result.precision.ar == pytest.approx(0.75)


def test_unseen_keypoints_and_frames_of_the_original_are_left_out():
    original, rendition = _person(), _person()
    original[:, 5, 2] = 0.1
    rendition[:, 5, :2] += 500
    original[:4] = np.nan
    result = body_fidelity(original, rendition)
    assert (result.oks, result.n_frames) == (1, 26)
    assert np.isnan(result.frame_oks[:4]).all()
    assert np.isnan(result.deviation[5])


def test_openpose_has_a_neck_between_the_shoulders_and_the_right_side_first():
    pose = np.random.default_rng(0).uniform(0, 100, (5, 33, 3))
    coco = coco17(pose)
    found = openpose18(pose)
    assert coco[0, 5] == pytest.approx(pose[0, 11])  # COCO's left shoulder is MediaPipe's 11
    assert found[:, 1, :2] == pytest.approx((pose[:, 11, :2] + pose[:, 12, :2]) / 2)
    assert found[:, 2] == pytest.approx(pose[:, 12])  # OpenPose's right shoulder
    assert found[:, 14] == pytest.approx(pose[:, 5])  # and right eye
    assert OPENPOSE_SIGMAS[[0, 1, 14]] == pytest.approx([0.026, 0.079, 0.025])
    assert body_fidelity(found, found, OPENPOSE_SIGMAS).oks == 1


def test_the_area_is_that_of_the_box_around_what_is_seen():
    points = np.array([[0.0, 0], [30, 10], [900, 900]])
    assert person_area(points, np.array([True, True, False])) == 300


def test_nobody_in_the_original_is_said():
    nobody = np.full((10, 17, 3), np.nan)
    with pytest.raises(Unavailable, match="the original shows a person in none of 10 frames"):
        body_fidelity(nobody, _person(10))
    with pytest.raises(Unavailable, match="different frame counts: the original has 10 frames, the other 11"):
        body_fidelity(_person(10), _person(11))
