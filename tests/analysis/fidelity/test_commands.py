"""The two commands, on a phantom."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from analysis.fidelity_columns import COLUMNS
from analysis.fidelity_table import NOT_MEASURED, look_up
from deid.algorithms.phantom.record import write_phantom
from tests.phantoms import identity, make_phantom

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "phantom.mp4"
    write_phantom(make_phantom(size=256, seconds=4.4, fps=15, task="facial_expression", seed=3), path)
    return path


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Without a database: none is needed."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)], capture_output=True, text=True, check=False, cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "SECRET_KEY": "x" * 50},
    )  # fmt: skip


def test_a_copy_is_measured_as_one_and_drawn(clip, tmp_path):
    copy = shutil.copy(clip, tmp_path / "copy.mp4")
    kept = tmp_path / "tracks"  # by content: the copy is not measured again
    done = run("fidelity", clip, copy, "--json", tmp_path / "f.json", "--plots", tmp_path / "plots", "--tracks", kept)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "f.json").read_text())
    assert len(list(kept.iterdir())) == 2
    assert (found["original"], found["rendition"]) == ("phantom.mp4", "copy.mp4")
    for name in ("r_x", "r_y", "r_cca", "slope"):
        assert found["metrics"]["dynamics"][name] == pytest.approx(1, abs=1e-9)
    assert found["ceiling"]["dynamics"]["r_cca"] > 0.9
    assert found["metrics"]["null_shift"]["mean"]["r_cca"] < 0.9
    assert found["metrics"]["to_original"]["mean"] == pytest.approx(0, abs=1e-6)
    assert "no strangers" in found["metrics"]["rank"]["unavailable"]
    assert NOT_MEASURED not in [look_up(found, column.path) for column in COLUMNS]
    assert isinstance(look_up(found, "metrics.picture.outside.ssim"), float)
    page = (tmp_path / "plots" / "index.html").read_text()
    assert page.count('class="plotly-graph-div"') == 6  # the ROC needs strangers
    assert "no strangers: name a folder of portraits" in page
    assert "http" not in page.replace("http://www.w3.org", "")  # nothing is loaded from elsewhere
    assert (tmp_path / "plots" / "plotly.min.js").stat().st_size > 1_000_000


def test_methods_are_rows_with_the_ceiling_first(clip, tmp_path):
    """A mask leaves no face to measure: reasons stand there; the ceiling shows what could be reached."""
    portraits = tmp_path / "portraits"
    portraits.mkdir()
    import cv2

    for number in range(3):
        cv2.imwrite(str(portraits / f"{number}.png"), identity().picture[:, :, ::-1])
    done = run("compare_methods", "--clips", clip.parent, "--methods", "mask,pixelate", "--out", tmp_path / "out",
               "--strangers", portraits)  # fmt: skip
    assert done.returncode == 0, done.stderr
    with (tmp_path / "out" / "table.csv").open() as file:
        rows = {row["Method"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["original re-encoded (ceiling)", "mask", "pixelate"]
    assert float(rows["original re-encoded (ceiling)"]["r CCA → ceiling"]) > 0.9
    assert rows["mask"]["r CCA → ceiling"] == ""
    assert [rows["pixelate"][each] for each in ("Pictures seen", "Why it has no rank")] == [
        "–",
        "–",
    ]  # nothing to learn
    told = json.loads((tmp_path / "out" / "table.json").read_text())
    assert "have no rank" in told["rule"]
    cells = told["rows"]
    assert "no face in the rendition" in cells["mask"]["r CCA"]["reasons"][0]
    assert "needs 20 strangers, got 3" in cells["mask"]["Gallery position"]["reasons"][0]
    report = json.loads((tmp_path / "out" / "phantom.mp4.json").read_text())
    assert set(report) == {"mask", "pixelate"}
    assert "Why numbers are missing" in (tmp_path / "out" / "index.html").read_text()
    assert "mask, pixelate: No donor" in (tmp_path / "out" / "index.html").read_text()
    again = run("compare_methods", "--clips", clip.parent, "--methods", "mask", "--out", tmp_path / "out")
    assert "measuring" not in again.stderr  # what was measured is kept


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fidelity", "nothing.mp4", "nothing.mp4", "--json", "f.json"], "there is no file nothing.mp4"),
        (["compare_methods", "--clips", "nowhere", "--out", "o"], "there are no videos in nowhere"),
    ],
)
def test_bad_paths_end_with_2_and_a_sentence(arguments, message):
    with pytest.raises(CommandError, match=message) as refused:
        call_command(*arguments)
    assert refused.value.returncode == 2


@pytest.mark.parametrize(
    ("methods", "message"),
    [("mask,deepest", "there is no method 'deepest'"), ("original", "does not de-identify"), (",", "names none")],
)
def test_methods_that_cannot_be_compared_are_refused(clip, tmp_path, methods, message):
    with pytest.raises(CommandError, match=message) as refused:
        call_command("compare_methods", clips=clip.parent, methods=methods, out=tmp_path)
    assert refused.value.returncode == 2
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_video_ends_with_2(clip, tmp_path):
    text = tmp_path / "a.mp4"
    text.write_text("no video")
    with pytest.raises(CommandError) as refused:
        call_command("fidelity", str(clip), str(text), json=tmp_path / "f.json", no_ceiling=True)
    assert refused.value.returncode == 2
    assert not (tmp_path / "f.json").exists()
