"""Errors told to a web address of the operator's choice (ERROR_REPORT_URL); off unless that is set.

A report says where in the code something failed, and nothing of what was worked on: messages, values, addresses and
names can hold what belongs to a patient, so none of them leaves. The request id leads to the line in the own log.
"""

import json
import logging
import queue
import threading
import traceback
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.logs import request_id
from config.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
WAITING_MOST = 100
SECONDS = 5


def report_of(record: logging.LogRecord) -> dict[str, Any]:
    """What leaves the platform about one error."""
    error = record.exc_info[1] if record.exc_info else None
    return {
        "service": "semblance",
        "version": VERSION,
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds"),
        "level": record.levelname,
        "logger": record.name,
        "at": f"{_short(record.pathname)}:{record.lineno}",
        "error": type(error).__qualname__ if error else "",
        "trace": [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
        if error
        else [],
        "request_id": request_id(),
    }


def _short(path: str) -> str:
    """A source file without the folders of the machine it lies on."""
    found = Path(path)
    if found.is_relative_to(ROOT) and ".venv" not in found.parts:
        return str(found.relative_to(ROOT))
    parts = found.parts
    return "/".join(parts[parts.index("site-packages") + 1 :] if "site-packages" in parts else parts[-2:])


class ErrorReports(logging.Handler):
    """Sends reports from a thread of its own: an address that does not answer slows nobody, and a flood is cut."""

    def __init__(self, url: str) -> None:
        super().__init__(logging.ERROR)
        self.url = url
        self._waiting: queue.Queue[dict[str, Any]] = queue.Queue(WAITING_MOST)
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._waiting.put_nowait(report_of(record))
        except queue.Full:
            return
        if self._thread is None or not self._thread.is_alive():  # also after a fork, which takes no thread along
            self._thread = threading.Thread(target=self._send_all, daemon=True, name="error-reports")
            self._thread.start()

    def _send_all(self) -> None:
        while True:
            self._send(self._waiting.get())
            self._waiting.task_done()

    def _send(self, report: dict[str, Any]) -> None:
        request = urllib.request.Request(  # noqa: S310 - the operator's own address, http or https (settings)
            self.url, json.dumps(report).encode(), {"Content-Type": "application/json"}
        )
        try:
            urllib.request.urlopen(request, timeout=SECONDS).close()  # noqa: S310
        except (OSError, ValueError):
            return  # the own log has it

    def flush(self) -> None:
        """Wait for what is on its way."""
        if self._thread is not None and self._thread.is_alive():
            self._waiting.join()
