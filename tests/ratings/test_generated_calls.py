"""Generated calls of the API: no server error, and no row that breaks a rule. `GENERATED_CALLS` says how many."""

import io
import json
import os
import random
import uuid

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client

from ratings.models import Acquaintance, Rating
from tests.ratings.build import opened_study, rate

pytestmark = pytest.mark.django_db

CALLS = int(os.environ.get("GENERATED_CALLS", 300))
GOOD = {
    "item": ["facial_expression", "rest_tremor_lip_jaw"],
    "score": [0, 1, 2, 3, 4, None],
    "not_sure": [False, True],
    "reason": ["", "not_visible", "no_audio", "artefact", "would_not_play", "other"],
    "comment": ["", "looks left", "x" * 500, "Zoë ☃ 𝛼"],
    "change_reason": ["", "slip", "second_look", "other"],
    "answered_at": [None, "2026-11-20T10:00:00Z", "1999-12-31T23:59:59+14:00"],
    "seen_before": [True, False],
}
# Written as JSON, so that what Python could not say is there too.
STRANGE = [
    "-1", "5", '"4"', "4.0", "2.5", "NaN", "Infinity", "-Infinity", "true", "false", "null", '""', "[]", "{}", "[[]]",
    "1" + "0" * 400, "1e400", "9" * 5000, '"\\u0000"', '"\\ud800"', '"' + "x" * 5000 + '"', '"gait"', '"speech"',
    '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-14:00"', '"2026-13-45"', '{"client_id": "x"}', "[1, 2]",
]  # fmt: skip


class Calls:
    """Bodies that are right in most parts and strange in some, to presentations of one's own and of others."""

    def __init__(self, study, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311
        own, other = study.places.select_related("rater")
        self.rater = own.rater
        self.own = list(study.presentations.filter(rater=own.rater).values_list("pk", flat=True))
        self.others = list(study.presentations.filter(rater=other.rater).values_list("pk", flat=True))
        self.ids = [str(one) for one in Rating.objects.values_list("client_id", flat=True)]

    def address(self) -> str:
        pk = self.dice.choice([*self.own * 8, *self.others, uuid.uuid4()])
        return f"/api/presentations/{pk}/{self.dice.choice(['ratings'] * 9 + ['acquaintance'])}/"

    def client_id(self) -> str:
        """New ones, and those of other answers."""
        if self.ids and self.dice.random() < 0.3:
            return self.dice.choice(self.ids)
        self.ids.append(str(uuid.uuid4()))
        return self.ids[-1]

    def body(self) -> str:
        parts = {name: json.dumps(self.dice.choice(values)) for name, values in GOOD.items()}
        parts["client_id"], parts["replaces"] = json.dumps(self.client_id()), json.dumps(self.client_id())
        if self.dice.random() < 0.7:
            parts["not_sure"] = "false"
            parts["reason"] = '""'
        if self.dice.random() < 0.4:
            parts["change_reason"] = '""'
        for name in ("replaces", "comment", "answered_at", self.dice.choice(list(parts))):
            if self.dice.random() < 0.5:
                parts.pop(name, None)
        for name in self.dice.sample(list(parts), k=self.dice.choice([0, 0, 1, 1, 2])):
            parts[name] = self.dice.choice(STRANGE)
        text = ", ".join(f"{json.dumps(name)}: {value}" for name, value in parts.items())
        if self.dice.random() < 0.05:
            text += ', "score": 3'  # the same name twice
        return self.dice.choice(STRANGE) if self.dice.random() < 0.02 else f"{{{text}}}"


@pytest.mark.timeout(7200)
def test_generated_calls_meet_no_error_and_leave_no_invalid_row(capsys):
    study = opened_study(1, n_raters=2)
    for presentation in study.presentations.select_related("rater").filter(rater=study.places.last().rater):
        rate(presentation, "facial_expression", 2)
    calls, client, answered = Calls(study, seed=1), Client(raise_request_exception=False), {}
    client.force_login(calls.rater)
    for _number in range(CALLS):
        address, body = calls.address(), calls.body()
        response = client.post(address, body, content_type="application/json")
        answered[response.status_code] = answered.get(response.status_code, 0) + 1
        assert response.status_code in (200, 201, 400, 404, 409), (address, body[:300], response.content[:300])
        assert response["Content-Type"] == "application/json"
        if response.status_code == 201 and address.endswith("ratings/"):
            row, told = Rating.objects.get(client_id=response.json()["client_id"]), json.loads(body)
            assert (row.item, row.score, row.not_sure) == (told["item"], told.get("score"), told.get("not_sure", False))
    with capsys.disabled():
        print(f"\n{CALLS} calls: {dict(sorted(answered.items()))}")
    assert answered[201] > CALLS / 20, "among them are good ones"
    for row in Rating.objects.all():
        row.full_clean(exclude=row.SEALED)
        assert row.presentation.rater_id == row.place.rater_id
    assert Acquaintance.objects.exclude(presentation__rater=calls.rater).count() == 0
    assert Rating.objects.exclude(presentation__rater=calls.rater).count() == 2, "nobody answered for the other"
    call_command("verify_ratings", stdout=io.StringIO())


HOSTILE = ["-1", "5", "'4'", "4.0", "'NaN'::float", "true", f"1{'0' * 400}", "''", "'{{}}'::int[]", "'Infinity'::float"]


@pytest.mark.parametrize("value", HOSTILE)
def test_the_same_values_make_no_row_by_sql(value):
    """“4” and 4.0 are the number 4 to SQL: they may be kept as that, and as nothing else."""
    presentation = opened_study(1).presentations.first()
    sql = (
        "INSERT INTO ratings_rating"  # noqa: S608
        " (presentation_id, item, score, not_sure, reason, client_id, change_reason, saved_at)"
        f" VALUES ('{presentation.pk}', 'facial_expression', {value}, false, '', gen_random_uuid(), '', now())"
    )
    try:
        with transaction.atomic():
            connection.cursor().execute(sql)
    except DatabaseError:
        assert value not in ("'4'", "4.0")
    assert set(Rating.objects.values_list("score", flat=True)) <= {4}
