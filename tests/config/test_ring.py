"""A doorbell that cannot be rung is no reason to fail: the sweeper rings again."""

import pytest
from kombu.exceptions import OperationalError

from config import celery


@pytest.mark.parametrize("error", [OperationalError("refused"), OSError("disk full"), ValueError("half-written")])
def test_a_message_that_cannot_be_sent_is_logged_only(monkeypatch, caplog, error):
    def broken(*_args, **_kwargs):
        raise error

    monkeypatch.setattr(celery.app, "send_task", broken)
    celery.ring("deid.tasks.render_cpu", job_id=7)
    assert "could not ring deid.tasks.render_cpu" in caplog.text
    assert str(error) in caplog.text
