"""The chains of ratings: whatever somebody who owns the tables does to a row is found."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.chain import GENESIS
from ratings import chain, signing_services
from ratings.models import Rating
from tests.ratings.build import opened_study, rate, rate_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    """Two raters, each with four presentations of two items."""
    study = opened_study(2, n_raters=2)
    rate_all(study)
    return study


def as_owner(*statements: str) -> None:
    """What only who owns the tables can do: change rows behind the triggers' back."""
    tables = ("ratings_rating", "ratings_acquaintance", "ratings_sessionsignature")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in (
            *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables),
            *statements,
            *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables),
        ):
            cursor.execute(statement)


def second_of(study) -> Rating:
    return Rating.objects.get(place=study.places.first(), position=2)


def test_each_rater_has_a_chain_that_python_hashes_as_the_database_does(study):
    for place in study.places.all():
        rows = list(place.ratings.order_by("position"))
        assert [row.position for row in rows] == list(range(1, 9))
        assert [row.previous_hash for row in rows] == [GENESIS, *[row.hash for row in rows[:-1]]]
        assert [chain.digest(row, position=row.position, previous_hash=row.previous_hash) for row in rows] == [
            row.hash for row in rows
        ]


def test_a_row_knows_its_place_and_hash_once_it_is_kept(study):
    presentation = study.presentations.select_related("rater").first()
    rate(presentation, "facial_expression", 3)
    row = Rating.objects.get(place__rater=presentation.rater, position=9)
    assert (row.replaces.score, row.change_reason) == (1, "second_look")
    call_command("verify_ratings", study=study.pk)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE ratings_rating SET score = 4 WHERE id = {id}", "row 2 .* was changed"),
        ("UPDATE ratings_rating SET comment = 'x' WHERE id = {id}", "row 2 .* was changed"),
        ("UPDATE ratings_rating SET reason = NULL WHERE id = {id}", "row 2 .* was changed"),
        ("UPDATE ratings_rating SET saved_at = saved_at - interval '1 s' WHERE id = {id}", "row 2 .* was changed"),
        ("DELETE FROM ratings_rating WHERE id = {id}", "row 2 is missing"),
        (
            "INSERT INTO ratings_rating SELECT * FROM jsonb_populate_record(NULL::ratings_rating, (SELECT to_jsonb(r)"
            " || '{{\"id\": 999999}}' || jsonb_build_object('position', 9, 'client_id', gen_random_uuid(),"
            " 'replaces_id', {id}, 'change_reason', 'slip') FROM ratings_rating r WHERE id = {id}))",
            "row 9 does not continue row 8",
        ),
        (
            "DELETE FROM ratings_rating WHERE id = {id};"
            "UPDATE ratings_rating SET position = position + 100 WHERE place_id = {place} AND position > 2;"
            "UPDATE ratings_rating SET position = position - 101 WHERE place_id = {place} AND position > 100",
            "row 2 does not continue row 1",
        ),
        ("UPDATE ratings_rating SET place_id = {other}, position = 9 WHERE id = {id}", "row 2 is missing|row 9"),
    ],
)
def test_what_the_owner_changes_is_found(study, statement, fault):
    row, other = second_of(study), study.places.last()
    as_owner(*statement.format(id=row.pk, place=row.place_id, other=other.pk).split(";"))
    with pytest.raises(CommandError, match=f"BROKEN: chain study-.*({fault})"):
        call_command("verify_ratings")


def test_a_presentation_that_is_given_to_another_rater_is_found(study):
    row, other = second_of(study), study.places.last()
    as_owner(
        f"UPDATE ratings_presentation SET rater_id = {other.rater_id}, position = 99"  # noqa: S608
        f" WHERE id = '{row.presentation_id}'"
    )
    with pytest.raises(CommandError, match="not this rater's"):
        call_command("verify_ratings")


def test_a_cut_tail_is_found_by_the_anchor_and_so_is_a_whole_chain(study, tmp_path: Path, capsys):
    anchor = tmp_path / "heads"
    call_command("verify_ratings", anchor=anchor)
    assert len(anchor.read_text().splitlines()) == 2
    place = study.places.first()
    as_owner(f"DELETE FROM ratings_rating WHERE place_id = {place.pk} AND position > 6")  # noqa: S608
    call_command("verify_ratings")
    with pytest.raises(CommandError, match="ends at row 6, the anchor has seen row 8"):
        call_command("verify_ratings", anchor=anchor)
    as_owner(f"DELETE FROM ratings_rating WHERE place_id = {place.pk}")  # noqa: S608
    with pytest.raises(CommandError, match="ends at row 0, the anchor has seen row 8"):
        call_command("verify_ratings", anchor=anchor)


def test_a_signature_under_other_answers_is_found(study):
    place = study.places.first()
    signing_services.sign_session(study=study, session=0, rater=place.rater, second_factor=False)
    call_command("verify_ratings")
    as_owner("UPDATE ratings_acquaintance SET seen_before = true", "UPDATE ratings_sessionsignature SET n_answers = 3")
    with pytest.raises(CommandError, match="session 1 was signed with other answers"):
        call_command("verify_ratings")


def test_an_unknown_study_and_an_empty_one_are_told(capsys):
    with pytest.raises(CommandError, match="no study 77"):
        call_command("verify_ratings", study=77)
    call_command("verify_ratings")
    assert "nothing was rated" in capsys.readouterr().out


COLUMNS = "presentation_id, item, score, not_sure, reason, comment, client_id, replaces_id, change_reason, saved_at"


@pytest.mark.parametrize(
    "change",
    [
        {"score": "5"},
        {"score": "-1"},
        {"score": "NULL"},
        {"not_sure": "true"},
        {"score": "NULL", "not_sure": "true"},
        {"score": "NULL", "not_sure": "true", "reason": "'tired'"},
        {"reason": "'artefact'"},
        {"replaces_id": "NULL"},
        {"replaces_id": "NULL", "change_reason": "''"},
        {"change_reason": "'whim'"},
        {"change_reason": "''"},
        {"replaces_id": "(SELECT max(id) FROM ratings_rating)"},
        {"client_id": "(SELECT min(client_id::text)::uuid FROM ratings_rating)"},
        {"item": "'Gait!'"},
        {"comment": "repeat('x', 501)"},
        {"presentation_id": "gen_random_uuid()"},
    ],
)
def test_hostile_rows_are_refused_by_the_database_itself(study, change):
    row = second_of(study)
    given = dict(zip(COLUMNS.split(", "), [
        f"'{row.presentation_id}'", f"'{row.item}'", "1", "false", "''", "''", "gen_random_uuid()", f"{row.pk}",
        "'slip'", "now()",
    ], strict=True))  # fmt: skip
    with pytest.raises(IntegrityError if "comment" not in change else DatabaseError), transaction.atomic():
        put_in(given | change)
    put_in(given)


def put_in(given: dict[str, str]) -> None:
    sql = f"INSERT INTO ratings_rating ({COLUMNS}) VALUES ({', '.join(given.values())})"  # noqa: S608
    connection.cursor().execute(f"{sql}; SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("table", ["ratings_rating", "ratings_practiceanswer", "ratings_acquaintance"])
def test_the_app_role_cannot_empty_a_table_of_answers(study, table):
    from config.embedded import APP

    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(f"SET LOCAL ROLE {APP}; TRUNCATE {table} CASCADE")
