"""Taking a closed study home: what is in the zip, that its scripts find the page's numbers, and that it is streamed."""

import csv
import io
import os
import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.utils import timezone
from pyarrow import parquet

from accounts import token_services
from accounts.models import Role, User
from analysis import queries
from analysis.answers import locked_study
from analysis.study_zip import study_zip
from audit.models import Event
from ratings import (
    adjudication_services,
    answer_services,
    codebreak_services,
    debrief_services,
    protocol_services,
    services,
    signing_services,
    viewing_services,
)
from ratings.models import Presentation, Study, StudyRater
from tests.analysis.runs import computed_run
from tests.factories import UserFactory
from tests.ratings.build import READY, arm_of, draft_study, make_raters, open_alike, opened_study, rate, rate_all

pytestmark = pytest.mark.django_db


def told(presentation: Presentation) -> int | None:
    """Scores that differ by rater, recording and arm; some cannot tell."""
    worse = arm_of(presentation) != "original"
    number = presentation.recording_id + presentation.rater_id
    return None if number % 7 == 3 and worse else min((number % 4) + worse * (number % 3 - 1 > 0), 4)


@pytest.fixture
def study():
    """Six recordings, two raters, hidden repeats, a code-break, a change of mind and what was never answered."""
    study = draft_study(6, n_raters=2, protocol=READY)
    protocol_services.change_protocol(study=study, actor=None, repeats_percent=35)
    left_out = study.cohort.recordings.select_related("participant").first()
    protocol_services.exclude_recording(
        study=study, recording=left_out, item="rest_tremor_lip_jaw", actor=None,
        reason=f"=noise hides the jaw of {left_out.participant.code}",
    )  # fmt: skip
    study = open_alike(study=study)
    shown = list(study.presentations.select_related("recording__participant", "rater"))
    rate_all(study, told)
    rate(shown[0], "facial_expression", 4)
    codebreak_services.ask_code_break(
        study=study, participant=shown[3].recording.participant, emergency=True, actor=UserFactory(),
        reason="a fall in the clinic that night, the neurologist has to know",
    )  # fmt: skip
    for presentation in study.presentations.filter(broken_at__isnull=False).select_related("rater"):
        rate(presentation, "facial_expression", 0)
    look_and_sign(shown[0])
    return services.close_study(study=study, actor=None)


def look_and_sign(presentation: Presentation) -> None:
    """One showing as the desk leaves it: seen whole, the person known and named in a comment; its session signed."""
    rater, code = presentation.rater, presentation.recording.participant.code
    services.save_rating(
        presentation=presentation, rater=rater, item="facial_expression", score=None, not_sure=True,
        reason="artefact", comment=f"{code} is blurred", change_reason="slip", client_id=uuid.uuid4(),
    )  # fmt: skip
    answer_services.save_acquaintance(presentation=presentation, rater=rater, client_id=uuid.uuid4(), seen_before=True)
    viewing_services.keep_viewing(
        presentation=presentation, look=uuid.uuid4(), sequence=1, length=4000, played=[[0, 4000, 100]], plays=1,
        stalls=2, stalled=1500, hidden=500, silent=250, window_width=1280, window_height=720,
    )  # fmt: skip
    viewing_services.record_equipment(
        study=presentation.study, rater=rater, session=presentation.session, sound="not_asked", dark_steps=5,
        light_steps=5, plays_video=True, window_width=1280, window_height=720,
    )  # fmt: skip
    signing_services.sign_session(
        study=presentation.study, session=presentation.session, rater=rater, second_factor=False
    )


@pytest.fixture
def unpacked(study, tmp_path) -> Path:
    return extracted(study, tmp_path)


def extracted(study: Study, folder: Path) -> Path:
    with ZipFile(io.BytesIO(b"".join(study_zip(locked_study(study))))) as archive:
        archive.extractall(folder)
    return folder / f"study-{study.pk}"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def page_numbers(study) -> list[str]:
    """The results page's numbers, in the words of the scripts."""
    lines = []
    for result in queries.item_results(queries.answers(study), study):
        d = result.deviation
        shares = [f"{share:.6f}" for share in (d.mean, d.identical, d.within_one)]
        numbers = [d.original.n_not_sure, d.deidentified.n_not_sure, d.original.n_missing, d.deidentified.n_missing]
        told = [d.n_pairs, result.n_participants, result.n_raters, *shares, *numbers, *d.counts]
        lines.append(",".join(map(str, [result.item.code, result.method, *told])))
    return lines


@pytest.mark.parametrize("program", [[sys.executable, "results.py"], ["Rscript", "results.R"]], ids=["Python", "R"])
def test_the_scripts_print_the_numbers_of_the_results_page_from_the_files_alone(study, unpacked, program):
    done = subprocess.run(program, cwd=unpacked, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    expected = page_numbers(study)
    assert done.stdout.splitlines()[1:] == expected
    assert {line.split(",")[0] for line in expected} == {"facial_expression", "rest_tremor_lip_jaw"}
    assert all(int(line.split(",")[10]) for line in expected[:1])  # what was answered after the code-break


def test_the_statistics_in_the_zip_give_the_numbers_of_a_run(study, unpacked):
    run = computed_run(study, parameters={"rounds": 200}, seed=5)
    told = [sys.executable, "agreement.py", "--rounds", "200", "--seed", "5"]
    done = subprocess.run(told, cwd=unpacked, capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    printed = list(csv.DictReader(io.StringIO(done.stdout)))
    assert len(printed) == len(run.summary["rows"]) > 100
    for ours, theirs in zip(run.summary["rows"], printed, strict=True):
        for name, value in ours.items():
            assert theirs[name] == ("" if value is None else str(value)), (ours, name)


def test_the_parquet_file_holds_the_rows_of_the_csv_with_their_kinds(unpacked):
    table = parquet.read_table(unpacked / "ratings.parquet")
    kinds = dict(zip(table.column_names, map(str, table.schema.types), strict=True))
    assert (kinds["rater"], kinds["score"], kinds["not_sure"]) == ("string", "int64", "bool")
    assert kinds["saved_at"] == "timestamp[us, tz=UTC]"
    given = rows(unpacked / "ratings.csv")
    assert table.column_names == list(given[0])
    assert len(given) > 40
    for ours, theirs in zip(given, table.to_pylist(), strict=True):
        assert {name: in_csv(value) for name, value in theirs.items()} == ours


def in_csv(value: object) -> str:
    """As the CSV has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return "" if value is None else str(int(value) if isinstance(value, bool) else value)


def test_the_parts_tell_what_happened_in_the_study(study, unpacked):
    ratings, earlier = rows(unpacked / "ratings.csv"), rows(unpacked / "earlier_answers.csv")
    assert sum(int(row["changes"]) for row in ratings) == len(earlier) >= 5
    assert {row["unblinded"] for row in ratings} == {"0", "1"}
    shown = rows(unpacked / "allocation.csv")
    assert len(shown) == study.presentations.count()
    assert {row["repeat"] for row in shown} == {"0", "1"}
    assert all(row["seed"] for row in rows(unpacked / "seals.csv"))
    assert [row["emergency"] for row in rows(unpacked / "code_breaks.csv")] == ["1"]
    (signature,) = rows(unpacked / "signatures.csv")
    own = [row for row in ratings if (row["rater"], row["session"]) == (signature["rater"], signature["session"])]
    answered = [row for row in own if row["score"] or row["not_sure"] == "1"]
    assert (int(signature["n_answers"]), signature["voided_at"]) == (len(answered), "")
    assert answered
    assert len(rows(unpacked / "equipment.csv")) == 1
    version = study.versions.get()
    assert (unpacked / "protocol-1.json").read_text() == version.content
    assert [row["sha256"] for row in rows(unpacked / "protocols.csv")] == [version.sha256]


def test_how_a_rater_looked_and_why_they_were_not_sure_stands_beside_the_answer(unpacked):
    (known,) = [row for row in rows(unpacked / "allocation.csv") if row["seen_before"]]
    where = {name: known[name] for name in ("rater", "position")}

    def there(table: str, **more: str) -> dict[str, str]:
        (row,) = [row for row in rows(unpacked / table) if (where | more).items() <= row.items()]
        return row

    seen = there("viewing.csv")
    assert (seen["share"], seen["plays"], seen["stalls"], seen["window_width"]) == ("1.0", "1", "2", "1280")
    assert seen["parts"] == "0.000-4.000 x1"
    assert (seen["stalled"], seen["hidden"], seen["silent"]) == ("1.5", "0.5", "0.25")
    assert seen["flags"] == "hidden; muted; witness_disagrees"  # nothing was sent
    answer = there("ratings.csv", item="facial_expression")
    assert (answer["reason"], answer["comment"]) == ("artefact", f"{known['participant']} is blurred")
    changed = [row for row in rows(unpacked / "earlier_answers.csv") if where.items() <= row.items()]
    assert changed[-1]["change_reason"] == "slip"


@pytest.fixture
def decided(tmp_path) -> Path:
    """Two raters who differ by 2 on one video, a third who decided on it; one of them took part in the debrief."""
    study = opened_study(2, n_raters=2, protocol=replace(READY, debrief_videos=4))
    (outsider,) = make_raters(1)
    adjudication_services.name_adjudicator(study=study, user=outsider, actor=None)
    first, second = (place.rater for place in study.places.select_related("rater"))
    disputed = study.presentations.filter(rater=first).order_by("recording").first()
    alike = {one.pk for one in study.presentations.all() if arm_of(one) == arm_of(disputed)}
    same = {one.pk for one in study.presentations.filter(recording=disputed.recording) if one.pk in alike}
    rate_all(study, lambda shown: 3 if shown.pk in same and shown.rater == second else 1)
    adjudication_services.request_adjudication(study=study, actor=None)
    shown = study.presentations.select_related("rater").get(adjudicates=True)
    for item, score in (("facial_expression", 0), ("facial_expression", 2), ("rest_tremor_lip_jaw", None)):
        rate(shown, item, score)
    look_around(study, first)
    viewing_services.record_equipment(
        study=study, rater=outsider, session=shown.session, sound="not_asked", dark_steps=5, light_steps=5,
        plays_video=True, window_width=1280, window_height=720, problem=f"told {outsider.username}",
    )  # fmt: skip
    return extracted(services.close_study(study=study, actor=None), tmp_path)


def look_around(study: Study, rater: User) -> None:
    """The debrief of a rater who takes everything for filmed, but for the last video, which is not answered."""
    place = StudyRater.objects.select_related("study", "rater").get(study=study, rater=rater)
    debrief_services.begin_debrief(place=place)
    for number, showing in enumerate(place.debrief.order_by("position")[:3], start=1):
        debrief_services.give_guess(showing=showing, taken_for="filmed", confidence=number)


def test_scores_of_who_decided_stand_beside_those_of_the_raters(decided):
    """The last answer counts, as for raters; the adjudicator has a number of their own."""
    expression, tremor = rows(decided / "adjudications.csv")
    assert {expression["adjudicator"], tremor["adjudicator"]} == {"rater-3"}
    assert (expression["item"], expression["score"], expression["changes"]) == ("facial_expression", "2", "1")
    assert (tremor["score"], tremor["not_sure"], tremor["reason"]) == ("", "1", "not_visible")
    where = {name: expression[name] for name in ("recording", "item", "arm", "method")}
    given = [row["score"] for row in rows(decided / "ratings.csv") if where.items() <= row.items()]
    assert sorted(given) == ["1", "3"]
    assert len(rows(decided / "ratings.csv")) == 2 * 4 * 2, "the raters' answers alone"
    (check,) = rows(decided / "equipment.csv")
    assert (check["rater"], check["problem"]) == ("rater-3", "told rater-3")


def test_what_raters_took_the_videos_for_stands_beside_what_they_were(decided):
    """All four videos are drawn: two of each arm, and the last was not answered."""
    asked = sorted(rows(decided / "guesses.csv"), key=lambda row: row["number"])
    assert [row["number"] for row in asked] == ["1", "2", "3", "4"]
    assert [(row["taken_for"], row["confidence"]) for row in asked] == [*(("filmed", n) for n in "123"), ("", "")]
    assert sorted(row["arm"] for row in asked) == [*2 * ["de-identified"], *2 * ["original"]]
    assert {(row["rater"], row["told_before"]) for row in asked} == {("rater-1", "0")}
    shown = {(row["rater"], row["position"]): row["arm"] for row in rows(decided / "allocation.csv")}
    assert all(shown[row["rater"], row["position"]] == row["arm"] for row in asked)


def test_people_and_codes_are_not_in_it_and_no_text_runs_as_a_formula(study, unpacked):
    (exclusion,) = rows(unpacked / "exclusions.csv")
    assert exclusion["reason"].startswith("'=noise hides the jaw of participant-")
    text = "".join(path.read_text() for path in unpacked.glob("*.csv"))
    known = [participant.code for participant in study.cohort.participants.all()]
    known += [name for place in study.places.all() for name in (place.rater.username, place.rater.display_name)]
    assert not [name for name in known if name in text]


def test_every_file_has_its_hash_and_every_column_its_meaning(unpacked):
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=unpacked, check=True)
    named = {line.split("  ")[1] for line in (unpacked / "SHA256SUMS").read_text().splitlines()}
    there = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    assert named == there - {"SHA256SUMS"}
    explained = {(row["table"], row["column"]) for row in rows(unpacked / "codebook.csv") if row["meaning"]}
    tables = {path.stem: path for path in unpacked.glob("*.csv") if path.stem != "codebook"}
    heads = {(name, column) for name, path in tables.items() for column in path.read_text().splitlines()[0].split(",")}
    assert heads == explained


def test_the_same_study_gives_the_same_bytes(study):
    first, second = (b"".join(study_zip(locked_study(study))) for _ in range(2))
    assert first == second


def test_who_withdrew_is_in_no_table(study):
    study.presentations.filter(recording=study.cohort.recordings.first()).update(excluded_at=timezone.now())
    with ZipFile(io.BytesIO(b"".join(study_zip(locked_study(study))))) as archive:
        for name in ("ratings", "allocation"):
            lines = archive.read(f"study-{study.pk}/{name}.csv").decode().splitlines()
            assert len({line.split(",")[4] for line in lines[1:]}) == 5


def test_an_investigator_downloads_it_and_the_log_knows(sign_in):
    investigator = sign_in(Role.INVESTIGATOR)
    study = opened_study(1)
    assert investigator.get(f"/results/{study.pk}/study.zip").status_code == 403
    rate_all(study)
    services.close_study(study=study, actor=None)
    answer = investigator.get(f"/results/{study.pk}/study.zip")
    assert ZipFile(io.BytesIO(b"".join(answer.streaming_content))).testzip() is None
    assert answer.headers["Content-Disposition"] == f'attachment; filename="study-{study.pk}.zip"'
    looks = Event.objects.filter(verb="study.results_read", target_id=str(study.pk))
    assert list(looks.values_list("actor", "note")) == [(investigator.user.pk, "zip")]


@pytest.mark.parametrize(("scope", "status"), [("read:results", 200), ("read:cohorts", 403)])
def test_a_token_takes_it_home_with_the_scope_for_results_alone(client, scope, status):
    administrator, study = UserFactory(role=Role.ADMINISTRATOR), opened_study(1)
    services.close_study(study=study, actor=None)
    secret = token_services.make_token(
        user=administrator, name="archive", scopes=[scope], lifetime=timedelta(days=1)
    )[1]  # fmt: skip
    answer = client.get(f"/api/studies/{study.pk}/export/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == status
