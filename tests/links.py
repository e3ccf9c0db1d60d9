"""Media as pages ask for them: by a link of the client's session."""

from typing import Any

from django.http import HttpResponseBase
from django.test import Client

from cohorts.links import sign


def link(client: Client, path: str) -> str:
    return f"{path}?look={sign(path, session=client.session.session_key, user=client.user.pk)}"  # type: ignore[attr-defined]


def watch(client: Client, path: str, **headers: Any) -> HttpResponseBase:
    return client.get(link(client, path), **headers)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content
