"""Media in S3: stored, read by ranges, removed; against a small server that speaks what boto3 asks."""

import io
import re
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cohorts import storage
from cohorts.encryption import CHUNK, SEALED
from config.env import new_key
from config.storage import s3_options
from tests.factories import RecordingFactory
from tests.links import body

pytestmark = pytest.mark.django_db


class Bucket(BaseHTTPRequestHandler):
    """PUT, GET with Range, HEAD and DELETE of objects in memory."""

    objects: dict[str, bytes]
    sent: list[tuple[str, int]]  # (Range, bytes) of every GET

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        if "aws-chunked" in self.headers.get("Content-Encoding", ""):
            content = self._without_chunks(content)
        self.objects[self.path] = content
        self._answer(200)

    def _without_chunks(self, framed: bytes) -> bytes:
        stream, parts = io.BytesIO(framed), []
        while size := int(stream.readline().split(b";")[0], 16):
            parts.append(stream.read(size))
            stream.readline()
        return b"".join(parts)

    def do_GET(self) -> None:
        content = self.objects.get(self.path)
        if content is None:
            return self._answer(404)
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        part = content[int(asked[1]) : int(asked[2]) + 1] if asked else content
        self.sent.append((self.headers.get("Range", ""), len(part)))
        return self._answer(206 if asked else 200, part)

    def do_HEAD(self) -> None:
        content = self.objects.get(self.path)
        self._answer(404 if content is None else 200, content or b"", head=True)

    def do_DELETE(self) -> None:
        self.objects.pop(self.path, None)
        self._answer(204)

    def _answer(self, status: int, content: bytes = b"", head: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"0"')
        self.end_headers()
        if not head:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def bucket(settings, monkeypatch) -> Iterator[type[Bucket]]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    handler = type("OneBucket", (Bucket,), {"objects": {}, "sent": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"s3://faces/media?endpoint=http://127.0.0.1:{server.server_port}&region=eu-central-1"
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3_options(url)}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    yield handler
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("encrypted", [False, True], ids=["plain", "encrypted"])
def test_a_range_is_read_without_the_rest(bucket: type[Bucket], settings, encrypted: bool):
    settings.MEDIA_ENCRYPTION_KEY = new_key() if encrypted else ""
    content = secrets.token_bytes(60 * CHUNK + 5)
    name = storage.store(io.BytesIO(content))
    (held,) = bucket.objects.values()
    assert (content in held) is not encrypted
    bucket.sent.clear()
    opened = storage.open_media(name)
    assert opened.size == len(content)
    assert opened.read_at(30 * CHUNK + 7, 30 * CHUNK + 107) == content[30 * CHUNK + 7 : 30 * CHUNK + 107]
    assert sum(n for _range, n in bucket.sent) <= 2 * SEALED
    assert all(header for header, _n in bucket.sent), "everything was asked for by range"
    assert opened.read_at(0, len(content)) == content


def test_a_player_and_a_worker_get_the_plain_video(bucket: type[Bucket], encrypted: str):
    from tests.cohorts.test_encryption import served

    recording = RecordingFactory()
    content = body(served(recording))
    assert len(content) == 900
    with storage.local_copy(recording.storage_name) as path:
        assert path.read_bytes() == content


def test_what_is_removed_is_gone_and_what_is_not_there_is_named(bucket: type[Bucket]):
    name = storage.store(io.BytesIO(b"x"))
    storage.remove(name)
    assert not bucket.objects
    with pytest.raises(FileNotFoundError):
        storage.open_media(name)
