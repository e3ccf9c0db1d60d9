"""The report: all numbers of a pair, a reason in place of each that cannot be computed."""

import json
import tracemalloc
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.report import (
    METRICS,
    UNAVAILABLE,
    UNDEFINED,
    WITHOUT_CEILING,
    Pair,
    judges,
    plain,
    report,
    value_of,
)
from analysis.fidelity_columns import COLUMNS
from analysis.fidelity_table import as_ceiling, cell, look_up, published_means, table
from tests.analysis.fidelity.faces68 import tracks, walk
from tests.analysis.fidelity.test_identity import people

STRANGERS = {
    kind: people(60, number) for number, kind in enumerate(("descriptors", "periocular", "head", "arcface"), start=50)
}


def measured(points, person, n_described=12):
    rows = np.full((len(points), 128), np.nan)
    rows[:: len(points) // n_described] = person + people(len(rows[:: len(points) // n_described]), 9, 0.01)
    rng, n = np.random.default_rng(n_described + len(points)), len(points)
    pulse = 1 + 0.01 * np.sin(2 * np.pi * 1.2 * np.arange(n) / 30)[:, None, None] * [0.3, 0.8, 0.5]
    return tracks(
        points, descriptors=rows, variants={"periocular": rows, "head": rows, "arcface": rows},
        ear=0.3 + rng.normal(0, 0.01, (n, 2)) - 0.25 * (np.arange(n) % 90 < 5)[:, None],
        skin=np.full((n, 4, 3), (180.0, 130, 110)) * pulse + rng.normal(0, 0.1, (n, 4, 3)),
        pose=np.concatenate([rng.uniform(100, 300, (1, 33, 2)).repeat(n, axis=0), np.ones((n, 33, 1))], axis=2),
    )  # fmt: skip


@pytest.fixture(scope="module")
def pair():
    """A rendition that keeps 70% of the motion under noise and wears a donor's face; a nearly perfect re-encoding."""
    points, patient, donor = walk(360, 1), people(1, 2), people(1, 3)
    middle = points.mean(axis=0)
    rendition = middle + 0.7 * (points - middle) + 0.3 * (walk(360, 2) - middle)
    return Pair(
        original=measured(points, patient),
        rendition=measured(rendition, donor),
        reencoded=measured(points + np.random.default_rng(4).normal(0, 0.01, points.shape), patient),
        strangers=STRANGERS,
        others=(measured(walk(360, 5), people(1, 6)),),
        donor=donor[0],
    )


@pytest.fixture(scope="module")
def found(pair):
    return report(pair)


def test_a_recogniser_that_chose_the_donor_is_no_judge_and_one_that_did_not_is(pair):
    """A worn donor was chosen by dlib; a mask was chosen by nobody; without weights ArcFace says nothing."""
    bare = replace(pair.original, variants={})
    assert "dlib chose the donor" in judges(pair)
    assert "ArcFace chooses nothing and judges" in judges(pair)
    assert "dlib judges as any other" in judges(replace(pair, donor=None))
    assert "not in the model store" in judges(replace(pair, original=bare))


def test_every_metric_has_a_number_and_the_report_is_json(found):
    again = json.loads(json.dumps(found, allow_nan=False))
    assert list(again["metrics"]) == [name for name, _ in (*METRICS, *WITHOUT_CEILING)]
    assert list(again["ceiling"]) == [name for name, _ in METRICS]
    missing = {name for name, value in again["metrics"].items() if UNAVAILABLE in value}
    assert not missing & {"dynamics", "null_shift", "null_strangers", "to_original", "to_donor", "rank", "verification"}
    assert "no independent judge" in again["recogniser"]["judges"]


def test_the_numbers_are_those_of_the_planted_pair(found):
    metrics, ceiling = found["metrics"], found["ceiling"]
    assert 0.6 < metrics["dynamics"]["slope"] < 0.8
    assert ceiling["dynamics"]["r_cca"] > 0.98
    assert metrics["null_shift"]["mean"]["r_cca"] < metrics["dynamics"]["r_cca"] < ceiling["dynamics"]["r_cca"]
    assert 0 < found["between"]["r_cca"] < 1
    assert metrics["to_donor"]["mean"] < 0.2 < metrics["to_original"]["mean"]
    assert metrics["donor_or_original"]["auc"] == 1
    assert metrics["rank"]["n_strangers"] == 60
    assert ceiling["rank"]["pooled_rank"] == 1
    assert len(metrics["pairs"]["r_cca"]) == 1275


def test_an_identical_copy_is_at_the_ceiling(pair):
    copy = report(Pair(pair.original, pair.original, pair.reencoded, strangers=STRANGERS))
    dynamics = copy["metrics"]["dynamics"]
    for name in ("r_x", "r_y", "r_cca", "slope", "sd_ratio", "concordance"):
        assert dynamics[name] == pytest.approx(1, abs=1e-9)
    assert copy["metrics"]["to_original"]["mean"] == pytest.approx(0, abs=1e-9)
    assert copy["metrics"]["rank"]["pooled_rank"] == 1
    assert copy["between"]["r_cca"] == pytest.approx(1, abs=0.05)


def test_another_persons_video_lies_at_chance(pair):
    other = report(Pair(pair.original, pair.others[0], pair.reencoded))
    assert other["between"]["r_cca"] == pytest.approx(0, abs=0.15)


def test_without_a_face_in_the_rendition_every_metric_says_so(pair):
    blank = tracks(np.full((360, 68, 2), np.nan))
    found = report(Pair(pair.original, blank, pair.reencoded, strangers=STRANGERS))["metrics"]
    assert found["found"]["both"] == 0
    for name in ("dynamics", "dynamics_full_frame", "head", "null_shift", "to_original", "to_strangers", "rank"):
        assert "no face in the rendition" in found[name][UNAVAILABLE], name


def test_different_frame_counts_are_named_everywhere(pair):
    short = measured(walk(200, 1), people(1, 3))
    found = report(Pair(pair.original, short, pair.reencoded))["metrics"]
    for name in ("found", "dynamics", "head", "to_original", "null_shift"):
        assert "different frame counts: the original has 360" in found[name][UNAVAILABLE], name


def test_what_was_not_given_is_named(pair):
    found = report(Pair(pair.original, pair.rendition))
    assert "no strangers: name a folder" in found["metrics"]["rank"][UNAVAILABLE]
    assert "no donor" in found["metrics"]["to_donor"][UNAVAILABLE]
    assert "none was given" in found["metrics"]["null_strangers"][UNAVAILABLE]
    assert found["ceiling"] == {UNAVAILABLE: "no ceiling: the original was not re-encoded."}
    assert "no ceiling" in found["between"]["r_cca"][UNAVAILABLE]
    with pytest.raises(Unavailable):
        Pair(pair.original, pair.rendition).as_ceiling()


def test_what_is_not_finite_never_reaches_json():
    made = plain({"a": np.array([1.0, np.nan]), "b": np.float64(2), "c": (np.int64(3), None, "text")})
    assert made == {
        "a": [1.0, {UNAVAILABLE: "undefined: nothing varies here, or there is nothing to compute it from."}],
        "b": 2.0, "c": [3, None, "text"],
    }  # fmt: skip


def test_columns_of_the_table_lead_to_numbers(found):
    """But for those of pictures and masks: there are no videos and no certificate here."""
    for column in COLUMNS:
        value = look_up(found, column.path)
        known = isinstance(value, float) or value == UNDEFINED
        assert known or "the videos themselves are needed" in value or "certificate" in value, column.label


def test_a_cell_is_the_mean_of_the_clips_that_have_a_number_with_the_reasons_of_the_others():
    reports = [{"metrics": {"a": {"b": 1}}}, {"metrics": {"a": {"b": 4.0}}}, {"metrics": {"a": {UNAVAILABLE: "still"}}}]
    made = cell(reports, "metrics.a.b")
    assert (made.n, made.mean, made.lowest, made.highest, made.reasons) == (2, 2.5, 1, 4, ("still",))
    assert cell(reports[2:], "metrics.a.b").mean is None


def test_the_ceiling_is_a_row_of_its_own(found):
    rows = table({"ceiling": [as_ceiling(found)], "method": [found]})
    assert rows["ceiling"]["r CCA"].mean == found["ceiling"]["dynamics"]["r_cca"]
    assert rows["ceiling"]["To donor"].n == 0
    assert rows["method"]["To donor"].n == 1


def test_published_means_are_over_videos_first():
    """Two clips and two pairs, one pair unknown in the second: (0.2 + 0.4) / 2 and 0.8, then (0.3 + 0.8) / 2."""
    clips = [[0.2, 0.8], [0.4, {UNAVAILABLE: "undefined"}]]
    reports = [{"metrics": {"pairs": {"r_x": values, "r_y": values, "r_cca": values}}} for values in clips]
    assert published_means([*reports, {UNAVAILABLE: "withheld"}])["r_x"] == pytest.approx(0.55)
    assert published_means([{"metrics": {"pairs": {UNAVAILABLE: "no face"}}}]) == {}


def test_memory_grows_with_length_by_a_few_kilobytes_a_frame_and_no_faster():
    """Pictures are streamed; tracks are held whole. 16 KiB a frame beside the tracks are 28 MiB a minute at 30 fps."""
    peaks = []
    for n in (300, 1200):
        one, two = (measured(walk(n, seed), people(1, seed), n // 10) for seed in (1, 2))
        pair = Pair(one, two, strangers=STRANGERS)
        tracemalloc.start()
        for _, metric in METRICS:
            value_of(partial(metric, pair))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (peaks[1] - peaks[0]) / 900 < 16 * 1024
