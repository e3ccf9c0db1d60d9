"""Import by manifest: every row gets its verdict, and a wrong row stops nothing."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cohorts.models import Cohort, Recording
from tests.factories import UserFactory
from tests.media_files import write_video

pytestmark = pytest.mark.django_db


def run(*arguments: str | Path) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("import_recordings", *map(str, arguments), stdout=out)
    except CommandError as error:
        return out.getvalue() + str(error), error.returncode
    return out.getvalue(), 0


def manifest(folder: Path, *rows: str, header: str = "file,participant,task") -> Path:
    path = folder / "manifest.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_a_good_folder_is_imported(tmp_path: Path):
    write_video(tmp_path / "a.mp4", seed=1)
    write_video(tmp_path / "b.mp4", seed=2)
    manifest(tmp_path, "a.mp4,PD-001,speech", "b.mp4,PD-001,facial_expression")
    user = UserFactory(username="coordinator")
    text, code = run(tmp_path, "manifest.csv", "--cohort", "Site A", "--coordinator", "coordinator")
    assert code == 0, text
    assert "2 of 2 recordings accepted" in text
    assert list(Cohort.objects.get(name="Site A").coordinators.all()) == [user]
    assert Recording.objects.filter(participant__code="PD-001").count() == 2


def test_each_row_gets_its_own_verdict(tmp_path: Path):
    write_video(tmp_path / "a.mp4")
    (tmp_path / "empty.mp4").touch()
    manifest(
        tmp_path, "missing.mp4,PD-001,speech", "a.mp4,PD-001,dancing", "a.mp4,Jane,speech", "empty.mp4,PD-001,speech",
        "../secret.mp4,PD-001,speech", "a.mp4,PD-001,speech", "a.mp4,PD-002,speech", ",,",
    )  # fmt: skip
    text, code = run(tmp_path, "manifest.csv")
    assert code == 1
    verdicts = {line.split()[1]: line for line in text.splitlines() if line.startswith("line ")}
    assert "no file “missing.mp4”" in verdicts["2"]
    assert "REFUSED" in verdicts["3"]
    assert "capital letters" in verdicts["4"]
    assert "REFUSED" in verdicts["5"]
    assert "not inside the folder" in verdicts["6"]
    assert "accepted as recording" in verdicts["7"]
    assert "already in the cohort" in verdicts["8"]
    assert "REFUSED" in verdicts["9"]
    assert Recording.objects.count() == 1
    assert "7 of 8 rows were refused" in text


def test_line_numbers_are_those_of_an_editor(tmp_path: Path):
    write_video(tmp_path / "a.mp4")
    manifest(
        tmp_path, "", "missing.mp4,PD-001,speech", "", '"two\nlines.mp4",PD-001,speech', "a.mp4,PD-001,speech,more"
    )
    text, code = run(tmp_path, "manifest.csv")
    assert code == 1
    assert "line 3  missing.mp4  REFUSED: There is no file" in text
    assert "line 6  two" in text
    assert "line 7  a.mp4  accepted" in text
    assert "1 of 3 recordings accepted" in text


def test_a_row_that_cannot_be_read_stops_nothing(tmp_path: Path):
    from tests.cohorts.test_tus import files_of_at_most

    write_video(tmp_path / "a.mp4")
    manifest(tmp_path, "a.mp4,PD-001,speech")
    with files_of_at_most(1000):
        text, code = run(tmp_path, "manifest.csv")
    assert code == 1
    assert "line 2  a.mp4  REFUSED: could not be taken: File too large" in text
    assert not Recording.objects.exists()


def test_a_manifest_that_is_no_csv_is_refused_whole(tmp_path: Path):
    manifest(tmp_path, '"' + "x" * 200_000)
    text, code = run(tmp_path, "manifest.csv")
    assert code == 2
    assert "is no CSV" in text


@pytest.mark.parametrize(
    ("header", "says"), [("file,task", "lacks the column(s) participant"), ("", "its first line is empty")]
)
def test_a_manifest_without_its_columns_is_refused_whole(tmp_path: Path, header: str, says: str):
    manifest(tmp_path, "a.mp4,speech", header=header)
    text, code = run(tmp_path, "manifest.csv")
    assert code == 2
    assert says in text


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path):
    text, code = run(tmp_path / "nowhere", "manifest.csv")
    assert code == 2
    assert "is not a folder" in text


def test_a_missing_manifest_is_named(tmp_path: Path):
    text, code = run(tmp_path, "manifest.csv")
    assert code == 2
    assert "there is no manifest" in text
