"""The chain: unbroken under concurrent writers, and broken visibly by whoever may change rows."""

import threading
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

import audit.services as audit
from audit.chain import GENESIS, Anchor, digest, read_anchors, verify
from audit.models import Event
from audit.queries import whole_chain
from config.embedded import APP
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def record(n: int, note: str = "") -> list[Event]:
    return [audit.record(actor=None, verb="test.done", target=None, note=note or f"number {i}") for i in range(n)]


def as_owner(statement: str) -> None:
    """What only who owns the tables can do: change rows behind the triggers' back."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_event DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")


def test_every_row_carries_the_hash_of_the_one_before():
    record(3)
    rows = list(whole_chain())
    assert [row.position for row in rows] == [1, 2, 3]
    assert [row.previous_hash for row in rows] == [GENESIS, rows[0].hash, rows[1].hash]
    assert verify(rows).unbroken


@pytest.mark.parametrize(
    "note", ["", "1:a,2:", "Zoë ☃ 𝛼 \u202e", "two\nlines\r\n\ttab", "'; DROP TABLE x; --", "a" * 70_000]
)
def test_the_database_and_python_hash_the_same_bytes(note: str):
    audit.record(actor=UserFactory(), verb="test.done", target=UserFactory(), note=note)
    row = Event.objects.get()
    assert row.hash == digest(row, position=1, previous_hash=GENESIS)


def test_a_transaction_that_fails_leaves_no_gap():
    record(1)
    with transaction.atomic():
        record(2)
        transaction.set_rollback(True)
    record(1)
    assert [row.position for row in whole_chain()] == [1, 2]


def test_writers_at_the_same_time_make_one_chain():
    """8 threads with connections of their own write 25 events each, in transactions of differing length."""
    start = threading.Barrier(8)
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            start.wait()
            for i in range(5):
                with transaction.atomic():
                    record(5, note=f"thread {number} round {i}")
        except Exception as error:  # a thread's exception is seen by nobody else
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    verdict = verify(whole_chain())
    assert verdict.unbroken, verdict.fault
    assert verdict.n_rows == 200
    notes = list(Event.objects.order_by("position").values_list("note", flat=True))
    assert len({note.split()[1] for note in notes[:100]}) > 1, "the threads wrote one after the other"


@pytest.mark.parametrize(
    ("statement", "fault", "first"),
    [
        ("UPDATE audit_event SET note = 'nothing happened' WHERE position = 4", "row 4 .* was changed", 4),
        ("UPDATE audit_event SET at = at - interval '1 microsecond' WHERE position = 4", "row 4 .* was changed", 4),
        ("UPDATE audit_event SET verb = 'test.other' WHERE position = 1", "row 1 .* was changed", 1),
        ("DELETE FROM audit_event WHERE position = 5", "row 5 is missing", 6),
        ("DELETE FROM audit_event WHERE position = 1", "row 1 is missing", 2),
        (
            "INSERT INTO audit_event (at, verb, target_type, target_id, note) VALUES (now(), 'x', '', '', '')",
            "never sealed", None,
        ),
        (
            "INSERT INTO audit_event (at, verb, target_type, target_id, note, position, previous_hash, hash)"
            " SELECT now(), 'x', '', '', '', 11, hash, repeat('a', 64) FROM audit_event WHERE position = 10",
            "row 11 .* was changed", 11,
        ),
        (
            "DELETE FROM audit_event WHERE position = 5;"
            "UPDATE audit_event SET position = position - 1 WHERE position > 5",
            "row 5 does not continue row 4", 5,
        ),
    ],
)  # fmt: skip
def test_what_the_owner_changes_is_found_at_its_row(statement: str, fault: str, first: int | None):
    record(10)
    as_owner(statement)
    with pytest.raises(CommandError, match=f"BROKEN: .*{fault}") as broken:
        call_command("verify_audit")
    assert broken.value.returncode == 1
    assert verify(whole_chain()).position == first


def test_a_row_whose_own_hash_was_computed_anew_breaks_the_next():
    record(5)
    row = Event.objects.get(position=3)
    row.note = "nothing happened"
    anew = digest(row, position=3, previous_hash=row.previous_hash)
    as_owner(f"UPDATE audit_event SET note = '{row.note}', hash = '{anew}' WHERE position = 3")  # noqa: S608
    assert "row 4 does not continue row 3" in verify(whole_chain()).fault


def test_a_cut_tail_is_found_by_the_anchor_and_only_by_it(tmp_path: Path, capsys):
    anchor = tmp_path / "heads"
    record(10)
    call_command("verify_audit", anchor=anchor)
    record(5)
    call_command("verify_audit", anchor=anchor)
    assert [kept.position for kept in read_anchors(anchor.read_text())] == [10, 15]
    as_owner("DELETE FROM audit_event WHERE position > 12")
    call_command("verify_audit")
    with pytest.raises(CommandError, match="ends at row 12, the anchor has seen row 15"):
        call_command("verify_audit", anchor=anchor)
    assert len(anchor.read_text().splitlines()) == 2, "a broken chain gives no new anchor"


def test_a_chain_written_anew_as_a_whole_is_found_by_the_anchor(tmp_path: Path):
    anchor = tmp_path / "heads"
    record(6)
    call_command("verify_audit", anchor=anchor)
    rewrite_from(3)
    call_command("verify_audit")
    with pytest.raises(CommandError, match="row 6 has another hash than the anchor"):
        call_command("verify_audit", anchor=anchor)


def rewrite_from(position: int) -> None:
    """A careful forger: changes a row and computes every later hash anew."""
    before = Event.objects.get(position=position - 1).hash
    for row in Event.objects.filter(position__gte=position).order_by("position"):
        row.note = "forged"
        sealed = digest(row, position=row.position, previous_hash=before)
        as_owner(
            f"UPDATE audit_event SET note = 'forged', previous_hash = '{before}', hash = '{sealed}'"  # noqa: S608
            f" WHERE position = {row.position}"
        )
        before = sealed


def test_a_good_chain_says_how_long_it_is(capsys):
    record(7)
    call_command("verify_audit")
    head = Event.objects.get(position=7).hash
    assert capsys.readouterr().out == f"7 rows, unbroken. Head: {head}\n"


def test_an_empty_log_is_no_fault(capsys):
    call_command("verify_audit")
    assert "0 rows" in capsys.readouterr().out


@pytest.mark.parametrize("line", ["12 abc now", f"x {'0' * 64} now", f"1 {'0' * 64}"])
def test_an_anchor_that_is_none_is_refused(tmp_path: Path, line: str):
    (tmp_path / "heads").write_text(line)
    with pytest.raises(CommandError, match="line 1 is no anchor") as refused:
        call_command("verify_audit", anchor=tmp_path / "heads")
    assert refused.value.returncode == 2


def test_anchors_are_read_as_they_were_written():
    assert list(read_anchors(f"3 {'a' * 64} 2026-01-31T10:00:00+00:00\n\n")) == [Anchor(3, "a" * 64)]


def app_role(act: Callable[[psycopg.Connection], object]) -> None:
    given = connection.settings_dict
    with psycopg.connect(host=given["HOST"], port=given["PORT"], user=APP, dbname=given["NAME"]) as app:
        act(app)


INSERT = "INSERT INTO audit_event (at, verb, target_type, target_id, note, position, previous_hash, hash) VALUES "


def test_the_app_role_cannot_choose_a_place_or_a_hash():
    record(2)
    app_role(lambda app: app.execute(f"{INSERT} (now(), 'x', '', '', '', 99, repeat('b', 64), repeat('c', 64))"))
    verdict = verify(whole_chain())
    assert (verdict.unbroken, verdict.n_rows) == (True, 3)


@pytest.mark.parametrize(
    "then",
    [
        "UPDATE audit_event SET note = 'other' WHERE hash IS NULL",
        "UPDATE audit_event SET position = 3, previous_hash = repeat('0', 64), hash = repeat('a', 64)"
        " WHERE hash IS NULL",
        "DELETE FROM audit_event WHERE hash IS NULL",
        "SET CONSTRAINTS ALL IMMEDIATE; UPDATE audit_event SET hash = NULL, position = NULL, previous_hash = NULL",
    ],
)
def test_the_app_role_cannot_change_its_own_row_before_it_is_sealed(then: str):
    record(2)

    def act(app: psycopg.Connection) -> None:
        app.execute(f"{INSERT} (now(), 'x', '', '', 'as it was', NULL, NULL, NULL)")
        app.execute(then)

    with pytest.raises(psycopg.Error, match="never changed or removed"):
        app_role(act)
    assert verify(whole_chain()).n_rows == 2


def test_a_row_sealed_early_in_another_place_does_not_commit():
    """The guard lets a row be sealed once, with a hash that fits; the trigger at commit then finds it sealed."""
    record(2)

    def act(app: psycopg.Connection) -> None:
        app.execute(f"{INSERT} (now(), 'x', '', '', '', NULL, NULL, NULL)")
        app.execute(
            "UPDATE audit_event SET position = 50, previous_hash = repeat('0', 64),"
            " hash = audit_digest(audit_event, 50, repeat('0', 64)) WHERE hash IS NULL"
        )
        app.commit()

    with pytest.raises(psycopg.Error, match="never changed or removed"):
        app_role(act)
    assert verify(whole_chain()).n_rows == 2


def test_a_sealed_row_stays_for_the_owner_too_while_the_triggers_stand():
    record(1)
    with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
        connection.cursor().execute("UPDATE audit_event SET hash = NULL, position = NULL, previous_hash = NULL")
