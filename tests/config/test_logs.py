"""Log lines and error reports."""

import json
import logging
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from config import error_reports
from config.logs import JsonFormatter, RequestIdFilter
from tests.factories import UserFactory


def failing(participant: str) -> None:
    raise ValueError(f"{participant} has no face in /var/media/ab/abcd")


def record_of_a_failure() -> logging.LogRecord:
    try:
        failing("PD-001")
    except ValueError:
        return logging.LogRecord(
            "deid.tasks", logging.ERROR, __file__, 7, "job %d of %s", (3, "PD-001"), sys.exc_info(), "render"
        )
    raise AssertionError


def test_a_json_line_is_one_line_with_what_went_wrong():
    record = record_of_a_failure()
    RequestIdFilter().filter(record)
    line = JsonFormatter().format(record)
    told = json.loads(line)
    assert "\n" not in line
    assert (told["level"], told["logger"], told["message"]) == ("ERROR", "deid.tasks", "job 3 of PD-001")
    assert "ValueError: PD-001 has no face" in told["exception"]


def test_every_error_tells_its_request_id_and_nothing_else_does(client, db):
    first, second = (client.get("/nowhere")["X-Request-ID"] for _ in range(2))
    assert first != second
    assert "X-Request-ID" not in client.get("/healthz").headers


@pytest.mark.parametrize(("behind", "given", "kept"), [
    (True, "0123456789abcdef0123456789abcdef", True), (False, "0123456789abcdef0123456789abcdef", False),
    (True, "forged\nline", False), (True, "x" * 32, False),
])  # fmt: skip
def test_only_a_proxys_id_of_the_right_form_is_taken_over(client, db, settings, behind, given, kept):
    settings.BEHIND_PROXY = behind
    assert (client.get("/metrics", HTTP_X_REQUEST_ID=given)["X-Request-ID"] == given) is kept


def test_a_report_says_where_and_nothing_of_what():
    report = error_reports.report_of(record_of_a_failure())
    assert report["error"] == "ValueError"
    assert [line.rpartition(" ")[2] for line in report["trace"]] == ["record_of_a_failure", "failing"]
    assert report["trace"][-1].startswith("tests/config/test_logs.py:")
    text = json.dumps(report)
    assert not any(word in text for word in ("PD-001", "no face", "media", "job 3", "/home", "/tmp"))  # noqa: S108


class Sink(BaseHTTPRequestHandler):
    received: list[dict] = []

    def do_POST(self) -> None:
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


def test_errors_of_pages_reach_the_address_and_slow_nobody(client, db, monkeypatch):
    """A view that fails, a handler as the settings make it, a real receiver."""
    server = HTTPServer(("127.0.0.1", 0), Sink)
    Thread(target=server.serve_forever, daemon=True).start()
    handler = error_reports.ErrorReports(f"http://127.0.0.1:{server.server_address[1]}/hook?key=1")
    logging.getLogger().addHandler(handler)

    def broken(*_args: object) -> None:
        raise RuntimeError("secret of PD-009")

    monkeypatch.setattr("operations.health._database", broken)
    client.raise_request_exception = False
    client.force_login(UserFactory(username="dr.name"), backend="django.contrib.auth.backends.ModelBackend")
    try:
        answer = client.get("/healthz?look=abc")
        handler.flush()
    finally:
        logging.getLogger().removeHandler(handler)
        server.shutdown()
        server.server_close()
    assert answer.status_code == 500
    (report,) = Sink.received
    assert (report["error"], report["logger"]) == ("RuntimeError", "django.request")
    assert report["request_id"]
    assert not any(word in json.dumps(report) for word in ("PD-009", "look", "dr.name", "healthz?"))


def test_an_address_that_does_not_answer_loses_reports_and_nothing_else():
    handler = error_reports.ErrorReports("http://127.0.0.1:1/")
    for _ in range(500):
        handler.emit(record_of_a_failure())
    handler.flush()


def test_no_address_no_reports(settings):
    assert settings.ERROR_REPORT_URL == ""
    assert not any(isinstance(handler, error_reports.ErrorReports) for handler in logging.getLogger().handlers)
