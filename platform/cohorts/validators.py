"""Rules shared by models, forms, services and the manifest import. The database checks the same patterns."""

import re
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from cohorts.vocabulary import HOEHN_YAHR

CODE = r"^[A-Z]{1,6}-?[0-9]{1,6}$"
_DAY, _MONTH, _YEAR = "(0[1-9]|[12][0-9]|3[01])", "(0[1-9]|1[0-2])", "[0-9]{2}"
# Six digits that read as day, month and year in any usual order, or a month's name before a number.
DATE_IN_CODE = (
    f"^([A-Z]+-?({_DAY}{_MONTH}{_YEAR}|{_MONTH}{_DAY}{_YEAR}|{_YEAR}{_MONTH}{_DAY})"
    "|(JAN|FEB|MAR|APR|MAY|JUN|JUNE|JUL|JULY|AUG|SEP|SEPT|OCT|NOV|DEC)-?[0-9]+)$"
)
# Frequent given names and family names of up to six letters. It catches habits, not every name.
NAMES = (
    "ADAM|ALEX|ALI|AMY|ANA|ANDREW|ANN|ANNA|ANNE|BEN|BOB|BROWN|CARLOS|CHEN|CHRIS|CLARK|DAN|DANIEL|DAVID|DAVIES|"
    "DAVIS|DIAZ|EMMA|ERIK|EVA|EVANS|FRANK|GARCIA|GEORGE|GREEN|HALL|HANS|HARRIS|HELEN|HENRY|HILL|IAN|IVAN|JACK|"
    "JACOB|JAMES|JAN|JANE|JEAN|JIM|JOE|JOHN|JONES|JOSE|JUAN|JULIA|KAREN|KHAN|KIM|LAURA|LEE|LEWIS|LI|LINDA|LISA|"
    "LIU|LOPEZ|LUCA|LUCAS|LUCY|LUIS|MARIA|MARIE|MARK|MARTIN|MARY|MEYER|MIA|MIKE|MILLER|MOORE|MORRIS|NGUYEN|"
    "NINA|NOAH|OLGA|OSCAR|PAUL|PEREZ|PETER|PETRA|PHILIP|RALF|ROBERT|ROBIN|ROSA|ROSE|ROY|RUTH|SAM|SARA|SARAH|"
    "SILVA|SIMON|SINGH|SMITH|SOFIA|SOPHIA|STEVE|SUE|SUSAN|TAYLOR|THOMAS|TIM|TOM|TONY|TURNER|WALKER|WANG|WEBER|"
    "WHITE|WILSON|WOLF|WONG|WOOD|WRIGHT|XU|YANG|YOUNG|ZHANG"
)
NAME_IN_CODE = f"^({NAMES})-?[0-9]+$"
SITE = r"^[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ '().,-]{0,30}([0-9]{1,2})?$"
OLDEST = 90  # ages from here on are one group: few people are so old that an age would name them
VERSION = r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,39}$"
FIRST_CONSENT = date(1990, 1, 1)
MINUTES_MOST = 7 * 24 * 60
SHA256 = re.compile(r"[0-9a-f]{64}")


def validate_code(code: str) -> None:
    """A participant's code says nothing about the person: letters of the project and a running number."""
    if not re.fullmatch(CODE, code):
        raise ValidationError(
            _(
                "The participant code must be 1-6 capital letters, an optional hyphen and 1-6 digits, such as PD-014; "
                "it was “%(code)s”. Names, dates and e-mail addresses do not belong in a code."
            )
            % {"code": code[:40]},
            code="code_form",
        )
    if re.fullmatch(DATE_IN_CODE, code):
        raise ValidationError(
            _("The code “%(code)s” reads as a date, perhaps of birth: use a running number, such as PD-014.")
            % {"code": code},
            code="code_date",
        )
    if re.fullmatch(NAME_IN_CODE, code):
        raise ValidationError(
            _("The code “%(code)s” begins with a name: use letters of the project, such as PD-014.") % {"code": code},
            code="code_name",
        )


def validate_site(site: str) -> None:
    if site and not re.fullmatch(SITE, site):
        raise ValidationError(
            _(
                "A site is a short name such as “Site A” or “Ward 3”: letters and spaces, at most two digits at the "
                "end, at most 33 characters; it was “%(site)s”."
            )
            % {"site": site[:40]},
            code="site_form",
        )


def pooled_age(age: int | None) -> int | None:
    """The age that is kept: 90 stands for 90 and over."""
    return age if age is None else min(age, OLDEST)


def validate_age(age: int) -> None:
    if not 0 <= age <= 120:
        raise ValidationError(_("The age at recording must be 0-120 years; it was %(age)s.") % {"age": age}, code="age")


def validate_minutes(minutes: int) -> None:
    if not 0 <= minutes <= MINUTES_MOST:
        raise ValidationError(
            _("Minutes since levodopa must be 0-%(most)d, which is a week; it was %(given)s.")
            % {"most": MINUTES_MOST, "given": minutes},
            code="minutes",
        )


def validate_hoehn_yahr(stage: Decimal) -> None:
    if stage not in [Decimal(one) for one in HOEHN_YAHR]:
        raise ValidationError(
            _("Hoehn & Yahr must be one of %(stages)s; it was %(given)s.")
            % {"stages": ", ".join(HOEHN_YAHR), "given": stage},
            code="hoehn_yahr",
        )


def validate_consent_date(on: date) -> None:
    today = timezone.localdate()
    if not FIRST_CONSENT <= on <= today:
        raise ValidationError(
            _("The date of consent must lie between %(first)s and today, %(today)s; it was %(on)s.")
            % {"first": FIRST_CONSENT, "today": today, "on": on},
            code="consent_date",
        )


def validate_version(version: str) -> None:
    if not re.fullmatch(VERSION, version):
        raise ValidationError(
            _("The form's version must be up to 40 letters, digits, spaces or . _ / -; it was “%(given)s”.")
            % {"given": version[:50]},
            code="consent_version",
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
