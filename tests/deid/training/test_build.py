"""Building training sets from pictures and videos."""

import json

import cv2
import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from deid.algorithms.donors import DonorFolder
from deid.algorithms.training.errors import BadTrainingSet
from deid.algorithms.trainingset.identities import joined, of_another
from deid.algorithms.trainingset.reading import TrainingSet
from deid.algorithms.trainingset.sources import find
from tests.deid.training.sets import made_set
from tests.phantoms import make_phantom


def portraits(folder, n=2, side=512):
    """Pictures of the first shipped donors."""
    folder.mkdir(parents=True, exist_ok=True)
    donors = DonorFolder.open()
    for name in donors.names[:n]:
        picture = cv2.resize(donors.load(name).picture[:, :, ::-1], (side, side), interpolation=cv2.INTER_AREA)
        cv2.imwrite(str(folder / f"{name}_1.png"), picture)
    return folder


def build(*sources, out, **options):
    call_command("build_training_set", *map(str, sources), "--out", str(out), **options)


def test_portraits_become_aligned_faces_with_made_expressions_and_blinks(tmp_path):
    build(portraits(tmp_path / "in", 3), out=tmp_path / "set", size=96, made=4, licence=["CC BY 4.0"])
    data = TrainingSet.open(tmp_path / "set")
    assert (data.side, len(data.names), len(data.pictures)) == (96, 3, 15)
    assert data.made.sum() == 12
    assert data.closed[data.made].sum() == 3  # a quarter of the made ones
    assert not data.closed[~data.made].any()
    eyes = data.points[~data.made][:, [36, 39, 42, 45]].mean(axis=1)
    assert np.abs(eyes - (47.9, 38.7)).max() < 3  # 0.75 of ArcFace's template, 8 pixels wider: 55.9 + 8, 51.6
    page = (tmp_path / "set" / "datasheet.md").read_text()
    assert "12 are **synthesised**" in page
    assert "CC BY 4.0" in page
    assert (tmp_path / "set" / "sheet.png").is_file()


def test_the_same_seed_makes_the_same_set(tmp_path):
    source = portraits(tmp_path / "in", 2)
    for name in ("one", "two"):
        build(source, out=tmp_path / name, size=64, made=4)
    files = [json.loads((tmp_path / name / "set.json").read_text())["files"] for name in ("one", "two")]
    assert files[0]["pictures.u8"] == files[1]["pictures.u8"]


def test_blinks_of_a_video_are_found_and_all_taken(tmp_path):
    """A phantom of 2 s at 10 fps that blinks once, in the middle; every tenth frame is asked for."""
    from deid.algorithms.phantom.record import write_phantom

    for name, seed in (("a.mp4", 1), ("b.mp4", 2)):
        phantom = make_phantom(seconds=2.0, fps=10, size=256, blink_times=(1.0,), seed=seed, identity=None)
        write_phantom(phantom, tmp_path / name)
    build(tmp_path / "a.mp4", tmp_path / "b.mp4", out=tmp_path / "set", size=64, every=10)
    data = TrainingSet.open(tmp_path / "set")
    assert data.names == ("a", "b")
    for identity in (0, 1):
        own = data.identity == identity
        assert data.closed[own].any()
        assert 2 <= own.sum() <= 6


def test_a_set_that_is_to_have_no_blinks_is_made_without(tmp_path):
    """Such as one to test judges on, of real pictures alone."""
    build(portraits(tmp_path / "in", 2), out=tmp_path / "set", size=64, made=0, blinks=0.0)
    data = TrainingSet.open(tmp_path / "set")
    assert (len(data.pictures), data.closed.sum(), data.blink_share) == (2, 0, 0.0)


@pytest.mark.parametrize(
    ("made", "options", "says"),
    [
        (lambda folder: folder.mkdir(), {}, "holds no pictures"),
        (lambda folder: portraits(folder, 1), {}, "show 1 identity; at least 2 are needed"),
        (lambda folder: portraits(folder, 2), {"made": 0}, r"no blink frames.*--made 4 or more \(was 0\); --blinks 0"),
        (lambda folder: portraits(folder, 2, side=128), {"size": 224}, "2 x the face is too small for 224 pixels"),
        (lambda folder: None, {}, "is no folder, no picture and no video"),
    ],
)
def test_what_cannot_be_learned_from_is_refused_and_leaves_nothing(tmp_path, made, options, says):
    made(tmp_path / "in")
    with pytest.raises(CommandError, match=says) as refused:
        build(tmp_path / "in", out=tmp_path / "set", **{"size": 64} | options)
    assert refused.value.returncode == 2
    assert not [path for path in tmp_path.iterdir() if path.name != "in"]


def test_a_folder_that_holds_something_is_not_written_to(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine").touch()
    with pytest.raises(CommandError, match="is not empty"):
        build(portraits(tmp_path / "in"), out=tmp_path / "set")


def test_identities_are_folders_or_names_up_to_the_first_underscore(tmp_path):
    for name in ("anna/1.jpg", "anna/2.mp4", "007_03.jpg", "007_08.jpg", "clip_a.mp4", "notes.txt", ".hidden.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert [(each.identity, each.path.name) for each in find([tmp_path])] == [
        ("007", "007_03.jpg"), ("007", "007_08.jpg"), ("anna", "1.jpg"), ("anna", "2.mp4"), ("clip_a", "clip_a.mp4"),
    ]  # fmt: skip


def test_names_that_are_one_person_count_as_one_and_strangers_under_a_name_are_found():
    """Points on a line: 0.3 apart is one person (under 0.35), and a chain is one cluster; 0.7 is another."""
    at = [np.eye(1, 128, 0)[0] * length for length in (0.0, 0.3, 0.6, 2.0)]
    pairs = joined({name: [point] for name, point in zip("abcd", at, strict=True)})
    assert {(pair.name, pair.into) for pair in pairs} == {("b", "a"), ("c", "a")}
    assert of_another([at[0], at[0], at[3]]) == [2]
    assert of_another([at[0], at[1]]) == []


def test_a_set_whose_files_were_changed_is_refused(tmp_path):
    made_set(tmp_path / "set", 64, 2, 4)
    with (tmp_path / "set" / "pictures.u8").open("r+b") as file:
        file.write(b"\0\0\0")
    with pytest.raises(BadTrainingSet, match="is not the file that"):
        TrainingSet.open(tmp_path / "set")
    with pytest.raises(BadTrainingSet, match="no training set"):
        TrainingSet.open(tmp_path)
