"""The tables of the pulse-preserving autoencoder: numbers counted by hand, and the command on two phantoms."""

import csv
import json
import re

import numpy as np
import pytest
import torch
from django.core.management import call_command
from django.core.management.base import CommandError

from analysis.algorithms.rppg.judged import Pulse, Seen, accuracy, equal_error, pulse_means, seen
from analysis.algorithms.rppg.versions import blurred, converted, pixelated
from deid.algorithms.networks.chrom import Chrom
from deid.algorithms.training.rppg.stretches import FPS, Stretch
from tests.deid.training.rppg_sets import named, told
from tests.deid.training.test_rppg import autoencoder, recogniser, trained


def person(number, scores, **pulse):
    return Seen(number, {"judge": np.array(scores)}, {"chrom": Pulse(**pulse)} if pulse else {}, 30.0, 0.9)


def test_accuracy_counts_frames_and_the_equal_error_is_that_of_all_claims():
    """The first is known in two of two frames, the second in one of two: 0.75. Claims 0.9 0.8 0.6 0.3 against 0.1 0.2
    0.4 0.7: at 0.6 one of four is refused and one of four accepted, 0.25."""
    people = [person(0, [[0.9, 0.1], [0.8, 0.2]]), person(1, [[0.4, 0.6], [0.7, 0.3]])]
    assert accuracy(people, "judge") == pytest.approx(0.75)
    assert equal_error(people, "judge") == pytest.approx(0.25)


def test_means_of_pulses_leave_out_those_that_nobody_knows():
    told_ = [(60.0, 61.0), (70.0, 68.0), (80.0, 83.0), (float("nan"), 90.0)]
    people = [person(n, [[1.0]], told=b, true=a, r_true=0.5, r_original=0.9) for n, (a, b) in enumerate(told_)]
    means = pulse_means(people, "chrom")
    assert (means.n, means.mae, means.r_true) == (3, pytest.approx(2.0), pytest.approx(0.5))
    assert means.rmse == pytest.approx((14 / 3) ** 0.5)
    assert means.r_rates == pytest.approx(np.corrcoef([60, 70, 80], [61, 68, 83])[0, 1])


def test_pixelation_leaves_ten_squares_a_side_and_blur_keeps_the_mean():
    pictures = np.random.default_rng(0).integers(0, 256, (2, 40, 40, 3), dtype=np.uint8)
    squares = pixelated(pictures).reshape(2, 10, 4, 10, 4, 3)
    assert (squares == squares[:, :, :1, :, :1]).all()
    flat = blurred(pictures)
    assert flat.std() < 0.2 * pictures.std()
    assert flat.mean() == pytest.approx(pictures.mean(), abs=2)


def test_a_network_that_changes_nothing_gives_back_every_frame_once_and_in_order():
    pictures = np.random.default_rng(0).integers(0, 256, (150, 8, 8, 3), dtype=np.uint8)
    assert (converted(pictures, torch.nn.Identity(), "cpu") == pictures).all()


def test_a_version_without_a_change_has_the_pulse_that_was_put_in():
    """A still grey skin that beats 84 times a minute in green; CHROM sees it."""
    times = np.arange(600) / FPS
    beat = np.sin(2 * np.pi * 84 / 60 * times)
    level = 120 + np.stack([1 * beat, 3 * beat, 2 * beat], axis=1)
    noise = np.random.default_rng(0).normal(0, 2, (600, 16, 16, 3))
    pictures = (level[:, None, None] + noise).round().astype(np.uint8)
    stretch = Stretch(0, "skin", pictures, beat.astype(np.float32), 84.0)
    found = seen(stretch, pictures, {}, {"chrom": Chrom()})
    assert found.pulses["chrom"].told == pytest.approx(84, abs=0.5)
    assert found.pulses["chrom"].r_original == pytest.approx(1.0)
    assert found.pulses["chrom"].r_true > 0.9
    assert (found.psnr, found.ssim) == (float("inf"), pytest.approx(1.0))


def test_the_command_writes_both_tables_and_how_far_each_was_trained(tmp_path, settings):
    settings.MODEL_STORE = tmp_path / "store"
    one, two = recogniser(tmp_path / "plain"), recogniser(tmp_path / "wide", "wide")
    for network in ("physnet", "physformer"):
        trained(tmp_path / network, "predictor", network=network)
    autoencoder(tmp_path / "full", recognisers=[one])
    file = named(tmp_path / "full", "rppg_autoencoder")
    config = {
        "seen": [one], "unseen": [two], "data": told(),
        "physnet": named(tmp_path / "physnet", "physnet"), "physformer": named(tmp_path / "physformer", "physformer"),
        "trained": {"chrom": file, "without_regulariser": file, "physnet": file},
    }  # fmt: skip
    (tmp_path / "compare.json").write_text(json.dumps(config))
    call_command("compare_rppg", config=tmp_path / "compare.json", out=tmp_path / "out")
    with (tmp_path / "out/recognisers.csv").open() as opened:
        rows = {row[""]: row for row in csv.DictReader(opened)}
    assert list(rows["SSIM"])[1:] == ["original", "pixelate", "blur", "without regulariser", "full"]
    assert "recogniser_plain: accuracy" in rows
    assert "recogniser_wide (unseen): equal error rate" in rows
    assert float(rows["chance (accuracy)"]["full"]) == 0.5
    assert float(rows["R of the signal, with the original's"]["original"]) == pytest.approx(1, abs=1e-6)
    with (tmp_path / "out/predictors-1.csv").open() as opened:
        three = list(csv.reader(opened))
    assert [row[0] for row in three] == ["trained with", "chrom", "physnet", "original"]
    assert three[0][1:] == ["chrom", "physnet", "physformer"]
    about = (tmp_path / "out/tables.md").read_text()
    assert "full: 3 steps, 384 frames seen; predictor chrom; push published; smaller than published: width" in about
    assert re.search(r"The judges:(\n- \w+: \d+ steps, [\d,]+ frames seen\.){4}\n", about)
    assert (tmp_path / "out/faces.png").stat().st_size > 1000


def test_a_comparison_of_nothing_is_refused(tmp_path):
    (tmp_path / "compare.json").write_text(json.dumps({"seen": ["recogniser_plain"], "data": told()}))
    with pytest.raises(CommandError, match=r"give at least trained\.chrom"):
        call_command("compare_rppg", config=tmp_path / "compare.json", out=tmp_path / "out")
