"""Who gets what, for every route. A route that is missing here fails tests/config/test_access.py.

`own` is the object of a cohort or study that the signed-in user belongs to, `other` one they do not.
Status by role for GET, unless the row names another method; "in" means a redirect to the sign-in page.
"""

from dataclasses import dataclass, field

ROLES = ("administrator", "coordinator", "rater", "judge", "investigator")


@dataclass(frozen=True)
class Row:
    """Expected status by role: the object is the user's own, or another's."""

    own: dict[str, int]
    other: dict[str, int] | None = None  # None: the route names no object
    method: str = "get"
    anonymous: int = 302
    kwargs: tuple[str, ...] = field(default=())


def roles(default: int = 403, **known: int) -> dict[str, int]:
    return {role: known.get(role, default) for role in ROLES}


EVERYONE = roles(200)
STAFF = roles(403, administrator=200, coordinator=200)
STAFF_OTHER = roles(403, administrator=200, coordinator=404)
STAFF_POST = roles(403, administrator=302, coordinator=302)
STAFF_POST_OTHER = roles(403, administrator=302, coordinator=404)
STAFF_BAD = roles(403, administrator=422, coordinator=422)
STAFF_BAD_OTHER = roles(403, administrator=422, coordinator=404)

TABLE: dict[str, Row] = {
    "home": Row(roles(302, judge=200)),
    "healthz": Row(EVERYONE, anonymous=200),
    "cohorts:list": Row(STAFF),
    "cohorts:new": Row(STAFF),
    "cohorts:cohort": Row(STAFF, STAFF_OTHER),
    "cohorts:upload": Row(STAFF_BAD, STAFF_BAD_OTHER, "post"),
    "cohorts:upload_status": Row(STAFF, STAFF_OTHER),
    "cohorts:recording_video": Row(STAFF, STAFF_OTHER),
    "deid:recording": Row(STAFF, STAFF_OTHER),
    "deid:request_job": Row(STAFF_BAD, STAFF_BAD_OTHER, "post"),
    "deid:jobs": Row(STAFF),
    "deid:job": Row(STAFF, STAFF_OTHER),
    "deid:cancel_job": Row(STAFF_POST, STAFF_POST_OTHER, "post"),
    "deid:review": Row(STAFF, STAFF_OTHER),
    "deid:rendition_video": Row(STAFF, STAFF_OTHER),
    "deid:decide": Row(STAFF_BAD, STAFF_BAD_OTHER, "post"),
    "deid:keep_masked": Row(STAFF_POST, STAFF_POST_OTHER, "post"),
    "deid:render_again": Row(STAFF_POST, STAFF_POST_OTHER, "post"),
    "deid:release": Row(STAFF_POST, STAFF_POST_OTHER, "post"),
    "deid:reject": Row(STAFF_BAD, STAFF_BAD_OTHER, "post"),
    "audit:events": Row(roles(403, administrator=200)),
}
