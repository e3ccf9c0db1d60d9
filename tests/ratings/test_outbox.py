"""The server against a browser that keeps its answers in an outbox, over a network that loses, doubles and reorders.

`OUTBOX_STEPS` says how many steps are taken (300 unless told otherwise).
"""

import io
import itertools
import json
import os
import uuid

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from ratings import services, signing_services
from ratings.models import Rating, SessionSignature, Study
from ratings.session_queries import sessions_of, signed_content
from tests.ratings.build import opened_study

pytestmark = pytest.mark.django_db

STEPS = int(os.environ.get("OUTBOX_STEPS", 300))
IN_A_ROW = 50
ITEMS = ("facial_expression", "rest_tremor_lip_jaw")


class Tab:
    """What a page knows: answers that the server has not confirmed, oldest first, and those it believes to stand."""

    def __init__(self) -> None:
        self.outbox: list[tuple[str, dict]] = []
        self.known: dict[tuple[str, str], str | None] = {}

    def press(self, address: str, item: str, score: int | None) -> dict:
        queued = [body["client_id"] for where, body in self.outbox if (where, body["item"]) == (address, item)]
        before = queued[-1] if queued else self.known.get((address, item))
        body = {
            "client_id": str(uuid.uuid4()), "item": item, "score": score, "not_sure": score is None,
            "reason": "artefact" if score is None else "", "replaces": before,
            "change_reason": "second_look" if before else "",
        }  # fmt: skip
        self.outbox.append((address, body))
        return body

    def hear(self, address: str, body: dict, status: int, told: dict) -> None:
        """The server's answer to the first of the outbox."""
        if status == 403:
            return  # signed out: it stays and is sent again
        self.outbox.pop(0)
        key = (address, body["item"])
        if status in (200, 201):
            self.known[key] = body["client_id"]
            return
        assert status == 409, told
        self.known[key] = told["current"] and told["current"]["client_id"]
        self.outbox = [(where, later) for where, later in self.outbox if (where, later["item"]) != key]


class Browsers(RuleBasedStateMachine):
    """Two tabs of one rater. Everything is undone after each run: the study is that of the test."""

    study: Study

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.study.refresh_from_db()
        self.place = self.study.places.select_related("rater").get()
        self.client, self.signed_in = Client(), False
        self.addresses = [
            f"/api/presentations/{pk}/ratings/" for pk in self.study.presentations.values_list("pk", flat=True)
        ]
        self.tabs = [Tab(), Tab()]
        self.pressed: dict[str, dict] = {}
        self.acknowledged: dict[str, dict] = {}
        self.underway: list[tuple[str, dict]] = []

    def deliver(self, address: str, body: dict) -> tuple[int, dict]:
        response = self.client.post(address, json.dumps(body), content_type="application/json")
        assert response.status_code in (200, 201, 403, 409), response.content
        return response.status_code, response.json()

    @rule(
        tab=st.integers(0, 1), where=st.integers(0, 1), item=st.sampled_from(ITEMS), score=st.none() | st.integers(0, 4)
    )
    def press(self, tab: int, where: int, item: str, score: int | None) -> None:
        body = self.tabs[tab].press(self.addresses[where], item, score)
        self.pressed[body["client_id"]] = body

    @rule(
        tab=st.integers(0, 1), fate=st.sampled_from(["heard", "heard", "heard", "lost", "unheard", "doubled", "late"])
    )
    def send(self, tab: int, fate: str) -> None:
        """The first of the outbox; "unheard": the server has it and its answer is lost."""
        if not self.tabs[tab].outbox:
            return
        address, body = self.tabs[tab].outbox[0]
        if fate == "late":
            self.underway.append((address, body))
        if fate in ("lost", "late"):
            return
        status, told = self.deliver(address, body)
        if fate == "doubled":
            status, told = self.deliver(address, body)
        if fate != "unheard":
            self.tabs[tab].hear(address, body, status, told)
            if status in (200, 201):
                self.acknowledged[body["client_id"]] = body

    @precondition(lambda self: self.underway)
    @rule(which=st.integers(0, 20))
    def arrives_late(self, which: int) -> None:
        """A delivery that wandered: whoever sent it has long gone on."""
        self.deliver(*self.underway.pop(which % len(self.underway)))

    @rule(tab=st.integers(0, 1))
    def reload(self, tab: int) -> None:
        """The outbox survives; what stands is asked for."""
        if not self.signed_in:
            return
        for address in self.addresses:
            for answer in self.client.get(address).json()["answers"]:
                self.tabs[tab].known[address, answer["item"]] = answer["client_id"]

    @rule()
    def sign_in(self) -> None:
        self.client.force_login(self.place.rater)
        self.signed_in = True

    @rule(really=st.integers(0, 4))
    def sign_out(self, really: int) -> None:
        if really == 0:
            self.client.logout()
            self.signed_in = False

    @rule()
    def sign(self) -> None:
        for session in sessions_of(self.place.rater):
            if session.is_complete and session.signature is None:
                signing_services.sign_session(
                    study=self.study, session=session.number, rater=self.place.rater, second_factor=False
                )

    @rule()
    def unlock(self) -> None:
        if self.study.state == Study.State.OPEN:
            for signature in SessionSignature.objects.filter(place=self.place, voided_at__isnull=True):
                signing_services.void_signature(signature=signature, reason="a slip", actor=self.place.rater)

    @rule(really=st.integers(0, 30))
    def close(self, really: int) -> None:
        if really == 0 and self.study.state == Study.State.OPEN:
            self.study = services.close_study(study=self.study, actor=None)

    def teardown(self) -> None:
        try:
            self.check()
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    def check(self) -> None:
        rows = {str(row.client_id): row for row in Rating.objects.filter(presentation__study=self.study)}
        assert set(self.acknowledged) <= set(rows) <= set(self.pressed), (
            "an acknowledged answer is lost, or one made up"
        )
        for client_id, row in rows.items():
            body = self.pressed[client_id]
            assert (row.item, row.score, row.reason) == (body["item"], body["score"], body["reason"])
            before = None if row.replaces is None else str(row.replaces.client_id)
            assert before == body["replaces"], "it replaced what its page knew, nothing else"
        answered = {(row.presentation_id, row.item) for row in rows.values()}
        standing = [row for row in rows.values() if not hasattr(row, "replaced_by")]
        assert sorted((r.presentation_id, r.item) for r in standing) == sorted(answered), "one current value of each"
        for signature in SessionSignature.objects.filter(place=self.place, voided_at__isnull=True):
            assert signed_content(self.place, signature.session).sha256 == signature.sha256
        call_command("verify_ratings", study=self.study.pk, verbosity=0, stdout=io.StringIO())


@pytest.mark.timeout(7200)
def test_no_acknowledged_answer_is_lost_or_doubled(capsys):
    counted = itertools.count()

    class Counted(Browsers):
        study = opened_study(1)

        def check_invariants(self, *given: object, **more: object) -> None:
            next(counted)
            super().check_invariants(*given, **more)

    run_state_machine_as_test(
        Counted,
        settings=settings(
            max_examples=max(1, STEPS // IN_A_ROW), stateful_step_count=IN_A_ROW, deadline=None, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    with capsys.disabled():
        print(f"\n{next(counted)} steps")
