"""Making the videos that fidelity is measured on, and reading their certificates. For workers and commands only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import UNAVAILABLE
from analysis.algorithms.fidelity.library import Library
from analysis.algorithms.fidelity.report import Pair, ceiling_of, report
from analysis.algorithms.fidelity.tracks import FaceTracks
from analysis.method_rows import MethodRow
from deid.algorithms.donors import DonorFolder
from deid.algorithms.engine import deidentify
from deid.algorithms.errors import EngineError, Withheld
from deid.algorithms.registry import ORIGINAL
from deid.weights import model_store
from modelstore.errors import BadWeights
from modelstore.store import Store


def reencode(original: Path, target: Path) -> Path:
    """The original through the reader and encoder of every rendition: the ceiling.

    Raises
    ------
    MediaError, EngineError : as `deidentify`
    """
    deidentify(original, target, method=ORIGINAL)
    return target


def render(original: Path, target: Path, method: str, weights: Store | None = None) -> dict[str, Any]:
    """A rendition and its certificate, beside it as JSON; both are taken as they are where they exist."""
    beside = target.with_suffix(".json")
    if not (target.exists() and beside.exists()):
        certificate = deidentify(original, target, method=method, weights=weights or model_store())
        beside.write_text(json.dumps(certificate.to_dict()) + "\n", encoding="utf-8")
    found: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
    return found


def donor_descriptor(name: str) -> NDArray[np.float64]:
    """(128,) of a shipped donor.

    Raises
    ------
    BadDonors : there is none of that name
    """
    folder = DonorFolder.open()
    folder.check(name)
    return folder.descriptor[folder.names.index(name)]


def frame_states(certificate: Mapping[str, Any]) -> tuple[str, ...]:
    """The state of each frame, from the certificate's runs."""
    return tuple(state for first, last, state in certificate["runs"] for _ in range(first, last + 1))


def masked_places(certificate: Mapping[str, Any]) -> tuple[NDArray[np.float64], ...] | None:
    """Of each frame the (k, 4) boxes under which nothing of it is left; None of a certificate that does not say so."""
    if certificate.get("masks") is None:
        return None
    n_frames = certificate["runs"][-1][1] + 1 if certificate["runs"] else 0
    places = [np.empty((0, 4))] * n_frames
    for first, last, boxes in certificate["masks"]:
        places[first : last + 1] = [np.array(boxes, dtype=np.float64)] * (last - first + 1)
    return tuple(places)


def compare(
    clip: Path, methods: Sequence[MethodRow], folder: Path, library: Library, others: tuple[FaceTracks, ...],
    strangers: Mapping[str, NDArray[np.float64]],
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """Reports of one clip by row; a method that gives out nothing has a reason in place of its report.

    Parameters
    ----------
    folder : renditions are kept here
    others : tracks of other people's videos
    """
    folder.mkdir(parents=True, exist_ok=True)
    ceiling = folder / "original.mp4"
    render(clip, ceiling, ORIGINAL)
    original, reencoded = library.tracks(clip), library.tracks(ceiling)
    base = Pair(
        original, reencoded, reencoded, original_path=clip, rendition_path=ceiling, reencoded_path=ceiling,
        strangers=strangers, others=others,
    )  # fmt: skip
    best = ceiling_of(base)
    found: dict[str, dict[str, Any]] = {}
    for row in methods:
        target = folder / f"{row.file}.mp4"
        try:
            certificate = render(clip, target, row.method, row.store)
        except (Withheld, EngineError, BadWeights) as reason:
            found[row.name] = {UNAVAILABLE: f"{row.name} gives out nothing: {reason}"}
            continue
        donor = (certificate.get("method_report") or {}).get("donor")
        pair = replace(
            base, rendition=library.tracks(target), rendition_path=target, states=frame_states(certificate),
            masks=masked_places(certificate), donor=donor_descriptor(donor) if donor else None,
        )  # fmt: skip
        found[row.name] = report(pair, best) | {"donor": donor}
    return found
