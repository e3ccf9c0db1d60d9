"""What the desk shows, of presentations and of practice alike."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from cohorts.models import Recording
from ratings import queries
from ratings.answer_models import Answer, ChangeReason, Reason
from ratings.items import NOT_SURE
from ratings.models import Presentation, Study
from ratings.serializers import AnswerSerializer


def items(presentation: Presentation) -> list[dict[str, Any]]:
    """Each item with its current answer."""
    answers = queries.current_answers(presentation)
    asked = queries.Scoring(presentation.study).items_for(presentation.recording)
    return [{"item": item, "answer": answers.get(item.code)} for item in asked]


def shown(study: Study, recording: Recording, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the page needs beside the video."""
    design = study.design
    return {
        "items": entries,
        "state": {"answers": {entry["item"].code: _told(entry["answer"]) for entry in entries}, **choices()},
        "muted": not any(entry["item"].sound for entry in entries),
        "not_sure": NOT_SURE,
        "tools": design.viewing_tools,
        "scale_percent": design.scale_percent,
        "frame_rate": f"{recording.frame_rate:g}",
    }


def _told(answer: Answer | None) -> dict[str, Any] | None:
    """An answer as the API tells it."""
    return None if answer is None else AnswerSerializer(answer).data


def choices() -> dict[str, list[list[str]]]:
    """What is chosen by one key: [key, value, words]."""
    return {
        "reasons": [[str(key), one.value, str(one.label)] for key, one in enumerate(Reason, start=1)],
        "changes": [[str(key), one.value, str(one.label)] for key, one in enumerate(ChangeReason, start=1)],
        "known": [["y", "yes", _("Yes")], ["n", "no", _("No")]],
    }
