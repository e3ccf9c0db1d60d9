"""A file counts only when it is there, allowed, and the very file that the manifest means."""

import os
from dataclasses import replace

import pytest

from modelstore.errors import BadWeights, LicenceForbids, MissingWeights, UnknownWeights
from modelstore.manifest import LOCAL, Entry, Manifest, read, write
from modelstore.store import State, Store
from tests.modelstore.making import LICENCE, doubling, entry_of, small_store, vouch


def test_a_file_that_is_vouched_for_may_be_loaded(tmp_path):
    store = small_store(tmp_path)
    assert store.state(store.entry("small")) is State.READY
    assert store.why_not(["small"]) == []
    assert store.path("small") == tmp_path / "small.onnx"


def test_what_is_missing_is_told_with_the_command_that_adds_it(tmp_path):
    fetched, added = Store(tmp_path).why_not(["det_10g", "inswapper_128", "2d106det"])
    assert fetched == "the model store lacks det_10g, 2d106det: manage.py models fetch det_10g 2d106det."
    assert "manage.py models add inswapper_128 FILE" in added
    with pytest.raises(MissingWeights, match="face detection"):
        Store(tmp_path).path("det_10g")


def test_one_changed_byte_is_found_though_length_and_time_stay(tmp_path):
    """The second read must not trust the first: the file is written over in place and its time is put back."""
    store = small_store(tmp_path)
    file = store.path("small")
    before = file.stat()
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    with file.open("r+b") as opened:
        opened.write(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    with pytest.raises(BadWeights, match=r"not the file that the manifest means.*Nothing of it was loaded"):
        store.path("small")


def test_a_file_is_read_once_for_as_long_as_it_stays_the_same(tmp_path):
    """Where reading is not allowed any more the known hash still stands: the file was not read again."""
    store = small_store(tmp_path)
    first = store.path("small")
    reads = _bytes_read()
    assert store.path("small") == first
    assert _bytes_read() - reads < first.stat().st_size + 4096


def _bytes_read():
    with open("/proc/self/io") as told:  # noqa: PTH123
        return int(next(line for line in told if line.startswith("rchar")).split()[1])


def test_a_file_that_was_cut_off_is_told_by_its_length_alone(tmp_path):
    store = small_store(tmp_path)
    file = tmp_path / "small.onnx"
    os.truncate(file, 50)
    assert store.state(store.entry("small")) is State.DAMAGED
    with pytest.raises(BadWeights, match="has 50 bytes, expected"):
        store.path("small")


def test_a_licence_that_forbids_the_use_forbids_the_file(tmp_path):
    research = small_store(tmp_path, uses=("research",), licence="not for sale")
    assert research.path("small")
    commercial = replace(research, use="commercial")
    assert commercial.state(commercial.entry("small")) is State.FORBIDDEN
    with pytest.raises(LicenceForbids, match=r"\(not for sale\) does not allow commercial use"):
        commercial.path("small")


def test_a_file_without_a_recorded_hash_is_not_loaded(tmp_path):
    doubling(tmp_path / "arcface.onnx")
    store = Store(tmp_path)
    assert store.state(store.entry("arcface")) is State.UNRECORDED
    with pytest.raises(MissingWeights, match=r"vouch for it with manage\.py models add arcface"):
        store.path("arcface")


def test_a_shipped_hash_counts_whatever_the_folder_says(tmp_path):
    """Else whoever can write to the folder could put any network in the place of a known one."""
    file = doubling(tmp_path / "inswapper_128.onnx")
    store = vouch(Store(tmp_path), file, "inswapper_128")
    assert store.entry("inswapper_128").sha256.startswith("e4a3f08c753c")
    assert store.state(store.entry("inswapper_128")) is State.DAMAGED


def test_an_entry_shipped_without_a_hash_is_completed_by_the_folder(tmp_path):
    store = vouch(Store(tmp_path), doubling(tmp_path / "own.onnx"), "physnet")
    assert store.path("physnet").name == "own.onnx"


def test_names_that_nobody_knows_are_refused(tmp_path):
    with pytest.raises(UnknownWeights, match="known: arcface, det_10g"):
        Store(tmp_path).path("nothing")


@pytest.mark.parametrize(
    "wrong",
    [{"file": "../outside.onnx"}, {"file": "model.exe"}, {"name": "No Name"}, {"sha256": "abc"},
     {"licence": ""}, {"uses": ("war",)}],
)  # fmt: skip
def test_entries_that_would_lead_astray_are_refused(wrong):
    said = {"name": "a", "task": "t", "file": "a.onnx", "sha256": None, "size": None, **LICENCE}
    with pytest.raises(BadWeights):
        Entry(**{**said, **wrong})


def test_a_manifest_is_read_as_it_was_written(tmp_path):
    entry = entry_of(doubling(tmp_path / "a.onnx"), url="https://example.org/a.zip", member="a.onnx")
    write(tmp_path / LOCAL, [entry])
    assert read(tmp_path / LOCAL) == (entry,)
    assert read(tmp_path / "none.json") == ()


@pytest.mark.parametrize("text", ["not json", "{}", '{"weights": 3}', '{"weights": [{"name": "a"}]}',
                                  '{"weights": [{"name": "a", "colour": "red"}]}'])  # fmt: skip
def test_a_damaged_manifest_is_refused_with_a_sentence(tmp_path, text):
    (tmp_path / LOCAL).write_text(text)
    with pytest.raises(BadWeights, match="manifest"):
        Manifest.of(tmp_path)
