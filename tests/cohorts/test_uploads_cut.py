"""Ten uploads, each cut ten times with the page reloaded, the web server killed twice: equal hashes, no orphan.

`UPLOAD_CUT_BYTES` sets the size of each file (8 MB): 1000000000 makes it the ten times 1 GB of the specification, e.g.

    UPLOAD_CUT_BYTES=1000000000 .venv/bin/python -m pytest tests/cohorts/test_uploads_cut.py -s
"""

import hashlib
import os
import random
import re
import socket
import time
from pathlib import Path

import pytest
import requests
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.files.storage import default_storage
from django.core.management import call_command

from accounts.models import Role
from cohorts.models import Recording, Upload
from demo.client import Browser
from tests.factories import PASSWORD, CohortFactory, UserFactory
from tests.media_files import pad_video, write_video
from tests.product import Server, eventually, running_product, serving

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

N_FILES, N_CUTS, N_KILLS = 10, 10, 2
N_BYTES = int(os.environ.get("UPLOAD_CUT_BYTES", 8_000_000))


class Page:
    """What a browser knows after a reload: its session, the file, and what the page offers."""

    def __init__(self, server: Server, cohort: int, file: Path, user: str, sessions: dict) -> None:
        self.server, self.cohort, self.file = server, cohort, file
        if user not in sessions:
            sessions[user] = Browser(server.url, user, PASSWORD)
        self.browser = sessions[user]
        page = self.browser.get(f"/cohorts/{cohort}/uploads/").text
        self.fingerprint = hashlib.sha256(file.name.encode() + str(file.stat().st_size).encode()).hexdigest()
        found = re.search(rf'data-url="([^"]+)" data-fingerprint="{self.fingerprint}"', page)
        self.address = found[1] if found else ""

    def headers(self, **more: object) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.browser.session.cookies.items())
        told = {"Tus-Resumable": "1.0.0", "X-CSRFToken": self.browser._token(), "Cookie": cookies, **more}
        return {name.replace("_", "-"): str(value) for name, value in told.items()}

    def begin(self, code: str) -> None:
        from tests.cohorts.uploading import metadata

        told = metadata(participant=code, task="speech", fingerprint=self.fingerprint)
        address = f"{self.server.url}/cohorts/{self.cohort}/files/"
        headers = self.headers(Upload_Length=self.file.stat().st_size, Upload_Metadata=told)
        answer = requests.post(address, headers=headers, timeout=60)
        assert answer.status_code == 201, answer.text
        self.address = answer.headers["Location"].removeprefix(self.server.url)

    def offset(self) -> int:
        answer = requests.head(self.server.url + self.address, headers=self.headers(), timeout=60)
        assert answer.status_code == 200
        return int(answer.headers["Upload-Offset"])

    def send(self, upto: int, *, cut: bool, kill: bool = False) -> None:
        """One PATCH that promises the rest of the file and breaks off after byte `upto`, by cable or by server."""
        offset, total = self.offset_when_free(), self.file.stat().st_size
        more = {} if cut else {"Upload_Sha256": sha256(self.file)}
        head = self.headers(
            Host=f"127.0.0.1:{self.server.port}", Content_Type="application/offset+octet-stream",
            Content_Length=total - offset, Upload_Offset=offset, **more,
        )  # fmt: skip
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        with socket.create_connection(("127.0.0.1", self.server.port)) as wire, self.file.open("rb") as file:
            wire.sendall(f"PATCH {self.address} HTTP/1.1\r\n{lines}\r\n".encode())
            file.seek(offset)
            left = max(upto - offset, 0)
            while left and (piece := file.read(min(1 << 20, left))):
                wire.sendall(piece)
                left -= len(piece)
            if kill:
                self.server.kill()
            elif not cut:
                answer = wire.recv(4096).decode()
                assert answer.startswith("HTTP/1.1 204"), answer

    def offset_when_free(self) -> int:
        """The server may still read what came before the cut, and holds the lock: an empty piece asks for it."""
        while True:
            offset = self.offset()
            headers = self.headers(Content_Type="application/offset+octet-stream", Upload_Offset=offset)
            answer = requests.patch(self.server.url + self.address, headers=headers, data=b"", timeout=60)
            if answer.status_code == 204:
                return offset
            assert answer.status_code in (409, 423), answer.text
            time.sleep(0.05)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@pytest.mark.timeout(3600)
def test_cut_uploads_over_a_killed_server_end_with_equal_hashes(tmp_path: Path, settings, capsys):
    user = UserFactory(role=Role.COORDINATOR)
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
    user.save()
    cohort, dice, table = CohortFactory(coordinators=[user]), random.Random(1), []  # noqa: S311
    with running_product(tmp_path / "var") as stack, serving(stack.env) as server:
        sessions: dict = {}
        for number in range(N_FILES):
            file = pad_video(write_video(tmp_path / f"{number}.mp4", seed=number), n_bytes=N_BYTES, seed=number)
            began = time.monotonic()
            kills = upload_with_cuts(server, cohort.pk, file, f"PD-{number + 1}", user.username, sessions, dice)
            seconds = time.monotonic() - began
            upload = Upload.objects.get(code=f"PD-{number + 1}")
            eventually(lambda u=upload: Upload.objects.filter(pk=u.pk, state="accepted"), seconds=300, stack=stack)
            recording = Recording.objects.get(upload=upload)
            with default_storage.open(recording.storage_name) as stored:
                here = hashlib.file_digest(stored, "sha256").hexdigest()
            table.append((number + 1, N_BYTES, N_CUTS, kills, seconds, sha256(file) == here == recording.sha256, here))
            file.unlink()
            if N_BYTES > 100_000_000:  # 10 GB need not lie here at once
                default_storage.delete(recording.storage_name)
        call_command("sweep_uploads", verbosity=0)
    with capsys.disabled():
        print("\nfile        bytes  cuts  kills  seconds  equal  SHA-256")
        for number, n_bytes, cuts, kills, seconds, equal, here in table:
            print(f"{number:4d} {n_bytes:12d} {cuts:5d} {kills:6d} {seconds:8.1f}  {equal!s:5}  {here[:16]}...")
    assert [equal for *_rest, equal, _here in table] == [True] * N_FILES
    assert [kills for _n, _b, _c, kills, *_rest in table] == [N_KILLS] * N_FILES
    assert list(settings.UPLOAD_FOLDER.iterdir()) == []
    assert set(Upload.objects.values_list("state", "quarantine_name", "storage_name")) == {("accepted", "", "")}
    if N_BYTES <= 100_000_000:
        folder = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
        assert len([path for path in folder.rglob("*") if path.is_file()]) == N_FILES


def upload_with_cuts(server: Server, cohort: int, file: Path, code: str, user: str, sessions: dict, dice) -> int:
    """Cuts at ten random places; two of them are the server's death. Every cut is followed by a reload of the page."""
    places = sorted(dice.randrange(1, N_BYTES) for _ in range(N_CUTS + N_KILLS))
    deaths = set(dice.sample(range(N_CUTS + N_KILLS), N_KILLS))
    page = Page(server, cohort, file, user, sessions)
    assert not page.address
    page.begin(code)
    for number, place in enumerate(places):
        page.send(place, cut=True, kill=number in deaths)
        if number in deaths:
            server.start()
        page = Page(server, cohort, file, user, sessions)
        assert page.address, "the page offers what was begun"
        assert page.offset() <= place
    page.send(N_BYTES, cut=False)
    return len(deaths)
