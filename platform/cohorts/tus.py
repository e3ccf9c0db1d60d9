"""Resumable uploads by the tus protocol 1.0.0 (https://tus.io): core, creation, termination, checksum, expiration.

The addresses are ordinary views: session, CSRF header and cohort access hold as for every page. The body of a PATCH is
read in pieces and never held. Beside the protocol: `Upload-Sha256`, the hash of the whole file, may come with any
PATCH, because a browser knows it only when it has read the whole file; it is compared before the file becomes a
recording.
"""

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext as _

from accounts.access import roles_required, signed_in
from accounts.models import Role
from cohorts import quarantine
from cohorts import upload_services as uploads
from cohorts.access import get_cohort, get_upload
from cohorts.models import Upload
from cohorts.quarantine import Checksum

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,checksum,expiration"
ALGORITHMS = ("sha1", "sha256")  # the protocol asks for sha1; our own page sends sha256
CONTENT_TYPE = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
STATUS_OF = {"too_large": 413, "too_much": 413, "no_space": 507}
View = Callable[..., HttpResponse]


class Refused(Exception):
    """An answer other than success: its status, and a sentence for a person."""

    def __init__(self, status: int, told: str, **headers: str) -> None:
        super().__init__(told)
        self.status, self.headers = status, headers


def tus(*methods: str) -> Callable[[View], View]:
    """A view that speaks the protocol: version, method override, and refusals as text."""

    def decorate(view: View) -> View:
        @wraps(view)
        def spoken(request: HttpRequest, **address: Any) -> HttpResponse:
            response = _answer(request, methods, view, address)
            response["Tus-Resumable"] = VERSION
            return response

        return roles_required(Role.COORDINATOR, Role.ADMINISTRATOR)(spoken)  # type: ignore[return-value]

    return decorate


def _answer(request: HttpRequest, methods: tuple[str, ...], view: View, address: dict[str, Any]) -> HttpResponse:
    # Only a POST may ask to be taken for another method: it had to bring the CSRF token, a GET had not.
    asked = request.headers.get("X-HTTP-Method-Override", "") if request.method == "POST" else ""
    method = asked.upper() or request.method or ""
    if method not in methods:
        return HttpResponse(status=405, headers={"Allow": ", ".join(methods)})
    if method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
        return _text(412, _("This address speaks tus %(version)s.") % {"version": VERSION}, **{"Tus-Version": VERSION})
    try:
        return view(request, method, **address)
    except Refused as refused:
        return _text(refused.status, str(refused), **refused.headers)
    except ValidationError as error:
        return _text(STATUS_OF.get(getattr(error, "code", "") or "", 400), " ".join(error.messages))


def _text(status: int, told: str, **headers: str) -> HttpResponse:
    return HttpResponse(told, status=status, content_type="text/plain; charset=utf-8", headers=headers)


@tus("OPTIONS", "POST")
def uploads_of_cohort(request: HttpRequest, method: str, pk: int) -> HttpResponse:
    """What the server can do, and the beginning of an upload."""
    user = signed_in(request)
    cohort = get_cohort(user, pk)
    if method == "OPTIONS":
        return _abilities()
    n_bytes, told = _number(request, "Upload-Length"), _metadata(request.headers.get("Upload-Metadata", ""))
    upload = uploads.begin_upload(
        cohort=cohort, code=told.get("participant", ""), task=told.get("task", ""), n_bytes=n_bytes, actor=user,
        fingerprint=told.get("fingerprint", ""), sha256=told.get("sha256", ""),
    )  # fmt: skip
    address = request.build_absolute_uri(reverse("cohorts:upload_content", kwargs={"pk": upload.pk}))
    return HttpResponse(status=201, headers={"Location": address, **_state(upload, 0)})


@tus("OPTIONS", "HEAD", "PATCH", "DELETE")
def upload_content(request: HttpRequest, method: str, pk: int) -> HttpResponse:
    """One upload: how much has come, the next piece, and its end."""
    user = signed_in(request)
    upload = get_upload(user, pk)
    if method == "OPTIONS":
        return _abilities()
    if upload.state in (Upload.State.CANCELLED, Upload.State.EXPIRED):
        raise Refused(410, upload.message or _("This upload was cancelled. Choose the file again."))
    try:
        if method == "HEAD":
            return HttpResponse(status=200, headers={**_state(upload, uploads.offset_of(upload)), **_described(upload)})
        if method == "DELETE":
            uploads.cancel_upload(upload=upload, actor=user)
            return HttpResponse(status=204)
        return _patch(request, upload)
    except quarantine.Busy:
        raise Refused(423, _("Another tab or window is sending this file. Wait, or go on there.")) from None
    except quarantine.Gone:
        raise Refused(410, _("This upload is over. Choose the file again.")) from None


def _patch(request: HttpRequest, upload: Upload) -> HttpResponse:
    if request.content_type != CONTENT_TYPE:
        raise Refused(415, _("A piece is sent as %(type)s.") % {"type": CONTENT_TYPE})
    if "Content-Length" not in request.headers:
        raise Refused(411, _("Say how long the piece is, in Content-Length."))
    offset, n_bytes = _number(request, "Upload-Offset"), _number(request, "Content-Length")
    _hang_up_on_silence(request)
    try:
        end = uploads.continue_upload(
            upload=upload, offset=offset, n_bytes=n_bytes, read=request.read, checksum=_checksum(request),
            sha256=request.headers.get("Upload-Sha256", ""),
        )  # fmt: skip
    except quarantine.WrongOffset as wrong:
        told = _("%(here)d bytes have come; the piece begins at %(asked)d.") % {"here": wrong.args[0], "asked": offset}
        raise Refused(409, told, **{"Upload-Offset": str(wrong.args[0])}) from None
    except quarantine.ChecksumMismatch:
        told = _("This piece was damaged on its way and is sent again.")
        raise Refused(CHECKSUM_MISMATCH, told) from None
    except quarantine.NoSpace:
        told = _("The server's disk is full. What has come is kept: ask your administrator to make room, then go on.")
        raise Refused(507, told) from None
    if end < offset + n_bytes:  # nobody reads this, unless the silence was a short one
        raise Refused(408, _("The connection was cut within a piece. What has come is kept."))
    return HttpResponse(status=204, headers=_state(upload, end))


def _hang_up_on_silence(request: HttpRequest) -> None:
    """A connection that died without a word holds the file's lock no longer than this."""
    socket = request.META.get("gunicorn.socket")
    if socket is not None:
        socket.settimeout(settings.UPLOAD_IDLE_SECONDS)


def _abilities() -> HttpResponse:
    headers = {
        "Tus-Version": VERSION, "Tus-Extension": EXTENSIONS, "Tus-Max-Size": str(settings.UPLOAD_MAX_BYTES),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }  # fmt: skip
    return HttpResponse(status=204, headers=headers)


def _state(upload: Upload, offset: int) -> dict[str, str]:
    """Offset, and how long an unfinished upload is kept."""
    headers = {"Upload-Offset": str(offset), "Cache-Control": "no-store"}
    if upload.expires_at:
        headers["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return headers


def _described(upload: Upload) -> dict[str, str]:
    """What was said at the beginning; the name of the file is not among it, since it is not kept."""
    told = {"participant": upload.code, "task": upload.task, "fingerprint": upload.fingerprint}
    pairs = [f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items() if value]
    return {"Upload-Length": str(upload.n_bytes or 0), "Upload-Metadata": ",".join(pairs)}


def _number(request: HttpRequest, header: str) -> int:
    given = request.headers.get(header, "")
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Refused(
            400, _("%(header)s must be a whole number, it was “%(given)s”.") % {"header": header, "given": given[:30]}
        )
    return int(given)


def _metadata(header: str) -> dict[str, str]:
    """`key base64,key base64`; a key may stand without a value."""
    told = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        name, _space, value = pair.partition(" ")
        try:
            told[name] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise Refused(
                400, _("Upload-Metadata: the value of “%(name)s” is not base64.") % {"name": name[:30]}
            ) from None
    return told


def _checksum(request: HttpRequest) -> Checksum | None:
    header = request.headers.get("Upload-Checksum")
    if not header:
        return None
    algorithm, _space, digest = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise Refused(400, _("Upload-Checksum: use one of %(known)s.") % {"known": ", ".join(ALGORITHMS)})
    try:
        return Checksum(algorithm, base64.b64decode(digest, validate=True))
    except binascii.Error:
        raise Refused(400, _("Upload-Checksum: the digest is not base64.")) from None
