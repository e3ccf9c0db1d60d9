"""The key: the app role finds no way from a presentation to its version; the key role reads nothing but the key."""

import json
import re
from collections import defaultdict, deque

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from config.embedded import APP, KEY
from deid.models import Rendition
from ratings import key, services
from ratings.adjudication_services import name_adjudicator, request_adjudication
from ratings.algorithms.allocation import allocate, fingerprint
from ratings.codebreak_services import ask_code_break
from ratings.debrief_services import begin_debrief, give_guess
from ratings.models import Presentation
from ratings.protocol import Protocol
from ratings.queries import pairs_of, slots
from tests.factories import UserFactory
from tests.links import body, watch
from tests.ratings.build import READY, draft_study, opened_study, rate_all

own_server = pytest.mark.skipif(
    not settings.EMBEDDED_DATABASE, reason="a server of one's own has roles of its own names"
)


def connect(role: str) -> psycopg.Connection:
    given = connection.settings_dict
    return psycopg.connect(host=given["HOST"], port=given["PORT"], user=role, dbname=given["NAME"], autocommit=True)


WAYS = [
    "SELECT * FROM sealed.arm",
    "SELECT arm FROM sealed.arm WHERE presentation = '{p}'",
    "SELECT 1 FROM sealed.arm WHERE presentation = '{p}' AND rendition = {r}",
    "SELECT count(*) FROM sealed.arm",
    "SELECT * FROM sealed.seed",
    "SELECT p.id FROM ratings_presentation p JOIN sealed.arm a ON a.presentation = p.id",
    "TABLE sealed.arm",
    "COPY sealed.arm TO STDOUT",
    "COPY (SELECT * FROM sealed.arm) TO STDOUT",
    "EXPLAIN ANALYZE SELECT * FROM sealed.arm",
    "CREATE VIEW public.way AS SELECT * FROM sealed.arm",
    "CREATE TEMP VIEW way AS SELECT * FROM sealed.arm; SELECT * FROM way",
    "CREATE TEMP TABLE way AS SELECT * FROM sealed.arm",
    "CREATE TEMP TABLE way (LIKE sealed.arm INCLUDING ALL)",
    "CREATE TEMP TABLE way (p uuid REFERENCES sealed.arm)",
    "CREATE FUNCTION way() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT arm FROM sealed.arm LIMIT 1'",
    "DO $$ BEGIN PERFORM * FROM sealed.arm; END $$",
    "CREATE TRIGGER way AFTER INSERT ON sealed.arm EXECUTE FUNCTION refuse_change_of_the_key()",
    "CREATE RULE way AS ON INSERT TO sealed.arm DO ALSO SELECT 1",
    "CREATE INDEX way ON sealed.arm (arm)",
    "CREATE STATISTICS way ON arm, rendition FROM sealed.arm",
    "CREATE PUBLICATION way FOR TABLE sealed.arm",
    "ALTER TABLE sealed.arm SET SCHEMA public",
    "ALTER TABLE sealed.arm DISABLE TRIGGER ALL",
    "SET ROLE semblance_key",
    "SET ROLE semblance_owner",
    "SET SESSION AUTHORIZATION semblance_key",
    "INSERT INTO sealed.arm VALUES ('{p}', 1, {r}, 'x', false) ON CONFLICT (presentation) DO UPDATE SET study = 1",
    "INSERT INTO sealed.arm VALUES (gen_random_uuid(), 1, 1, 'x', false) RETURNING arm",
    "INSERT INTO sealed.arm SELECT gen_random_uuid(), study, rendition, arm, repeat FROM sealed.arm",
    "UPDATE sealed.arm SET arm = 'x' WHERE rendition = {r}",
    "DELETE FROM sealed.arm WHERE presentation = '{p}'",
    "TRUNCATE sealed.arm",
    "LOCK TABLE sealed.arm IN ACCESS EXCLUSIVE MODE",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_statistic",
    "SELECT query_to_xml('SELECT * FROM sealed.arm', true, true, '')",
    "SELECT table_to_xml('sealed.arm', true, true, '')",
    "SELECT * FROM pg_get_publication_tables('way')",
    "SELECT pg_relation_size('x'), pg_ls_dir('base')",
]


def refusal_of(connection: psycopg.Connection, statement: str) -> str:
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        return str(error)
    raise AssertionError(f"this was not refused: {statement}")


@pytest.fixture
def study():
    return opened_study(3, n_raters=2, protocol=Protocol(**{**READY.to_json(), "debrief_videos": 50}))


@pytest.mark.django_db(transaction=True)
@own_server
def test_the_app_role_finds_no_way_to_the_key(study):
    presentation = study.presentations.first()
    rendition = key.versions_of(study.pk)[presentation.pk].rendition
    with connect(APP) as app:
        assert app.execute("SELECT count(*) FROM ratings_presentation").fetchone() == (12,), "it is at work"
        app.execute("GRANT SELECT ON sealed.arm TO CURRENT_USER")  # a warning only: it grants nothing, as follows
        for way in WAYS:
            assert not re.search(r"original|mask", refusal_of(app, way.format(p=presentation.pk, r=rendition))), way
        # Views of the catalogue that everybody may read hold nothing of it.
        assert app.execute("SELECT * FROM pg_stats WHERE schemaname = 'sealed'").fetchall() == []
        assert app.execute("SELECT * FROM pg_stats_ext WHERE schemaname = 'sealed'").fetchall() == []
        told = app.execute("SELECT query FROM pg_stat_activity WHERE usename = current_user").fetchall()
        assert not any("INSERT INTO sealed" in query for (query,) in told)


@pytest.mark.django_db(transaction=True)
@own_server
def test_the_key_role_reads_the_key_and_nothing_else(study):
    with connect(KEY) as reader:
        arms = reader.execute("SELECT arm FROM sealed.arm WHERE study = %s", [study.pk]).fetchall()
        assert sorted(arm for (arm,) in arms) == ["mask"] * 6 + ["original"] * 6
        for refused in ("SELECT * FROM ratings_presentation", "SELECT * FROM ratings_rating", "DELETE FROM sealed.arm",
                        "INSERT INTO sealed.seed VALUES (1, 1, 1, 'x')", "SELECT * FROM accounts_user"):  # fmt: skip
            with pytest.raises(psycopg.Error, match="permission denied"):
                reader.execute(refused)


@pytest.fixture
def key_role(settings):
    """`key_role(name)`: the key is read as that role from now on, as in production."""
    alias, settings.KEY_DATABASE = connections["key"], "key"
    before = alias.settings_dict["USER"]

    def become(role: str) -> None:
        alias.close()
        alias.settings_dict["USER"] = role

    yield become
    become(before)


@pytest.mark.django_db(transaction=True, databases=["default", "key"])
@own_server
def test_the_product_reads_the_key_by_its_role_and_says_what_to_set_where_it_may_not(study, key_role):
    key_role(KEY)
    assert {version.arm for version in key.versions_of(study.pk).values()} == {"mask", "original"}
    key_role(APP)
    with pytest.raises(key.KeyClosed, match="set DATABASE_KEY_URL"):
        key.versions_of(study.pk)


@pytest.mark.django_db(transaction=True, databases=["default", "key"])
@own_server
def test_results_and_code_breaks_without_the_key_are_a_page_that_says_what_to_set(study, key_role, sign_in):
    administrator = sign_in(Role.ADMINISTRATOR)
    administrator.raise_request_exception = False
    participant = study.cohort.participants.first()
    broken = ask_code_break(
        study=study, participant=participant, reason="a finding in the video", emergency=True, actor=administrator.user
    )
    services.close_study(study=study, actor=None)
    key_role(APP)
    for told in (
        administrator.get(f"/results/{study.pk}/"),
        administrator.get(f"/results/{study.pk}/ratings.csv"),
        administrator.post(f"/code-breaks/{broken.pk}/reveal/"),
    ):
        assert told.status_code == 503
        assert "set DATABASE_KEY_URL" in told.content.decode()


class Readable:
    """Everything that the app role may read, as a graph: rows, foreign keys between them, and rare texts in common."""

    def __init__(self) -> None:
        self.edges: dict[tuple, set[tuple]] = defaultdict(set)
        with connect(APP) as app:
            tables = [name for (name,) in app.execute(
                "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN"
                " ('r', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
                " AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
            )]  # fmt: skip
            keys = app.execute(
                "SELECT conrelid::regclass::text, a.attname, confrelid::regclass::text FROM pg_constraint"
                " JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[1]"
                " WHERE contype = 'f' AND array_length(conkey, 1) = 1"
            ).fetchall()
            texts: dict[str, set[tuple]] = defaultdict(set)
            for table in tables:
                for (row,) in app.execute(f'SELECT to_jsonb(t) FROM "{table}" t').fetchall():  # noqa: S608
                    self._add(table, row, keys, texts)
        for rows in texts.values():
            if 2 <= len(rows) <= 6:
                for one in rows:
                    self.edges[one] |= rows - {one}

    def _add(self, table: str, row: dict, keys: list, texts: dict[str, set[tuple]]) -> None:
        node = (table, row.get("id", json.dumps(row)[:200]))
        for source, column, target in keys:
            if source == table and row.get(column) is not None:
                self.edges[node].add((target, row[column]))
                self.edges[(target, row[column])].add(node)
        for value in re.findall(r"[\w/.-]{8,}", json.dumps(row)):
            texts[value].add(node)

    def to_versions(self, presentation: Presentation) -> tuple[int, int]:
        """Steps to the nearer and to the farther version of the presentation's recording."""
        far = self.distances(("ratings_presentation", str(presentation.pk)))
        near, distant = sorted(
            far[("deid_rendition", r.pk)] for r in Rendition.objects.filter(recording=presentation.recording)
        )
        return near, distant

    def distances(self, start: tuple) -> dict[tuple, int]:
        far, waiting = {start: 0}, deque([start])
        while waiting:
            here = waiting.popleft()
            for there in self.edges[here]:
                if there not in far:
                    far[there] = far[here] + 1
                    waiting.append(there)
        return far


@pytest.mark.django_db(transaction=True)
@own_server
def test_no_chain_of_joins_leads_nearer_to_the_shown_version_than_to_the_other(study, client, sign_in):
    """Along foreign keys and texts in common, both versions of a recording are equally far from a presentation."""
    rater = sign_in(study.raters.first())
    for presentation in study.presentations.filter(rater=rater.user):
        body(watch(rater, f"/rate/{presentation.pk}/video"))
        rater.get(f"/rate/{presentation.pk}/")
    graph = Readable()
    for presentation in study.presentations.all():
        near, far = graph.to_versions(presentation)
        assert near == far, f"{presentation} is told by its distance: {near}, not {far}"
    # Nor what an adjudicator is shown, and what raters say they took it for.
    asked = _asked_afterwards(study)
    graph = Readable()
    for presentation in (asked, *study.presentations.all()):
        near, far = graph.to_versions(presentation)
        assert near == far, f"{presentation} is told by its distance after the ratings: {near}, not {far}"
    # The walk sees what it looks for: a presentation that names its rendition's own file would be told.
    shown = Rendition.objects.get(pk=key.versions_of(study.pk)[presentation.pk].rendition)
    Presentation.objects.filter(pk=presentation.pk).update(storage_name=shown.storage_name)
    near, far = Readable().to_versions(presentation)
    assert near < far


def _asked_afterwards(study) -> Presentation:
    """Raters differ on one version of each recording, an adjudicator is shown it, and all are debriefed."""
    first, versions = study.places.get(number=1).rater, key.versions_of(study.pk)
    rate_all(study, lambda shown: 4 if shown.rater == first and versions[shown.pk].is_original else 1)
    name_adjudicator(study=study, user=UserFactory(role=Role.RATER), actor=None)
    assert request_adjudication(study=study, actor=None).n_shown == 3
    for place in study.places.all():
        begin_debrief(place=place)
        for showing in place.debrief.select_related("presentation"):
            right = "filmed" if versions[showing.presentation_id].is_original else "changed"
            give_guess(showing=showing, taken_for=right, confidence=5)
    return study.presentations.filter(adjudicates=True).first()


@pytest.mark.django_db
def test_the_row_of_a_presentation_is_the_same_for_every_version(study):
    told = ("study_id", "recording_id", "shown_bytes", "file_bytes", "started_at", "completed_at", "excluded_at")
    for recording in study.cohort.recordings.all():
        rows = set(study.presentations.filter(recording=recording).values_list(*told))
        assert len(rows) == 1


@pytest.mark.django_db
def test_nothing_that_a_rater_asks_for_opens_the_key(study, sign_in):
    client = sign_in(study.raters.first())
    presentation = study.presentations.filter(rater=client.user).first()
    answer = {"item": "facial_expression", "score": 1, "client_id": "0b2f6c1e-8d1c-4a57-9f0e-0c8f0a5d7c11"}
    with CaptureQueriesContext(connection) as asked:
        for address in ("/rate/", "/rate/next/", f"/rate/{presentation.pk}/"):
            assert client.get(address, follow=True).status_code == 200
        assert body(watch(client, f"/rate/{presentation.pk}/video"))
        address = f"/api/presentations/{presentation.pk}/ratings/"
        assert client.post(address, json.dumps(answer), content_type="application/json").status_code == 201
    assert len(asked) > 10
    assert not [query["sql"] for query in asked if "sealed" in query["sql"]]


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE sealed.arm SET arm = 'x'", "DELETE FROM sealed.seed"])
def test_not_even_the_owner_changes_the_key(study, statement):
    with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.django_db
def test_after_the_lock_everybody_can_make_the_orders_again_and_compare_their_hashes():
    study = services.open_study(study=draft_study(4, n_raters=2), actor=None)
    rate_all(study)
    study = services.close_study(study=study, actor=None)
    seeds, versions = key.seeds_of(study.pk), key.versions_of(study.pk)
    for place in study.places.all():
        seed = seeds[(place.rater_id, 0)]
        order = allocate(slots(pairs_of(study)), READY.rules(2), rater=place.number, seed=seed)
        seal = study.seals.get(rater=place.rater_id)
        assert fingerprint(order, seed=seed, rater=place.number) == seal.sha256
        assert seal.sealed_at <= study.opened_at
        own = Presentation.objects.filter(study=study, rater=place.rater_id).order_by("position")
        assert [(p.recording_id, versions[p.pk].is_original) for p in own] == [
            (showing.slot.recording, showing.version == 0) for showing in order
        ]
