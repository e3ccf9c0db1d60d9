"""The command that shows six-face trials made of portraits to recognisers, on people who agreed to be shown."""

import json

import pytest
from django.core.management import CommandError, call_command

from tests.data_files import data_file

N_PEOPLE = 6


def portraits(of, folder):
    """The first people of a folder of portraits, in a folder of their own."""
    folder.mkdir()
    for path in sorted(data_file(f"portraits/{of}").glob("*.jpg"))[:N_PEOPLE]:
        (folder / path.name).symlink_to(path)
    return folder


def test_machines_find_who_was_not_deidentified_and_nobody_under_a_mask(tmp_path, capsys):
    first, second = (portraits(f"london_{of}", tmp_path / of) for of in ("neutral", "smiling"))
    out = tmp_path / "out"
    call_command("sixface_machines", first=first, second=second, methods="original,mask", catch=1, out=out)
    original, mask = json.loads((out / "table.json").read_text())
    assert (original["method"], mask["method"]) == ("original", "mask")
    assert original["trials"] == mask["trials"] == N_PEOPLE
    assert original["deidentified+original"] >= N_PEOPLE - 1
    assert mask["deidentified+original"] == 0
    assert original["same found"] == "1/1"
    names, *rows = (line.split("\t") for line in capsys.readouterr().out.splitlines())
    assert [dict(zip(names, row, strict=True)) for row in rows] == [
        {name: str(value) for name, value in row.items()} for row in (original, mask)
    ]
    assert (out / "mask.png").exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match="there is no folder") as refused:
        call_command("sixface_machines", first=tmp_path / "none", second=tmp_path, out=tmp_path / "out")
    assert refused.value.returncode == 2
