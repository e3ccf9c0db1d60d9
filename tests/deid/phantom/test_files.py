"""Files: the command, the demo cohort, the voice."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deid.algorithms.phantom.cohort import COHORT, clips, write_cohort
from deid.algorithms.phantom.script import write_script
from deid.algorithms.phantom.sound import SAMPLE_RATE, voice
from deid.algorithms.phantom.spec import BadPhantom, PhantomSpec
from tests.videoio.making import decoded, sound

ROOT = Path(__file__).parents[3]
NAMES = {"f": ["a", "b", "c", "d"], "m": ["e", "f", "g", "h"]}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "phantom", *map(str, arguments)], capture_output=True, text=True, check=False,
        cwd=ROOT, env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "SECRET_KEY": "x" * 50},
    )  # fmt: skip


def test_the_command_writes_a_video_with_sound_and_its_truth_without_a_database(tmp_path):
    target, truth = tmp_path / "a.mp4", tmp_path / "a.json"
    done = run(
        target, "--truth", truth, "--task", "speech", "--seconds", 1, "--fps", 25, "--size", 128, "--audio",
        "--tremor-amplitude", 0.01, "--tremor-hz", 4.5, "--blink-times", 0.5, "--weakness", -0.5,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "25 frames" in done.stdout
    assert len(decoded(target)) == 25
    told = json.loads(truth.read_text())
    assert np.array(told["points"]).shape == (25, 478, 2)
    assert told["spec"]["tremor_hz"] == 4.5
    assert told["blinks"][0]["middle"] == 0.5
    start, _, samples = sound(target)
    assert start == pytest.approx(0, abs=0.1)
    assert np.abs(samples).max() > 0.2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--hypomimia", "5"], "hypomimia was 5: use 0 to 4"),
        (["--tremor-hz", "20"], "tremor_hz was 20"),
        (["--task", "sing"], "task was 'sing'"),
        (["--identity", "nobody"], "there is no donor 'nobody'"),
        (["--identities", "nowhere"], "nowhere is no folder of donors"),
        (["--seconds", "long"], "--seconds"),
    ],
)
def test_bad_input_ends_with_2_and_a_sentence(tmp_path, arguments, sentence):
    done = run(tmp_path / "a.mp4", "--truth", tmp_path / "a.json", *arguments)
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("target", "truth", "sentence"),
    [("no/a.mp4", "a.json", "does not exist"), (".", "a.json", "is a folder"), ("a.mp4", "a.mp4", "the same file")],
)
def test_paths_that_cannot_be_are_refused(tmp_path, target, truth, sentence):
    done = run(tmp_path / target, "--truth", tmp_path / truth)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_the_cohort_has_both_sexes_two_tasks_each_and_every_sign():
    made = list(clips(NAMES))
    assert len(made) == 2 * len(COHORT) == 16
    assert [sum(each.sex == sex for each in COHORT) for sex in "fm"] == [4, 4]
    assert len({clip.spec.identity for clip in made}) == 8
    assert len({clip.spec.seed for clip in made}) == 16
    assert {clip.spec.task for clip in made} == {"facial_expression", "speech"}
    for sign in ("hypomimia", "tremor_amplitude", "parted_lips", "weakness"):
        assert len({getattr(clip.spec, sign) for clip in made}) >= 3


def test_a_part_of_the_cohort_is_written_with_its_manifest_and_truth(tmp_path):
    manifest = write_cohort(tmp_path / "demo", participants=["DEMO-002"], seconds=0.4)
    with manifest.open() as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["participant"], row["task"]) for row in rows] == [
        ("DEMO-002", "facial_expression"), ("DEMO-002", "speech"),
    ]  # fmt: skip
    for row in rows:
        video = tmp_path / "demo" / row["file"]
        assert len(decoded(video)) == 10
        assert json.loads(video.with_suffix(".truth.json").read_text())["n_frames"] == 10
    written = video.stat().st_mtime_ns
    write_cohort(tmp_path / "demo", participants=["DEMO-002"], seconds=0.4)
    assert video.stat().st_mtime_ns == written


def test_what_the_cohort_cannot_be_is_refused():
    with pytest.raises(BadPhantom, match="no participant 'DEMO-999': use DEMO-001 to DEMO-008"):
        list(clips(NAMES, ["DEMO-999"]))
    with pytest.raises(BadPhantom, match="no identity left for DEMO-004 of sex 'm', of 1 that"):
        list(clips({**NAMES, "m": ["e"]}))


def test_the_voice_is_loud_where_the_mouth_is_open():
    spec = PhantomSpec(task="speech", seconds=5)
    script = write_script(spec)
    samples = voice(script.syllables, 5, "f", 0).astype(float)
    assert np.array_equal(samples, voice(script.syllables, 5, "f", 0))
    window = SAMPLE_RATE // 30
    loudness = np.sqrt((samples[: 150 * window].reshape(150, window) ** 2).mean(axis=1))
    assert np.corrcoef(loudness, script.speech)[0, 1] > 0.7
    assert loudness[script.speech == 0].max() < 0.1 * loudness.max()
