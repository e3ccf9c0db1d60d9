"""Which rows of the table of methods have a rank: an under-trained network never has one."""

import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from safetensors.torch import save_file

from analysis.fidelity_table import Cell
from analysis.method_rows import MethodRow, method_row, ranks
from deid.algorithms.errors import BadParameters
from deid.algorithms.networks.loading import from_store
from deid.algorithms.networks.rppg_autoencoder import build
from deid.algorithms.training.record import Record
from modelstore.errors import UnknownWeights
from modelstore.store import Store
from tests.deid.networks.making import small_networks
from tests.modelstore.making import store_of
from tests.videoio.making import make_video

FULL = {"model": {"width": 64, "blocks": 9, "side": 224}, "blinks": True, "landmarks": False}


def file_with(folder, name, network="facemotionpreserve", **record):
    """A small network whose file says how long it was trained."""
    path = folder / f"{name}.safetensors"
    told = {"training": json.dumps({"kind": "facemotion", "data": {}, **record})} if record else None
    save_file({key: each.contiguous() for key, each in small_networks()[network].state_dict().items()}, path, told)
    return path


def row(method="facemotion", images=2_000_000, config=None, trained=True, name="row"):
    record = Record("a test", 1000, images, {}, FULL if config is None else config) if images else None
    return MethodRow(name, method, Store(None), "file", record, trained)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (row(), ""),
        (row(images=999_999), "under-trained: 999,999 of 1,000,000 pictures seen"),
        (row(images=None), "nobody told how long"),
        (row(config=FULL | {"model": {"width": 16, "blocks": 9, "side": 224}}), "model.width 16, not 64"),
        (row("faceswap", config={"model": {"width": 128}}), "model.dense None, not 1024"),
        (row("motionmesh", images=None, trained=False), ""),
    ],
)
def test_a_row_has_a_rank_only_at_the_published_size_and_after_enough_pictures(found, why):
    assert (why in found.unranked) if why else (found.unranked == "")


def test_the_best_number_of_all_gets_no_rank_where_the_network_is_under_trained():
    rows = [row(name="young", images=3200), *(row("mask", None, trained=False, name=name) for name in "abc")]
    motion = {"young": 0.99, "a": 0.5, "b": 0.8, "c": 0.5}
    near = {"young": 0.0, "a": 0.2, "b": 0.6, "c": None}
    cells = {
        name: {
            "r CCA, chance 0 to ceiling 1": Cell(1, motion[name], 0, 0, ()),
            "Within 0.6 of original": Cell(1, near[name], 0, 0, ()),
        }
        for name in motion
    }
    assert ranks(cells, rows) == {
        "a": {"Rank by motion": 2, "Rank by identity": 1},
        "b": {"Rank by motion": 1, "Rank by identity": 2},
        "c": {"Rank by motion": 2},
    }
    assert rows[0].told() == ["3,200", "1,000", "under-trained: 3,200 of 1,000,000 pictures seen"]


def test_a_row_that_lacks_the_number_on_a_clip_has_no_rank():
    """Pixelation leaves a face on one clip of three: its mean is that clip's, and no better than another row's."""
    rows = [row("mask", None, trained=False, name=name) for name in ("every clip", "one clip", "worse")]
    near = {"every clip": Cell(3, 0.1, 0, 0, ()), "one clip": Cell(1, 0.0, 0, 0, ()), "worse": Cell(3, 0.4, 0, 0, ())}
    cells = {name: {"r CCA, chance 0 to ceiling 1": Cell(0, None, None, None, ()), "Within 0.6 of original": each}
             for name, each in near.items()}  # fmt: skip
    assert ranks(cells, rows) == {"every clip": {"Rank by identity": 1}, "worse": {"Rank by identity": 2}}


def test_several_weights_of_one_method_are_rows_of_their_own(tmp_path):
    """The switches of FaceMotionPreserve stand in the name, and the method is given that row's weights."""
    store = store_of(
        tmp_path,
        **{
            "facemotionpreserve-1": file_with(tmp_path, "one", steps=10, images=320, config=FULL),
            "rppg_autoencoder-2": file_with(tmp_path, "two", "rppg_autoencoder"),
        },
    )
    first = method_row("facemotion=facemotionpreserve-1", store)
    assert first.name == "facemotion d+l- (facemotionpreserve-1)"
    assert first.told()[:2] == ["320", "10"]
    second = method_row("rppg=rppg_autoencoder-2", store)
    assert second.told() == ["–", "–", "nobody told how long its weights were trained"]
    network, _ = from_store(second.store, "rppg_autoencoder", build)
    assert network.conv1.weight.shape[0] == 4
    assert second.file.startswith("rppg-")  # a rendition of other weights is never taken for its own
    assert not second.store.why_not(["rppg_autoencoder"])


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"phantoms": 9}, "--phantoms must be from 0 to 8, was 9"),
        ({"methods": "mask,mask"}, "names a row twice"),
        ({"methods": "faceswap=faceswap-9"}, "no weights 'faceswap-9'"),
    ],
)
def test_comparisons_that_cannot_be_are_refused_before_anything_is_made(tmp_path, wish, message):
    (tmp_path / "clip.mp4").touch()
    with pytest.raises(CommandError, match=message) as refused:
        call_command("compare_methods", clips=tmp_path, out=tmp_path / "out", **{"methods": "mask"} | wish)
    assert refused.value.returncode == 2
    assert not (tmp_path / "out").exists()


def test_a_clip_that_no_method_takes_is_told_before_the_others_are_rendered(tmp_path):
    make_video(tmp_path / "a.mp4")
    make_video(tmp_path / "b.mp4", ticks=range(0, 30 * 32, 32))  # 480 a second
    with pytest.raises(CommandError, match=r"b\.mp4 has 480") as refused:
        call_command("compare_methods", clips=tmp_path, methods="mask", out=tmp_path / "out")
    assert refused.value.returncode == 2
    assert not list((tmp_path / "out").iterdir())


def test_rows_that_cannot_be_are_refused(tmp_path):
    store = Store(tmp_path)
    with pytest.raises(UnknownWeights, match="no weights 'faceswap-9'"):
        method_row("faceswap=faceswap-9", store)
    with pytest.raises(BadParameters, match="takes faceswap: 'rppg_autoencoder' is none of them"):
        method_row("faceswap=rppg_autoencoder", store)
    with pytest.raises(BadParameters, match="'mask' takes no weights"):
        method_row("mask=faceswap", store)
    assert method_row("mask", store).unranked == ""
