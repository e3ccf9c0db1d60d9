"""Building donors: the same seed gives the same bytes, and what cannot be done is refused in words."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.management import CommandError, call_command

from deid.algorithms.donors import SHIPPED, DonorFolder
from deid.algorithms.facemodel import ageing, choose, collect, folder, folds, heads, model, sample
from tests.data_files import data_file


def build(portraits: Path, out: Path, *more: str, count: str = "1", seed: str = "1") -> None:
    call_command("build_donors", str(portraits), "--out", str(out), "--count", count, "--seed", seed, *more)


@pytest.fixture(scope="module")
def women(tmp_path_factory):
    """A model of 13 contributors, their portraits reduced: built in seconds."""
    portraits = data_file("portraits/london_neutral")
    reduced = tmp_path_factory.mktemp("portraits")
    for key in ("002", "009", "010", "011", "027", "032", "090", "097", "107", "118", "120", "122", "136"):
        picture = cv2.imread(str(portraits / f"{key}_03.jpg"))
        cv2.imwrite(str(reduced / f"{key}_03.png"), cv2.resize(picture, (675, 675), interpolation=cv2.INTER_AREA))
    found = collect.collect(reduced, collect.read_info(portraits.parent / "london_info.csv"))
    built = model.build(found.people)
    return built, sample.sampler(built, ageing.learn(built)), found


def test_the_same_seed_gives_the_same_bytes(women, tmp_path):
    built, sampler, found = women
    for name in ("one", "other"):
        # So small a model gives no one unlike its contributors: the bound is not what is tested here.
        chosen = choose.choose(
            sampler, found.descriptors, np.zeros((0, 128)), bound=0.3, wish=choose.Wish(count=1, seed=3, tries=1)
        )
        made = folder.Provenance("donor", 3, len(found.people), {}, 0.3, 0)
        folder.write(tmp_path / name, chosen, built, made)
    written = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert written == ["ATTRIBUTION.md", "DATASHEET.md", "donor-01.jpg", "donors.json", "donors.npz"]
    for name in written:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes(), name
    assert DonorFolder.open(tmp_path / "one").load("donor-01").picture.shape == (512, 512, 3)


def drawn(built, sampler, seed: int) -> sample.Recipe:
    group = built.groups[0]
    return sampler.draw(group, 25, int(heads.lenders(built, group)[0]), np.random.default_rng(seed))


def test_only_draws_that_were_looked_at_are_chosen_and_they_stay_as_they_were(women):
    _, sampler, found = women
    none = np.zeros((0, 128))
    wish = choose.Wish(count=2, seed=3, tries=1)
    first, second = choose.choose(sampler, found.descriptors, none, bound=0.3, wish=wish)
    only = replace(wish, count=1, only=frozenset({second.draw}))
    again = choose.choose(sampler, found.descriptors, none, bound=0.3, wish=only)
    assert [each.draw for each in again] == [second.draw] != [first.draw]
    assert again[0].jpeg == second.jpeg


def test_who_stands_between_two_others_is_not_taken(women):
    """0.5 from the middle one to either end, 1.0 between the ends, APART is 0.65: only the ends make two."""
    built, sampler, _ = women
    group = built.groups[0]
    recipe = drawn(built, sampler, 1)
    pool = [
        choose.Candidate(choose.Draw(name, group, (0, turn), recipe), b"", np.zeros((478, 3)), np.eye(128)[0] * at, 1.0)
        for turn, (name, at) in enumerate((("middle", 0.5), ("left", 0.0), ("right", 1.0)))
    ]
    chosen = choose._apart(pool, [group], choose.Wish(count=2, seed=1))
    assert {each.draw.name for each in chosen} == {"left", "right"}


def test_one_place_gives_one_identity(women):
    """Draws of one place share age and hair."""
    built, sampler, _ = women
    group, recipe = built.groups[0], drawn(built, sampler, 1)
    pool = [
        choose.Candidate(choose.Draw(name, group, (0, 0), recipe), b"", np.zeros((478, 3)), np.eye(128)[0] * at, 1.0)
        for name, at in (("left", 0.0), ("right", 1.0))
    ]
    assert len(choose._apart(pool, [group], choose.Wish(count=2, seed=1))) == 1


def test_the_face_takes_the_tone_that_was_drawn_from_the_forehead_to_the_neck(women):
    """A third darker: cheek, forehead and neck all become so, and no place keeps the lender's own tone."""
    built, sampler, _ = women
    recipe = drawn(built, sampler, 2)
    light, dark = (sampler.render(replace(recipe, tone=recipe.tone * factor)).astype(float) for factor in (1.0, 0.67))
    for rows, columns in (
        (slice(255, 275), slice(165, 195)),
        (slice(120, 140), slice(240, 270)),
        (slice(425, 440), slice(235, 275)),
    ):
        share = dark[rows, columns].mean() / light[rows, columns].mean()
        assert share == pytest.approx(0.67, abs=0.12)
    assert np.abs(dark[:30] - light[:30]).max() < 12  # the backdrop stays


def test_folds_only_deepen_with_age(women):
    """The folds of one person lie at the same places at every age; a young face has none of them yet."""
    built, _, _ = women
    young, middle, old = (folds.relief(built.mean, age, seed=5) for age in (20, 55, 80))
    assert np.abs(young).max() < 1e-6
    assert old.min() < middle.min() < -0.05
    deep = middle < -0.1
    assert deep.any()
    assert (old[deep] < middle[deep] + 0.02).mean() > 0.95


def test_groups_of_fewer_than_four_are_put_together(women):
    _, _, found = women
    renamed = [replace(each, origin="rare" if n < 2 else each.origin) for n, each in enumerate(found.people)]
    groups = {group.name: len(group.members) for group in model.build(renamed).groups}
    assert groups == {"female, white": len(renamed) - 2, "female, other": 2}


def test_an_older_face_has_more_relief_and_greyer_hair(women):
    built, sampler, _ = women
    recipe = drawn(built, sampler, 1)
    pictures = {}
    for age in (25, 75):
        pictures[age] = sampler.render(replace(recipe, age=age)).astype(float)
    foreheads = {age: picture[130:172, 190:320].mean(axis=2) for age, picture in pictures.items()}
    detail = {age: np.abs(np.diff(forehead, axis=0)).mean() for age, forehead in foreheads.items()}
    assert detail[75] > 1.3 * detail[25]
    crown = {age: picture[60:75, 220:290] for age, picture in pictures.items()}
    colour = {age: np.ptp(part, axis=2).mean() for age, part in crown.items()}
    assert colour[75] < colour[25]


def test_a_count_that_cannot_be_reached_says_how_many_could(women):
    _, sampler, found = women
    everyone = np.repeat(found.descriptors.mean(axis=0)[None], 2, axis=0)  # an average face is near to all
    wish = choose.Wish(count=50, seed=1, tries=1)
    with pytest.raises(choose.Unreachable, match=r"50 identities cannot be reached: 0 are 0\.65 apart"):
        choose.choose(sampler, found.descriptors, everyone, bound=0.3, wish=wish)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(CommandError, match="there is no folder"):
        build(tmp_path / "none", tmp_path / "out")


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(CommandError, match="holds no pictures"):
        build(tmp_path, tmp_path / "out")


def test_too_few_usable_faces_are_refused_with_the_reasons(tmp_path):
    portraits = tmp_path / "portraits"
    portraits.mkdir()
    opened = DonorFolder.open(SHIPPED)
    names = [f"{number:03d}" for number in range(4)]
    for name, entry in zip(names, opened.entries, strict=False):
        shutil.copy(opened.path / entry["file"], portraits / f"{name}_1.jpg")
    (portraits / "004_1.jpg").write_bytes(b"no picture")
    with (portraits / "info.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(collect.COLUMNS)
        rows.writerows((name, 40, "female", "white") for name in [*names, "004"])
    with pytest.raises(CommandError) as refused:
        build(portraits, tmp_path / "out")
    assert "5 pictures with 4 usable faces; at least 12 are needed" in str(refused.value)
    assert "1 unusable (as 004_1.jpg): it cannot be read as a picture" in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_list_is_refused(tmp_path):
    portraits = tmp_path / "inner" / "portraits"
    portraits.mkdir(parents=True)
    (portraits / "001_1.jpg").write_bytes(b"")
    with pytest.raises(CommandError, match="name it with --info"):
        build(portraits, tmp_path / "out")


def test_a_list_with_other_columns_is_refused(tmp_path):
    (tmp_path / "001_1.jpg").write_bytes(b"")
    (tmp_path / "info.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CommandError, match="needs rows with the columns face_id"):
        build(tmp_path, tmp_path / "out", "--info", str(tmp_path / "info.csv"))


def test_a_full_folder_is_not_written_over_without_force(tmp_path):
    (tmp_path / "001_1.jpg").write_bytes(b"")
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(CommandError, match="is not empty"):
        build(tmp_path, out)
    assert (out / "thesis.txt").read_text() == "mine"


def test_a_folder_to_avoid_must_be_one_of_donors(tmp_path):
    (tmp_path / "001_1.jpg").write_bytes(b"")
    with pytest.raises(CommandError, match="is no folder of donors"):
        build(tmp_path, tmp_path / "out", "--avoid", str(tmp_path))


@pytest.mark.parametrize("count", ["0", "-1", "many", "201"])
def test_a_bad_count_is_refused(tmp_path, count):
    with pytest.raises(CommandError, match="count must be a whole number from 1 to 200"):
        call_command("build_donors", str(tmp_path), f"--out={tmp_path / 'out'}", f"--count={count}", "--seed=1")


@pytest.mark.parametrize("draw", ["1", "1.2", "1.2.x"])
def test_a_bad_draw_is_refused(tmp_path, draw):
    with pytest.raises(CommandError, match="a draw is three numbers"):
        build(tmp_path, tmp_path / "out", "--only", draw)


@pytest.mark.parametrize("seed", ["-1", "x", str(2**32)])
def test_a_bad_seed_is_refused(tmp_path, seed):
    with pytest.raises(CommandError, match="seed must be a whole number"):
        call_command("build_donors", str(tmp_path), f"--out={tmp_path / 'out'}", "--count=1", f"--seed={seed}")
