"""The privacy record."""

import json
from dataclasses import replace

import pytest

from deid.algorithms.certificate import Certificate, mask_runs
from deid.algorithms.regions import Region

RECORD = Certificate(
    method="blur", parameters={"kernel": 0.5}, detector="mediapipe", detector_version="0.10.21", n_frames=10, width=64,
    height=48, duration_s=0.4, runs=[(0, 6, "covered"), (7, 9, "withheld")], run_times=[(0.0, 0.28), (0.28, 0.4)],
    counts={"covered": 7, "withheld": 3},
    faces_per_frame={"0": 3, "1": 7}, failures=[(8, "method", "ValueError: x")], encoding="libx264", audio="kept",
    source_sha256="a" * 64, output_sha256="b" * 64, software="semblance 0.1.0", masks=[(2, 4, [[8, 6, 20, 24]])],
)  # fmt: skip


def test_it_survives_json():
    assert Certificate.from_dict(json.loads(json.dumps(RECORD.to_dict()))) == RECORD


def test_frames_waiting_are_the_withheld_ones():
    assert RECORD.frames_waiting == 3
    assert replace(RECORD, counts={}).frames_waiting == 0


def test_a_record_with_missing_or_unknown_fields_is_refused():
    record = RECORD.to_dict()
    with pytest.raises(ValueError, match="method"):
        Certificate.from_dict({key: value for key, value in record.items() if key != "method"})
    with pytest.raises(ValueError, match="colour"):
        Certificate.from_dict({**record, "colour": 1})


def test_records_from_before_methods_reported_are_read():
    record = RECORD.to_dict()
    del record["method_report"]
    assert Certificate.from_dict(record) == RECORD


def test_records_from_before_masks_were_kept_say_that_they_do_not_know():
    record = RECORD.to_dict()
    del record["masks"]
    assert Certificate.from_dict(record) == replace(RECORD, masks=None)


def test_masks_are_kept_as_runs_of_frames_with_the_same_ones():
    here, there = Region(2, 4, 10, 20), Region(30, 4, 40, 20)
    frames = [(), (here,), (here,), (here, there), (), (here,)]
    assert mask_runs(frames) == [
        (1, 2, [[2, 4, 8, 16]]), (3, 3, [[2, 4, 8, 16], [30, 4, 10, 16]]), (5, 5, [[2, 4, 8, 16]]),
    ]  # fmt: skip
