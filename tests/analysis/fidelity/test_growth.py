"""What metrics hold of each further frame beside the tracks: less than the tracks themselves."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from analysis.algorithms.fidelity import packing
from analysis.algorithms.fidelity.report import METRICS, WITHOUT_CEILING, value_of
from analysis.made_tracks import made_pair

SHORT_S, LONG_S = 40.0, 120.0  # both are several blocks of frames long
PICTURES = {"furrows", "picture", "leak", "leak_heads", "sound"}  # of these, there are none
TRACKS_KIB = 2.5  # of a frame of one video


@pytest.fixture(scope="module")
def pairs():
    return [made_pair(seconds=seconds) for seconds in (SHORT_S, LONG_S)]


def peak_kib(work: Callable[[], Any]) -> float:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("name", "metric"), [each for each in (*METRICS, *WITHOUT_CEILING) if each[0] not in PICTURES])
def test_a_metric_holds_little_of_each_further_frame(pairs, name, metric):
    """1.6 KiB: body keypoints and distances to a gallery are the largest; a copy of all landmarks would be 1.1 more."""
    short, long = (peak_kib(partial(value_of, partial(metric, pair))) for pair in pairs)
    assert (long - short) / (pairs[1].original.n_frames - pairs[0].original.n_frames) < 1.6


def test_tracks_are_read_from_a_file_without_a_second_copy(pairs, tmp_path):
    files = [tmp_path / "short", tmp_path / "long"]
    for file, pair in zip(files, pairs, strict=True):
        file.write_bytes(packing.pack(pair.original))

    def read(file):
        with file.open("rb") as opened:
            packing.unpack(opened, whole_mesh=False)

    short, long = (peak_kib(partial(read, file)) for file in files)
    assert (long - short) / (pairs[1].original.n_frames - pairs[0].original.n_frames) < 1.1 * TRACKS_KIB


def test_columns_that_were_written_one_after_the_other_are_read_as_they_were(pairs):
    """numpy writes an array as it lies in memory."""
    tracks = pairs[0].original
    turned = replace(tracks, points=np.asfortranarray(tracks.points))
    assert np.array_equal(packing.unpack(packing.pack(turned)).points, packing.unpack(packing.pack(tracks)).points)
