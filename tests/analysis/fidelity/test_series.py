"""What figures draw: courses with known truth, gaps and reasons; and what is kept short for many renditions."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.algorithms.fidelity import series_format, shares
from analysis.algorithms.fidelity.drawn import OKS_EDGES, drawn
from analysis.algorithms.fidelity.face_metrics import of_pairs, told_apart
from analysis.algorithms.fidelity.series import series
from analysis.algorithms.fidelity.tremor import fine_spectrogram
from tests.analysis.dashboards import SECONDS, pair


def test_packed_shares_come_back_to_a_two_hundred_and_fiftieth():
    values = np.array([-1.0, -0.333, 0.0, 0.5017, 1.0, np.nan])
    again = shares.unpacked(shares.packed(values))
    assert again[:5] == pytest.approx(values[:5], abs=1 / 250 + 1e-12)
    assert np.isnan(again[5])
    with pytest.raises(ValueError, match="measure the rendition again"):
        shares.unpacked("not packed!")


def test_series_are_kept_as_they_were_and_others_are_refused():
    found = series(pair())
    assert series_format.unpacked(series_format.packed(found)) == found
    for wrong in (b"", b"gzip?", series_format.packed({"version": 99})):
        with pytest.raises(ValueError, match="measure the rendition again"):
            series_format.unpacked(wrong)


def test_courses_hold_every_frame_and_the_spectrogram_the_planted_tremor():
    """The phantom trembles at 5 Hz for 10 s at 30 frames a second."""
    found = series(pair())
    for side in ("original", "rendition"):
        assert len(found["lids"][side]["times"]) == len(found["lids"][side]["values"]) == 300
        power, rates = np.array(found["tremor"][side]["power"]), found["tremor"][side]["rates"]
        assert rates[int(power.mean(axis=1).argmax())] == pytest.approx(5.0, abs=0.13)
        assert found["tremor"][side]["times"] == [4.0, 4.5, 5.0, 5.5, 6.0]  # windows of 8 s in 10 s
    assert {name: len(rows) for name, rows in found["pca"].items()} == {
        "original": 30, "rendition": 30, "strangers": 33, "donor": 1,
    }  # fmt: skip
    assert found["identity"]["times"][:3] == [0.0, pytest.approx(1 / 3, abs=1e-4), pytest.approx(2 / 3, abs=1e-4)]


def test_what_one_version_lacks_is_a_reason_and_the_other_is_kept():
    made = pair()
    nowhere = replace(made.rendition, ear=np.full((300, 2), np.nan), points=np.full((300, 68, 2), np.nan))
    found = series(replace(made, rendition=nowhere))
    assert "eyes in 20 frames" in found["lids"]["rendition"]["unavailable"]
    assert "none of 300 frames" in found["lip"]["rendition"]["unavailable"]
    assert len(found["lids"]["original"]["values"]) == 300


def test_versions_of_unequal_length_are_both_drawn_and_not_compared():
    made, kept = pair(), slice(0, 240)
    columns = ("times", "mesh", "points", "ear", "mesh_ear", "pose", "skin", "box")
    shorter = replace(made.rendition, **{name: getattr(made.rendition, name)[kept] for name in columns})
    shorter = replace(shorter, descriptors=shorter.descriptors[:24])
    found = series(replace(made, rendition=shorter))
    assert [len(found["lids"][side]["values"]) for side in ("original", "rendition")] == [300, 240]
    for name in ("body", "identity", "roc"):
        assert "different frame counts" in found[name]["unavailable"]


def test_gaps_are_null():
    made = pair()
    ear = made.rendition.ear.copy()
    ear[100:110] = np.nan
    found = series(replace(made, rendition=replace(made.rendition, ear=ear)))
    assert found["lids"]["rendition"]["values"][100:110] == [None] * 10


def test_what_many_draw_is_what_was_measured():
    made = pair()
    found = drawn(made, made.strangers["descriptors"])
    maps = of_pairs(made)
    assert np.abs(shares.unpacked(found["pairs"]["r_cca"]) - maps["r_cca"]).max() < 1 / 250 + 1e-9
    assert sum(found["oks"]["counts"]) == 100  # every third of 300 frames
    assert len(found["oks"]["counts"]) == len(OKS_EDGES) - 1
    area = np.trapz(found["accepted"], np.linspace(0, 1, len(found["accepted"])))
    assert area == pytest.approx(told_apart(made).auc, abs=0.03)
    low, *_rest, high = found["distances"]["strangers"]
    assert 0 < low < high


def test_all_renditions_lie_in_one_plane_whoever_is_worn():
    made = pair()
    gallery = made.strangers["descriptors"]
    one, two = drawn(made, gallery)["plane"], drawn(replace(made, strangers={}, donor=None), gallery)["plane"]
    assert one["gallery"] == two["gallery"]
    assert one["original"] == two["original"]
    assert "donor" not in two
    assert "10 strangers" in drawn(made, None)["plane"]["unavailable"]


def test_a_fine_spectrogram_has_the_power_of_the_track():
    """A sine of amplitude 1 has a variance of 0.5; behind the 3 Hz filter 0.91 of the amplitude of 5 Hz is left at 30
    frames a second, forwards and backwards (its docstring)."""
    times = np.arange(360) / 30
    rates, middles, power = fine_spectrogram(np.sin(2 * np.pi * 5 * times), times)
    assert power.mean(axis=1).sum() * rates[1] == pytest.approx(0.5 * 0.91**2, rel=0.08)
    assert np.diff(middles) == pytest.approx(0.5)
    assert middles[0] == pytest.approx(4.0)
    assert middles[-1] < SECONDS
