"""Serving by ranges, with equal sizes when asked for."""

import io

import av
import pytest
from django.test import RequestFactory

from cohorts import media, storage
from config.env import new_key
from tests.media_files import write_video

pytestmark = pytest.mark.django_db
CONTENT = bytes(range(256)) * 4


@pytest.fixture(params=[False, True], ids=["plain", "encrypted"], autouse=True)
def at_rest(request, media, settings) -> None:
    """Every test here holds for plain and for encrypted files."""
    settings.MEDIA_ENCRYPTION_KEY = new_key() if request.param else ""


@pytest.fixture
def stored() -> str:
    return storage.store(io.BytesIO(CONTENT))


def ask(name: str, header: str | None = None, method: str = "get", **kwargs):
    headers = {"HTTP_RANGE": header} if header else {}
    request = getattr(RequestFactory(), method)("/", **headers)
    return media.serve(request, storage_name=name, n_bytes=len(CONTENT), **kwargs)


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_whole_file(stored: str):
    response = ask(stored)
    assert response.status_code == 200
    assert body(response) == CONTENT
    assert response["Content-Length"] == "1024"


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [("bytes=0-0", 0, 0), ("bytes=10-99", 10, 99), ("bytes=1000-", 1000, 1023), ("bytes=-5", 1019, 1023),
     ("bytes=0-99999", 0, 1023), ("bytes=-99999", 0, 1023)],
)  # fmt: skip
def test_a_range_is_exactly_what_was_asked(stored: str, header: str, first: int, last: int):
    response = ask(stored, header)
    assert response.status_code == 206
    assert body(response) == CONTENT[first : last + 1]
    assert response["Content-Range"] == f"bytes {first}-{last}/1024"
    assert response["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize("header", ["bytes=1024-", "bytes=2000-3000", "bytes=9-5", "bytes=-0"])
def test_a_range_outside_is_416(stored: str, header: str):
    response = ask(stored, header)
    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */1024"


@pytest.mark.parametrize("header", ["items=0-5", "bytes=a-b", "bytes=0-1,5-6", "bytes=-", "nonsense"])
def test_a_header_that_is_not_one_range_gives_the_whole(stored: str, header: str):
    assert body(ask(stored, header)) == CONTENT


def test_head_promises_and_sends_nothing(stored: str):
    response = ask(stored, method="head")
    assert response["Content-Length"] == "1024"
    assert body(response) == b""


def test_padding_is_one_free_box_however_it_is_cut(stored: str):
    padding = (3000 - 1024).to_bytes(4, "big") + b"free" + bytes(3000 - 1024 - 8)
    whole = body(ask(stored, padded_to=3000))
    assert whole == CONTENT + padding
    for first in (0, 1000, 1023, 1024, 1026, 1031, 1032, 2999):
        for last in (first, min(first + 7, 2999), 2999):
            assert body(ask(stored, f"bytes={first}-{last}", padded_to=3000)) == whole[first : last + 1]


def test_padding_smaller_than_a_box_is_a_mistake_of_the_caller(stored: str):
    with pytest.raises(ValueError, match="free box needs 8 bytes"):
        ask(stored, padded_to=1030)


def test_a_padded_video_still_plays(tmp_path):
    content = write_video(tmp_path / "a.mp4").read_bytes()
    name = storage.store(io.BytesIO(content))
    request = RequestFactory().get("/")
    served = media.serve(request, storage_name=name, n_bytes=len(content), padded_to=len(content) + 5000)
    padded = b"".join(served.streaming_content)
    with av.open(io.BytesIO(padded)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 20
