"""The command line: what it writes and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management.base import CommandError

from deid.algorithms.donors import DonorFolder
from deid.algorithms.registry import get_method
from deid.management.commands.deidentify import _donor_parameters
from tests.data_files import data_video
from tests.videoio.making import decoded, make_video

ROOT = Path(__file__).parents[2]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "deidentify", *map(str, arguments)], capture_output=True, text=True, check=False,
        cwd=ROOT, env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "SECRET_KEY": "x" * 50},
    )  # fmt: skip


def test_a_recording_is_written_with_its_report_and_without_a_database(tmp_path):
    target, report = tmp_path / "out.mp4", tmp_path / "report.json"
    done = run(data_video("A_intel_asl_yes.mkv"), target, "--method", "blur", "--report", report)
    assert done.returncode == 0, done.stderr
    assert len(decoded(target)) == 65
    assert done.stdout.strip().endswith("65 frames, 65 covered.")
    assert "100%" in done.stderr
    record = json.loads(report.read_text())
    assert (record["method"], record["n_frames"]) == ("blur", 65)


def test_nothing_is_written_where_no_face_is_found(tmp_path):
    target = tmp_path / "out.mp4"
    done = run(make_video(tmp_path / "a.mp4"), target, "--method", "mask")
    assert done.returncode == 3
    assert "no face was found" in done.stderr
    assert not target.exists()


def test_donor_options_change_nothing_for_a_method_without_donors(tmp_path):
    clip = make_video(tmp_path / "a.mp4")
    done = run(clip, tmp_path / "o.mp4", "--method", "mask", "--donor", "d1", "--sex", "f", "--age", "60")
    assert done.returncode == 3
    assert "mask uses no donor" in done.stderr


def test_an_unknown_donor_ends_with_2_and_the_names_that_exist(monkeypatch):
    folder = SimpleNamespace(names=["donor-01", "donor-02"])
    monkeypatch.setattr(DonorFolder, "open", lambda: folder)
    options = {"donor": "nobody", "sex": None, "age": None}
    with pytest.raises(CommandError, match=r"'nobody'; use one of: donor-01, donor-02") as refused:
        _donor_parameters(get_method("motionmesh"), options)
    assert refused.value.returncode == 2


def test_donor_sex_and_age_are_passed_on(monkeypatch):
    monkeypatch.setattr(DonorFolder, "open", lambda: SimpleNamespace(names=["donor-01"]))
    options = {"donor": "donor-01", "sex": "f", "age": None}
    assert _donor_parameters(get_method("motionmesh"), options) == {"donor": "donor-01", "sex": "f"}


def test_the_recording_is_never_overwritten(tmp_path):
    clip = make_video(tmp_path / "a.mp4")
    before = clip.read_bytes()
    done = run(clip, clip, "--method", "mask")
    assert done.returncode == 2
    assert "the recording itself" in done.stderr
    assert clip.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.mp4", "out.mp4", "--method", "mask"], "there is no file"),
        (["text.mp4", "out.mp4", "--method", "mask"], "not a video"),
        (["text.mp4", "out.mp4", "--method", "magic"], "no method 'magic'"),
        (["text.mp4", "out.mp4", "--method", "original"], "does not de-identify"),
        (["text.mp4", "no/out.mp4", "--method", "mask"], "does not exist"),
        (["text.mp4", "out.mp4", "--method", "mask", "--age", "400"], "1 to 120"),
        (["text.mp4", "out.mp4", "--method", "mask", "--sex", "x"], "--sex"),
        (["text.mp4", "out.mp4", "--method", "mask", "--donor", "../x"], "a donor's name"),
        (["text.mp4", "out.mp4"], "--method"),
    ],
)
def test_bad_input_ends_with_2_and_a_sentence(tmp_path, arguments, sentence):
    (tmp_path / "text.mp4").write_text("no video at all")
    paths = [tmp_path / name for name in arguments[:2]]
    done = run(*paths, *arguments[2:])
    assert done.returncode == 2, done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["text.mp4"]
