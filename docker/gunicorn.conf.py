"""Gunicorn: threads, because much of the work is sending video."""

import os
import socket
from typing import Any

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 120
graceful_timeout = 10
keepalive = 75  # longer than nginx keeps an idle connection: who closes first must not be the one that is asked next
accesslog = None  # addresses carry object ids; nginx or the audit log tell what is needed
# One name for all: the version of the server is nobody's business.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1")
control_socket_disable = True  # nobody here steers it that way
SEND_BUFFER = 512 * 1024  # more than one answer of `cohorts.media`: a thread hands it over and is free for others


def when_ready(server: Any) -> None:
    """Connections inherit it from what listens; the system's own would grow with what a slow viewer takes."""
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
