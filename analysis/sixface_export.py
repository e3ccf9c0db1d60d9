"""The export of a closed six-face experiment: tables under pseudonyms, their codebook, the protocol, all hashed."""

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from analysis.models import MachineJudging
from analysis.sixface_answers import Judged, judged, pseudonyms
from analysis.sixface_result import Result
from analysis.sixface_texts import CODEBOOK
from frontend.csv_lines import csv_lines
from ratings.models import Experiment

EPOCH = (1980, 1, 1, 0, 0, 0)  # the same rows give the same bytes


def experiment_zip(experiment: Experiment, result: Result) -> bytes:
    """`SHA256SUMS` has the hash of every other file."""
    rows, named = judged(experiment), pseudonyms(experiment)
    out = {one.judge for one in result.excluded}
    files = {
        "answers.csv": _table("answers.csv", (_answer(row, named, out) for row in rows)),
        "faces.csv": _table("faces.csv", (face for row in rows for face in _faces(row, named))),
        "pictures.csv": _table("pictures.csv", ([row.trial.pk, row.trial.sha256] for row in rows)),
        "machines.csv": _table("machines.csv", _machines(experiment, rows)),
        "codebook.csv": _csv([["file", "column", "meaning"], *map(list, CODEBOOK)]),
        "protocol.json": experiment.frozen.encode(),
    }
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted({**files, "SHA256SUMS": sums.encode()}.items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content)
    return packed.getvalue()


def _csv(rows: Sequence[Sequence[Any]]) -> bytes:
    return "".join(csv_lines(rows)).encode()


def _table(name: str, rows: Iterator[list[Any]]) -> bytes:
    """With the columns that the codebook names for this file."""
    return _csv([[column for file, column, _meaning in CODEBOOK if file == name], *rows])


def _answer(row: Judged, named: dict[str, str], out: set[int]) -> list[Any]:
    trial, given, pair = row.trial, row.given, row.pair
    return [
        trial.pk, trial.judge.number, trial.position, row.sealed.kind, named.get(str(row.target), ""),
        *((place + 1 for place in pair) if pair else ("", "")),
        "" if given is None else int(pair is None), "+".join(sorted(row.sealed.roles[place] for place in pair or ())),
        given.confidence if given else "", given.response_ms if given else "",
        given.saved_at.isoformat() if given else "", int(trial.judge.number in out),
    ]  # fmt: skip


def _faces(row: Judged, named: dict[str, str]) -> Iterator[list[Any]]:
    for face in row.sealed.faces:
        yield [row.trial.pk, face.position, face.role, named[face.person], face.sha256]


def _machines(experiment: Experiment, rows: list[Judged]) -> Iterator[list[Any]]:
    told = MachineJudging.objects.filter(experiment=experiment).values_list("answers", flat=True).first() or {}
    for name, pairs in sorted(told.items()):
        for row in rows:
            if str(row.trial.pk) in pairs:
                pair = pairs[str(row.trial.pk)] or ()
                yield [row.trial.pk, name, *(place + 1 for place in pair), *([] if pair else ["", ""])]
