"""Links to media that hold for one session, one user, one object and a limited time.

All links look alike: the same parameter, the same length. A link is made when a page is shown on which somebody asked
for the picture; its first use is the look that enters the audit log, further ranges of the same look do not.
"""

import hmac
import re
import secrets
import time

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import salted_hmac

import audit.services as audit
from accounts.access import signed_in

PARAMETER = "look"
_TOKEN = re.compile(r"(?P<expires>[0-9a-f]{8})(?P<nonce>[0-9a-f]{16})(?P<mark>[0-9a-f]{64})")


def media_link(request: HttpRequest, route: str, pk: object) -> str:
    """The address of a media route for this session."""
    path = reverse(route, kwargs={"pk": pk})
    return f"{path}?{PARAMETER}={sign(path, session=_session(request), user=signed_in(request).pk)}"


def sign(path: str, *, session: str, user: int) -> str:
    expires, nonce = f"{int(time.time()) + settings.MEDIA_LINK_SECONDS:08x}", secrets.token_hex(8)
    return expires + nonce + _mark(path, session, user, expires, nonce)


def _mark(path: str, session: str, user: int, expires: str, nonce: str) -> str:
    said = "\n".join([path, session, str(user), expires, nonce])
    return salted_hmac("cohorts.links", said, algorithm="sha256").hexdigest()


def _session(request: HttpRequest) -> str:
    return request.session.session_key or ""


def check(request: HttpRequest) -> str:
    """The token of a request for media; refused (403) where it is missing, expired, or another's."""
    token = request.GET.get(PARAMETER, "")
    parts = _TOKEN.fullmatch(token)
    if parts is None or not _session(request):
        raise PermissionDenied("open the page again: this link is incomplete")
    mark = _mark(request.path, _session(request), signed_in(request).pk, parts["expires"], parts["nonce"])
    if not hmac.compare_digest(mark, parts["mark"]):
        raise PermissionDenied("open the page again: this link belongs to another session")
    if int(parts["expires"], 16) < time.time():
        raise PermissionDenied("open the page again: this link is too old")
    return token


def look(request: HttpRequest, *, verb: str, target: models.Model) -> None:
    """Check the link, and record the look when it is the first use of the link."""
    token = check(request)
    key = f"look:{token[8:]}"
    if cache.get(key):  # the many ranges of one look: asking is cheap, adding counts the whole table
        return
    with transaction.atomic():
        # The cache is a table of the same database: the note of the look and its event are written together or not at
        # all.
        if cache.add(key, True, settings.MEDIA_LINK_SECONDS):
            audit.record(actor=signed_in(request), verb=verb, target=target)
