"""Making the videos that fidelity is measured on, and reading their certificates. For workers and commands only."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.library import Library
from analysis.algorithms.fidelity.report import UNAVAILABLE, Pair, ceiling_of, report
from analysis.algorithms.fidelity.tracks import FaceTracks
from deid.algorithms.donors import DonorFolder
from deid.algorithms.engine import deidentify
from deid.algorithms.errors import EngineError, Withheld
from deid.algorithms.registry import ORIGINAL


def reencode(original: Path, target: Path) -> Path:
    """The original through the reader and encoder of every rendition: the ceiling.

    Raises
    ------
    MediaError, EngineError : as `deidentify`
    """
    deidentify(original, target, method=ORIGINAL)
    return target


def render(original: Path, target: Path, method: str) -> dict[str, Any]:
    """A rendition and its certificate, beside it as JSON; both are taken as they are where they exist."""
    beside = target.with_suffix(".json")
    if not (target.exists() and beside.exists()):
        certificate = deidentify(original, target, method=method)
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


def compare(
    clip: Path, methods: list[str], folder: Path, library: Library, others: tuple[FaceTracks, ...],
    strangers: Mapping[str, NDArray[np.float64]],
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """Reports of one clip by method; a method that gives out nothing has a reason in place of its report.

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
    for method in methods:
        target = folder / f"{method}.mp4"
        try:
            certificate = render(clip, target, method)
        except (Withheld, EngineError) as reason:
            found[method] = {UNAVAILABLE: f"{method} gives out nothing: {reason}"}
            continue
        donor = (certificate.get("method_report") or {}).get("donor")
        pair = replace(
            base, rendition=library.tracks(target), rendition_path=target, states=frame_states(certificate),
            donor=donor_descriptor(donor) if donor else None,
        )  # fmt: skip
        found[method] = report(pair, best) | {"donor": donor}
    return found
