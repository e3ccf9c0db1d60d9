"""Rules shared by models, forms and the manifest import."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

SHA256 = re.compile(r"[0-9a-f]{64}")
CODE = re.compile(r"[A-Z]{1,6}-?[0-9]{1,6}")


def validate_code(code: str) -> None:
    """A participant's code says nothing about the person: letters of the project and a number."""
    if not CODE.fullmatch(code):
        raise ValidationError(
            _(
                "The participant code must be 1-6 capital letters, an optional hyphen and 1-6 digits, such as PD-014; "
                "it was “%(code)s”. Names, dates and e-mail addresses do not belong in a code."
            )
            % {"code": code[:40]},
            code="code_form",
        )


def validate_sha256(value: str) -> None:
    if not SHA256.fullmatch(value):
        raise ValidationError(
            _("A SHA-256 is written as 64 digits 0-9 and a-f; it was “%(value)s”.") % {"value": value[:70]},
            code="sha256_form",
        )


def validate_upload_size(n_bytes: int) -> None:
    """What can be taken at all."""
    if n_bytes < 1:
        raise ValidationError(_("The file is empty (0 bytes): copy it again from the camera."), code="empty")
    if n_bytes > settings.UPLOAD_MAX_BYTES:
        raise ValidationError(
            _("The file has %(given)d MB; at most %(most)d MB can be taken. Cut it or lower its bit rate.")
            % {"given": n_bytes >> 20, "most": settings.UPLOAD_MAX_BYTES >> 20},
            code="too_large",
        )
