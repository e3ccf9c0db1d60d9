"""A browser without a screen: signs in, fills forms, waits for workers. What it cannot do, a user cannot do either."""

import base64
import hashlib
import re
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests


class Refused(RuntimeError):
    """A page answered otherwise than the story needs; the message quotes what the page said."""


class Browser:
    """One signed-in user, over HTTP."""

    def __init__(
        self, url: str, username: str, password: str, ca: str = "", headers: dict[str, str] | None = None
    ) -> None:
        self.url, self.username = url.rstrip("/"), username
        self.session = requests.Session()
        self.session.headers.update(headers or {})
        self.session.verify = ca or True  # of a site whose certificate is of its own making
        self.session.trust_env = False  # the site is on this machine or named by the user: no proxy between
        self.submit("/account/login/", {"login": username, "password": password}, expect="/")

    def get(self, path: str, *, status: int = 200, **headers: str) -> requests.Response:
        answer = self.session.get(self.url + path, headers=headers, timeout=60)
        if answer.status_code != status:
            raise Refused(f"{self.username}: GET {path} answered {answer.status_code}, not {status}{said(answer)}")
        return answer

    def submit(self, path: str, data: dict[str, Any], *, expect: str = "/", stays: bool = False) -> requests.Response:
        """Send a form as a page would, and follow to the page it leads to; `expect` must be in that page's address.

        With `stays` the form may lead back to its own address.
        """
        data = data | {"csrfmiddlewaretoken": self._token()}
        answer = self.session.post(self.url + path, data=data, headers={"Referer": self.url + path}, timeout=600)
        if answer.status_code != 200 or expect not in answer.url or (answer.url == self.url + path and not stays):
            raise Refused(f"{self.username}: POST {path} answered {answer.status_code}{said(answer)}")
        return answer

    def attempt(self, path: str, data: dict[str, Any]) -> requests.Response:
        """Send a form that may be refused."""
        return self.session.post(
            self.url + path, data=data | {"csrfmiddlewaretoken": self._token()},
            headers={"Referer": self.url + path}, timeout=60,
        )  # fmt: skip

    def post_json(self, path: str, data: dict[str, Any]) -> requests.Response:
        """Call the API as the page's script does."""
        return self.session.post(
            self.url + path, json=data, headers={"X-CSRFToken": self._token(), "Referer": self.url + path}, timeout=60
        )

    def upload(self, address: str, path: Path, **facts: str) -> str:
        """Send a file as the upload page's script does, in two pieces (tus 1.0); returns the address of its verdict."""
        told = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in facts.items())
        size = path.stat().st_size
        begun = self._tus("POST", address, 201, {"Upload-Length": str(size), "Upload-Metadata": told})
        there = urlsplit(begun.headers["Location"]).path
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            for first, last in ((0, size // 2), (size // 2, size)):
                file.seek(first)
                headers = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(first)}
                headers |= {"Upload-Sha256": digest} if last == size else {}
                self._tus("PATCH", there, 204, headers, file.read(last - first))
        return there.removesuffix("content")

    def _tus(
        self, method: str, path: str, status: int, headers: dict[str, str], body: bytes | None = None
    ) -> requests.Response:
        headers = {**headers, "Tus-Resumable": "1.0.0", "X-CSRFToken": self._token(), "Referer": self.url + path}
        answer = self.session.request(method, self.url + path, headers=headers, data=body, timeout=600)
        if answer.status_code != status:
            raise Refused(f"{self.username}: {method} {path} answered {answer.status_code}: {answer.text[:200]}")
        return answer

    def _token(self) -> str:
        if "csrftoken" not in self.session.cookies:
            self.session.get(f"{self.url}/account/login/", timeout=60)
        return str(self.session.cookies["csrftoken"])

    def download(self, path: str, target: Path) -> Path:
        """Fetch a video in ranges, as players do: each answer says how far it goes."""
        content, total = b"", 1
        while len(content) < total:
            asked = f"bytes={len(content)}-" if content else "bytes=0-65535"
            answer = self.get(path, status=206, Range=asked)
            total = int(answer.headers["Content-Range"].rpartition("/")[2])
            if not answer.content:
                raise Refused(f"{path} promised {total} bytes and sent {len(content)}")
            content += answer.content
        target.write_bytes(content)
        return target


def said(answer: requests.Response) -> str:
    """The errors and notices that a page shows, as text."""
    parts = re.findall(
        r'<(?:div|p)[^>]*class="(?:error-summary|notice error|error-text)[^>]*>(.*?)</(?:div|p)>', answer.text, re.S
    )
    words = [" ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split()) for part in parts]
    return ": " + " ".join(dict.fromkeys(words)) if words else ""


def wait_for(what: str, look: Callable[[], Any], *, seconds: float, every: float = 0.5) -> Any:
    """Ask until there is an answer.

    Raises
    ------
    Refused : nothing came within `seconds`
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := look():
            return answer
        time.sleep(every)
    raise Refused(f"{what}: nothing happened within {seconds:g} s. Is a worker running?")
