"""The pre-registration pack: a study's design as canonical JSON and as a PDF made of nothing but that JSON."""

from pathlib import Path
from typing import Any

import typst

from ratings import practice_queries, queries
from ratings.algorithms.allocation import ALGORITHM
from ratings.models import Study
from ratings.protocol import MULTIPLICITY, canonical_json

FORMAT = "semblance-protocol/1"
TEMPLATE = Path(__file__).with_name("pack.typ")


def content_of(study: Study, *, number: int, reason: str) -> dict[str, Any]:
    """Everything that was decided beforehand. Raters and recordings appear by number: the pack may be registered."""
    design, pairs, scoring = study.design, queries.pairs_of(study), queries.Scoring(study)
    asked = {pair.recording.pk: [item.code for item in scoring.items_for(pair.recording)] for pair in pairs}
    return {
        "format": FORMAT,
        "study": study.name,
        "version": number,
        "reason": reason,
        "arms": ["original", *study.methods],
        "items": [_item(item, asked) for item in scoring.items.values()],
        "recordings": [
            {"recording": pair.recording.pk, "task": pair.recording.task, "items": asked[pair.recording.pk]}
            for pair in sorted(pairs, key=lambda pair: pair.recording.pk)
        ],
        "n_participants": len({pair.recording.participant_id for pair in pairs}),
        "exclusions": [
            {"recording": one.recording_id, "item": one.item, "reason": one.reason} for one in study.exclusions.all()
        ],
        "practice": practice_queries.frozen(study),
        "donors": queries.donors(pairs),
        "raters": [{"rater": str(place), "calibration": place.calibration} for place in study.places.all()],
        "allocation": {"algorithm": ALGORITHM, **_rules(study)},
        **({"viewing": viewing} if (viewing := design.viewing()) else {}),
        "analysis": {
            "estimand": design.estimand,
            "primary_item": design.primary_item,
            "margin": design.margin,
            "margin_reason": design.margin_reason,
            "alpha": design.alpha,
            "multiplicity": MULTIPLICITY.get(design.multiplicity, design.multiplicity),
            "n_planned": design.n_planned,
            "simulation": design.simulation,
        },
        **_around(study),
    }


def _around(study: Study) -> dict[str, Any]:
    """What is asked before and after the ratings. Left out where it is not: packs without it keep their bytes."""
    design = study.design
    told = {"calibration_days": design.calibration_days, "debrief_videos": design.debrief_videos}
    return {name: value for name, value in told.items() if value}


def _item(item: Any, asked: dict[int, list[str]]) -> dict[str, Any]:
    return {
        "code": item.code,
        "name": str(item),
        "levels": [str(word) for word in item.levels],
        "tasks": [str(task) for task in item.tasks],
        "sound": item.sound,
        "anchored": bool(item.anchors),  # the texts themselves are licensed: they stay here
        "n_recordings": sum(item.code in codes for codes in asked.values()),
    }


def _rules(study: Study) -> dict[str, Any]:
    design = study.design
    return {
        "sessions": design.sessions,
        "gap_days": design.gap_days,
        "repeats_percent": design.repeats_percent,
        "participant_distance": design.participant_distance,
        "donor_distance": design.donor_distance,
        "donor_cap": design.donor_cap,
        "break_after": design.break_after,
    }


def pdf_of(content: bytes, sha256: str) -> bytes:
    """The JSON as pages; the same JSON gives the same bytes (no date, no fonts of this machine)."""
    pdf: bytes = typst.compile(
        str(TEMPLATE), format="pdf", ignore_system_fonts=True,
        sys_inputs={"content": content.decode(), "sha256": sha256},
    )  # fmt: skip
    return pdf


def json_of(study: Study, *, number: int, reason: str) -> bytes:
    return canonical_json(content_of(study, number=number, reason=reason))
