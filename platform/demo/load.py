"""Many raters at once: they sign in, play clips at the rate of a slow line, save answers; what was kept is counted."""

import re
import socket
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from demo.client import Browser, Refused
from ratings.models import Rating, Study

PIECE = 16 * 1024  # bytes read at once
RECEIVE = 64 * 1024  # the client's buffer: a larger one would take a whole clip at once, however slow the line


@dataclass(frozen=True, slots=True)
class Load:
    """What the raters do; `rate` in bytes a second, `every` and `seconds` in seconds."""

    raters: int
    seconds: float
    every: float
    rate: float


@dataclass(slots=True)
class Seen:
    """What a rater met: seconds of saves, of the first byte of ranges, of pages; ids acknowledged; what went wrong."""

    saves: list[float] = field(default_factory=list)
    ranges: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    kept: list[uuid.UUID] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    n_bytes: int = 0
    stalled: float = 0.0  # seconds for which a clip came slower than its rate


class SlowLine(HTTPAdapter):
    """Connections with a small buffer, so that what is not read yet waits at the server."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        options = [*HTTPConnection.default_socket_options, (socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE)]
        super().init_poolmanager(*args, socket_options=options, **kwargs)


class Rater(threading.Thread):
    """One rater: a clip plays while the answers to its items are saved."""

    def __init__(self, load: Load, url: str, name: str, password: str, begin: threading.Event, number: int) -> None:
        super().__init__(name=name, daemon=True)
        self.load, self.begin, self.number, self.seen = load, begin, number, Seen()
        # Every rater sits at another address, as in a trial: sign-ins are limited for each.
        self.browser = Browser(
            url, name, password, headers={"X-Forwarded-For": f"10.0.{number // 250}.{number % 250 + 1}"}
        )
        self.line = requests.Session()
        self.line.trust_env = False
        self.line.mount("http://", SlowLine())
        self.line.cookies.update(self.browser.session.cookies)

    def run(self) -> None:
        self.begin.wait()
        time.sleep(self.load.every * self.number / self.load.raters)  # not all at the same moment
        self.end = time.monotonic() + self.load.seconds
        self.next_save = time.monotonic() + self.load.every
        try:
            while time.monotonic() < self.end:
                self._rate_one()
        except (Refused, requests.RequestException, AttributeError) as error:
            self.seen.errors.append(f"{self.name}: {error!r}"[:300])

    def _rate_one(self) -> None:
        began = time.monotonic()
        page = self.browser.get("/rate/next/?rested").text
        self.seen.pages.append(time.monotonic() - began)
        save = re.search(r'data-save="([^"]+)"', page)
        video = re.search(r'<video[^>]* src="([^"]+)"', page)
        if not save or not video:
            raise Refused("no presentation is left: give the study more recordings")
        items = re.findall(r'data-item="([^"]+)"', page)
        at, total = 0, 1
        while items and time.monotonic() < self.end:
            if at < total:
                at, total = self._play(video[1], at)
            else:
                time.sleep(max(min(self.next_save, self.end) - time.monotonic(), 0))
            if time.monotonic() >= self.next_save:
                self._save(save[1], items.pop(0))
                self.next_save += self.load.every

    def _play(self, address: str, at: int) -> tuple[int, int]:
        """One range, as fast as the line is and until the next answer is due; returns (byte to go on at, size)."""
        began = time.monotonic()
        with self.line.get(
            self.browser.url + address, headers={"Range": f"bytes={at}-"}, stream=True, timeout=60
        ) as answer:
            self.seen.ranges.append(time.monotonic() - began)
            if answer.status_code != 206:
                raise Refused(f"a range was answered {answer.status_code}")
            total, n_read = int(answer.headers["Content-Range"].rpartition("/")[2]), 0
            while piece := answer.raw.read(PIECE):
                n_read += len(piece)
                ahead = n_read / self.load.rate - (time.monotonic() - began)
                self.seen.stalled += max(-ahead - 1, 0)
                time.sleep(max(ahead, 0))
        self.seen.n_bytes += n_read
        return at + n_read, total

    def _save(self, address: str, item: str) -> None:
        client_id = uuid.uuid4()
        told = {"item": item, "score": self.number % 5, "not_sure": False, "client_id": str(client_id)}
        began = time.monotonic()
        answer = self.browser.post_json(address, told)
        self.seen.saves.append(time.monotonic() - began)
        if answer.status_code == 201:
            self.seen.kept.append(client_id)
        else:
            self.seen.errors.append(f"{self.name}: a save was answered {answer.status_code}")


@dataclass(frozen=True, slots=True)
class Report:
    """What the load did."""

    saves: list[float]
    ranges: list[float]
    pages: list[float]
    n_lost: int
    n_doubled: int
    errors: list[str]
    n_bytes: int
    seconds: float
    busy: float  # share of all cores
    own: float  # of it, the raters' own process

    def lines(self) -> list[str]:
        rows = [_times("saves", self.saves), _times("first byte of a range", self.ranges), _times("pages", self.pages)]
        return [
            f"{'':<24}{'n':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'most ms':>9}",
            *rows,
            f"lost {self.n_lost}, doubled {self.n_doubled}, errors {len(self.errors)}",
            f"{self.n_bytes * 8 / self.seconds / 1e6:.1f} Mbit/s of video over {self.seconds:.0f} s; "
            f"processors {self.busy:.0%} busy, {self.own:.0%} with the raters themselves",
        ]


def _times(what: str, seconds: Sequence[float]) -> str:
    if not seconds:
        return f"{what:<24}{0:>8}"
    p50, p95, p99 = np.percentile(seconds, [50, 95, 99]) * 1000
    return f"{what:<24}{len(seconds):>8}{p50:>9.0f}{p95:>9.0f}{p99:>9.0f}{max(seconds) * 1000:>9.0f}"


def run(load: Load, study: Study, url: str, passwords: dict[str, str]) -> Report:
    """Sign all raters in, let them begin together, and compare what was acknowledged with what the database holds."""
    begin = threading.Event()
    raters = [
        Rater(load, url, name, password, begin, number) for number, (name, password) in enumerate(passwords.items())
    ]
    for rater in raters:
        rater.start()
    own, began = psutil.Process(), time.monotonic()
    own_before, _ = _cpu(own), psutil.cpu_percent()
    begin.set()
    for rater in raters:
        rater.join(load.seconds + 180)
    seconds, busy = time.monotonic() - began, psutil.cpu_percent() / 100
    seen = [rater.seen for rater in raters]
    kept = {client_id for one in seen for client_id in one.kept}
    there = list(Rating.objects.filter(presentation__study=study).values_list("client_id", "presentation", "item"))
    return Report(
        saves=[second for one in seen for second in one.saves],
        ranges=[second for one in seen for second in one.ranges],
        pages=[second for one in seen for second in one.pages],
        n_lost=len(kept - {client_id for client_id, _, _ in there}),
        n_doubled=len(there) - len({(presentation, item) for _, presentation, item in there}),
        errors=[error for one in seen for error in one.errors]
        + [f"{rater.name} did not end" for rater in raters if rater.is_alive()],
        n_bytes=sum(one.n_bytes for one in seen),
        seconds=seconds,
        busy=busy,
        own=(_cpu(own) - own_before) / seconds / (psutil.cpu_count() or 1),
    )


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
