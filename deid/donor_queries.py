"""Reads of donors: the shipped synthetic ones and those that coordinators added."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet

from cohorts.consent import consenting
from cohorts.vocabulary import Scope
from deid.models import OwnDonor

SHIPPED = Path(__file__).resolve().parent / "donors"  # the same folder as deid.algorithms.donors.SHIPPED, read lightly


@cache
def shipped_donors() -> list[dict[str, Any]]:
    """Index of the shipped donors: name, file, sex, age. The web process reads it without the picture libraries."""
    donors: list[dict[str, Any]] = json.loads((SHIPPED / "donors.json").read_text())["donors"]
    return donors


def shipped_picture(name: str) -> Path | None:
    """The picture of a shipped donor; None when there is none of that name."""
    for donor in shipped_donors():
        if donor["name"] == name:
            return SHIPPED / str(donor["file"])
    return None


def accepted_donors() -> QuerySet[OwnDonor]:
    """Own donors whose face may be worn: of participants only those who agree to it now."""
    agreed = Q(participant__isnull=True) | Q(participant__in=consenting(Scope.DONOR))
    return OwnDonor.objects.filter(agreed, state=OwnDonor.State.ACCEPTED)


def donor_choices(own_donors: QuerySet[OwnDonor] | None = None) -> list[tuple[str, str]]:
    """What a job may name: a shipped donor, or an accepted own one, of `own_donors` where these are given."""
    shipped = [(d["name"], f"{d['name']} ({OwnDonor.Sex(d['sex']).label}, {d['age']:.0f})") for d in shipped_donors()]
    accepted = accepted_donors() if own_donors is None else own_donors.filter(state=OwnDonor.State.ACCEPTED)
    own = [(donor.name, f"{donor.name} ({donor.get_sex_display()}, {donor.age})") for donor in accepted]
    return [*shipped, *own]
