"""An export of any size is sent while it is made. EXPORT_ROWS=1000000 proves it on a million answers."""

import hashlib
import os
import sys
import time
from pathlib import Path
from zipfile import ZipFile

import psutil
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from accounts.models import Role
from demo.client import Browser
from ratings import services
from ratings.items import ITEMS
from tests.factories import PASSWORD, UserFactory
from tests.product import running_product
from tests.ratings.bulk import bulk_study

ROWS = int(os.environ.get("EXPORT_ROWS", "2000"))
ITEMS_ASKED = 10
MEGABYTES = 256
OWN_ITEMS = [
    {"code": f"extra_{number}", "name": f"Extra {number}", "levels": list("01234"), "tasks": ["facial_expression"]}
    for number in range(ITEMS_ASKED - 2)
]


def peak_megabytes(process: psutil.Process) -> float:
    """The most memory that the process ever held."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


@pytest.mark.e2e
@pytest.mark.timeout(1800)
@pytest.mark.django_db(transaction=True)
def test_the_web_process_sends_a_study_without_holding_it(tmp_path):
    n_raters = max(2, round((ROWS / 2000) ** 0.5) * 2)
    n_recordings = -(-ROWS // (n_raters * 2 * ITEMS_ASKED))
    codes = ["facial_expression", "rest_tremor_lip_jaw", *(item["code"] for item in OWN_ITEMS)]
    study = bulk_study(n_raters=n_raters, n_recordings=n_recordings, items=codes)
    study.protocol = study.protocol | {"items": [*ITEMS], "custom_items": OWN_ITEMS}
    study.save(update_fields=["protocol"])
    services.close_study(study=study, actor=None)
    reader = UserFactory(role=Role.ADMINISTRATOR)
    reader.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")  # as the web process hashes, not as tests do
    reader.save(update_fields=["password"])
    with running_product(tmp_path / "var", only=("web",)) as stack:
        browser = Browser(stack.url, reader.username, PASSWORD)
        before, began = max(map(peak_megabytes, stack.find("gunicorn"))), time.monotonic()
        target = tmp_path / "study.zip"
        with browser.session.get(f"{stack.url}/results/{study.pk}/study.zip", stream=True, timeout=900) as answer:
            assert answer.status_code == 200
            with target.open("wb") as file:
                for piece in answer.iter_content(1 << 16):
                    file.write(piece)
        seconds, peak = time.monotonic() - began, max(map(peak_megabytes, stack.find("gunicorn")))
    with ZipFile(target) as archive:
        lines = archive.read(f"study-{study.pk}/ratings.csv").count(b"\r\n") - 1
        sums = archive.read(f"study-{study.pk}/SHA256SUMS").decode()
        parquet = hashlib.sha256(archive.read(f"study-{study.pk}/ratings.parquet")).hexdigest()
    sys.stderr.write(
        f"{lines} rows, {target.stat().st_size / 1e6:.1f} MB, {seconds:.1f} s, "
        f"memory of the web process {before:.0f} MB before, {peak:.0f} MB at most\n"
    )
    assert lines == n_raters * n_recordings * 2 * ITEMS_ASKED >= ROWS
    assert f"{parquet}  ratings.parquet" in sums
    assert peak < MEGABYTES
