"""Who gets what, for every route. A route that is missing here fails tests/config/test_access.py.

Own: the object of a cohort or study that the signed-in user belongs to. Other: one they do not belong to.
"""

from dataclasses import dataclass, field
from typing import Any

ROLES = ("administrator", "coordinator", "rater", "judge", "investigator")
TUS = {"headers": {"Tus-Resumable": "1.0.0"}}
JSON = {"data": "{}", "content_type": "application/json"}


@dataclass(frozen=True)
class Row:
    """Expected status by role. `target` names the object in the address, `sent` what is sent."""

    own: dict[str, int]
    other: dict[str, int] | None = None
    target: str = ""
    method: str = "get"
    anonymous: int = 302
    sent: dict[str, Any] = field(default_factory=dict)


def roles(default: int = 403, **known: int) -> dict[str, int]:
    return {role: known.get(role, default) for role in ROLES}


def staff(status: int, target: str = "", method: str = "get", **more: Any) -> Row:
    """Coordinators with their own cohorts, administrators with all."""
    other = roles(403, administrator=status, coordinator=404) if target else None
    return Row(roles(403, administrator=status, coordinator=status), other, target, method, **more)


def raters(status: int, target: str = "", **more: Any) -> Row:
    """Raters with what was laid before them, nobody else."""
    return Row(roles(403, rater=status), roles(403, rater=404) if target else None, target, **more)


def readers(status: int, target: str = "") -> Row:
    """Investigators and administrators."""
    own = roles(403, administrator=status, investigator=status)
    return Row(own, own if target else None, target)


STAFF = roles(403, administrator=200, coordinator=200)
TABLE: dict[str, Row] = {
    "home": Row(roles(302, judge=200)),
    "healthz": Row(roles(200), anonymous=200),
    "cohorts:list": staff(200),
    "cohorts:new": staff(200),
    "cohorts:cohort": staff(200, "cohort"),
    "cohorts:upload": staff(422, "cohort", "post"),
    "cohorts:uploads": staff(200, "cohort"),
    "cohorts:files": staff(400, "cohort", "post", sent=TUS),  # without Upload-Length
    "cohorts:upload_content": staff(415, "upload", "patch", sent=TUS),  # without the content type of a piece
    "cohorts:upload_status": staff(200, "upload"),
    "cohorts:recording_video": staff(200, "recording"),
    "deid:recording": staff(200, "recording"),
    "deid:request_job": staff(422, "recording", "post"),
    "deid:donors": staff(200),
    # Shipped donors are nobody's faces and belong to no cohort: whoever may see one may see all.
    "deid:donor_picture": Row(STAFF, STAFF, "shipped_donor"),
    "deid:own_donor_picture": staff(200, "own_donor"),
    "deid:jobs": staff(200),
    "deid:job": staff(200, "job"),
    "deid:cancel_job": staff(302, "job", "post"),
    "deid:review": staff(200, "rendition"),
    "deid:rendition_video": staff(200, "rendition"),
    "deid:decide": staff(422, "rendition", "post"),
    "deid:keep_masked": staff(302, "rendition", "post"),
    "deid:render_again": staff(302, "rendition", "post"),
    "deid:release": staff(302, "rendition", "post"),
    "deid:reject": staff(422, "rendition", "post"),
    "ratings:studies": staff(200),
    "ratings:study_new": staff(200),
    "ratings:study": staff(200, "study"),
    "ratings:study_prepare": staff(302, "study", "post"),
    "ratings:study_open": staff(302, "study", "post"),
    "ratings:study_close": staff(302, "study", "post"),
    "ratings:desk": raters(200),
    "ratings:next": raters(302),
    "ratings:presentation": raters(200, "presentation"),
    "ratings:video": raters(200, "presentation"),
    "ratings-api:ratings": raters(400, "presentation", method="post", anonymous=403, sent=JSON),
    "analysis:studies": readers(200),
    "analysis:study": readers(200, "study"),
    "analysis:csv": readers(200, "closed_study"),
    "audit:events": Row(roles(403, administrator=200)),
}

# Accounts, from allauth: (address arguments, anonymous, signed in). 302 leads a visitor to the sign-in page and a
# signed-in user home. Nobody can sign up: tests/accounts/test_sign_in.py.
ALLAUTH: dict[str, tuple[dict[str, str], int, int]] = {
    "account_login": ({}, 200, 302),
    "account_logout": ({}, 302, 200),
    "account_inactive": ({}, 200, 200),
    "account_signup": ({}, 200, 302),
    "account_reauthenticate": ({}, 302, 200),
    "account_email": ({}, 302, 200),
    "account_email_verification_sent": ({}, 200, 200),
    "account_change_password": ({}, 302, 200),
    "account_set_password": ({}, 302, 302),
    "account_reset_password": ({}, 200, 200),
    "account_confirm_login_code": ({}, 302, 302),
    "account_confirm_email": ({"key": "x"}, 200, 200),
    "account_reset_password_from_key_done": ({}, 200, 200),
    "account_reset_password_from_key": ({"uidb36": "1", "key": "x-y"}, 200, 200),
    "account_reset_password_done": ({}, 200, 200),
}
