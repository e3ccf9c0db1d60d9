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


def judges(status: int, target: str = "", **more: Any) -> Row:
    """Judges with what was laid before them, nobody else."""
    return Row(roles(403, judge=status), roles(403, judge=404) if target else None, target, **more)


def readers(status: int, target: str = "", **more: Any) -> Row:
    """Administrators, and investigators with the studies they are members of."""
    own = roles(403, administrator=status, investigator=status)
    return Row(own, roles(403, administrator=status, investigator=404) if target else None, target, **more)


def runs(status: int, **more: Any) -> Row:
    """A run of a study: coordinators read runs of their cohorts and none of studies."""
    own = roles(403, administrator=status, investigator=status, coordinator=404)
    return Row(own, roles(403, administrator=status, investigator=404, coordinator=404), "run", **more)


def administrators(status: int, target: str = "", **more: Any) -> Row:
    own = roles(403, administrator=status)
    return Row(own, own if target else None, target, **more)


def everybody(status: int, **more: Any) -> Row:
    """Every signed-in user, about themselves."""
    return Row(roles(status), **more)


STAFF = roles(403, administrator=200, coordinator=200)
MEASURED_FOR = STAFF | {"investigator": 200}
TABLE: dict[str, Row] = {
    "home": Row(roles(200, rater=302)),
    "glossary": everybody(200),
    "style": everybody(404),  # there with DEBUG only
    "healthz": Row(roles(200), anonymous=200),
    "readyz": Row(roles(200), anonymous=200),
    "metrics": Row(roles(404), anonymous=404),  # for who has the token: tests/operations/test_metrics.py
    "accounts:account": everybody(200),
    # Without a language it is a bad request, for those who have not signed in too.
    "accounts:language": everybody(400, method="post", anonymous=400),
    "accounts:sessions": everybody(200),
    "accounts:sessions_end": everybody(302, method="post"),
    # The one of the coordinator: not even an administrator ends it here.
    "accounts:session_end": Row(roles(404, coordinator=302), roles(404), "session", "post"),
    "accounts:tokens": Row(roles(200, rater=403, judge=403)),
    # The one of the coordinator; an administrator takes back anybody's.
    "accounts:token_revoke": Row(
        roles(403, administrator=302, coordinator=302, investigator=404),
        roles(403, administrator=302, coordinator=404, investigator=404),
        "token",
        "post",
    ),
    "accounts:people": administrators(200),
    "accounts:person": administrators(200, "person"),
    "accounts:person_role": administrators(302, "person", method="post"),
    "accounts:person_deactivate": administrators(302, "person", method="post"),
    "accounts:person_activate": administrators(302, "person", method="post"),
    "accounts:person_factor": administrators(302, "person", method="post"),
    "accounts:person_password": administrators(200, "person", method="post"),
    # Service tokens are the only way in: a session is not.
    "accounts-api:token": Row(roles(401), anonymous=401),
    "accounts-api:who": everybody(200, anonymous=403),
    "cohorts:invitations": staff(200),
    "cohorts:invitation_revoke": staff(302, "invitation", "post"),
    # Whoever is signed in is told to sign out first.
    "cohorts:join": Row(roles(410), roles(410), "secret", anonymous=200),
    "cohorts:members": staff(200, "cohort"),
    "cohorts:member_remove": staff(302, "membership", "post"),
    "cohorts:list": staff(200),
    "cohorts:new": staff(200),
    "cohorts:cohort": staff(200, "cohort"),
    "cohorts:upload": staff(422, "cohort", "post"),
    "cohorts:uploads": staff(200, "cohort"),
    "cohorts:files": staff(400, "cohort", "post", sent=TUS),  # without Upload-Length
    "cohorts:upload_content": staff(415, "upload", "patch", sent=TUS),  # without the content type of a piece
    "cohorts:upload_status": staff(200, "upload"),
    "cohorts:participants": staff(200, "cohort"),
    "cohorts:participant_new": staff(200, "cohort"),
    "cohorts:participant": staff(200, "participant"),
    "cohorts:participant_edit": staff(200, "participant"),
    "cohorts:consent": staff(422, "participant", "post"),
    # Who cares for a participant withdraws them; administrators run the platform.
    "cohorts:withdraw": Row(roles(403, coordinator=200), roles(403, coordinator=404), "participant"),
    "cohorts:circumstances": staff(200, "recording"),
    "cohorts:recording_video": staff(200, "recording"),
    "deid:recording": staff(200, "recording"),
    "deid:request_job": staff(422, "recording", "post"),
    "deid:donors": staff(200),
    # Shipped donors are nobody's faces and belong to no cohort: whoever may see one may see all.
    "deid:donor_picture": Row(STAFF, STAFF, "shipped_donor"),
    "deid:own_donor_picture": staff(200, "own_donor"),
    "deid:weights": administrators(200),
    "deid:trainings": administrators(200),
    "deid:training_new": administrators(200),
    "deid:training": administrators(200, "training"),
    "deid:training_stop": administrators(302, "training", method="post"),
    "deid:training_resume": administrators(302, "training", method="post"),
    "deid:training_use": administrators(302, "training", method="post"),
    "deid:training_clear": administrators(302, "training", method="post"),
    "deid:training_sheet": administrators(200, "training_sheet"),
    "deid:jobs": staff(200),
    "deid:job": staff(200, "job"),
    "deid:cancel_job": staff(302, "job", "post"),
    "deid:review": staff(200, "rendition"),
    "deid:rendition_video": staff(200, "rendition"),
    "deid:export_rendition": staff(302, "rendition", "post"),
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
    "ratings:study_copy": staff(422, "study", "post"),
    "ratings:protocol": staff(200, "draft_study"),
    "ratings:simulate": staff(422, "draft_study", "post"),
    "ratings:exclude": staff(422, "draft_study", "post"),
    "ratings:include": staff(302, "exclusion", "post"),
    "ratings:calibration": staff(302, "place", "post"),
    "ratings:late_rater": staff(422, "study", "post"),
    "ratings:late_recordings": staff(422, "study", "post"),
    "ratings:pack_pdf": staff(200, "version"),
    "ratings:pack_json": staff(200, "version"),
    "ratings:code_break_ask": staff(422, "study", "post"),
    "ratings:code_break": staff(200, "code_break"),
    "ratings:code_break_confirm": staff(302, "code_break", "post"),
    "ratings:code_break_reveal": staff(302, "code_break", "post"),
    "ratings:monitor": staff(200, "study"),
    "ratings:adjudicator_add": staff(422, "study", "post"),
    "ratings:adjudicator_remove": staff(302, "adjudicator", "post"),
    "ratings:adjudicate": staff(302, "study", "post"),
    "ratings:references": staff(200, "study"),
    "ratings:calibration_state": staff(302, "place", "post"),
    "ratings:member_add": staff(422, "study", "post"),
    "ratings:member_remove": staff(302, "study_member", "post"),
    "ratings:practice_add": staff(422, "draft_study", "post"),
    "ratings:practice_remove": staff(302, "draft_practice", "post"),
    "ratings:practice": raters(200, "practice_case"),
    "ratings:practice_video": raters(200, "practice_case"),
    "ratings-api:practice": raters(400, "practice_case", method="post", anonymous=403, sent=JSON),
    "ratings:sign": raters(200, "own_session"),
    "ratings:session_unlock": raters(302, "own_session", method="post"),
    "ratings:signature_void": staff(302, "signature", "post"),
    "ratings:desk": raters(200),
    "ratings:reminders": raters(200),
    "ratings:debrief": raters(200, "study"),
    "ratings:debrief_begin": raters(302, "study", method="post"),
    "ratings:guess": raters(200, "asked_again"),
    "ratings:next": raters(302),
    "ratings:presentation": raters(200, "presentation"),
    "ratings:video": raters(200, "presentation"),
    "ratings-api:acquaintance": raters(400, "presentation", method="post", anonymous=403, sent=JSON),
    "ratings-api:ratings": raters(400, "presentation", method="post", anonymous=403, sent=JSON),
    "ratings:experiments": staff(200),
    "ratings:experiment_new": staff(200),
    "ratings:experiment": staff(200, "experiment"),
    "ratings:experiment_protocol": staff(200, "draft_experiment"),
    "ratings:experiment_power": staff(422, "draft_experiment", "post"),
    "ratings:experiment_build": staff(302, "draft_experiment", "post"),
    "ratings:experiment_open": staff(302, "draft_experiment", "post"),
    "ratings:experiment_close": staff(302, "experiment", "post"),
    "ratings:judging": judges(200),
    "ratings:next_trial": judges(302),
    "ratings:trial": judges(200, "trial"),
    "ratings:trial_picture": judges(200, "trial"),
    "ratings-api:trial_answer": judges(400, "trial", method="post", anonymous=403, sent=JSON),
    "ratings-api:experiments": staff(200, anonymous=401),
    "ratings-api:cohort_experiments": staff(200, "cohort", anonymous=401),
    "ratings-api:experiment": staff(200, "experiment", anonymous=401),
    "ratings-api:experiment_protocol": staff(200, "draft_experiment", "patch", anonymous=401, sent=JSON),
    "ratings-api:experiment_build": staff(202, "draft_experiment", "post", anonymous=401),
    "ratings-api:experiment_open": staff(200, "built_experiment", "post", anonymous=401),
    "ratings-api:experiment_close": staff(200, "experiment", "post", anonymous=401),
    "ratings-api:viewing": raters(400, "presentation", method="post", anonymous=403, sent=JSON),
    "ratings:equipment": raters(200, "presentation"),
    "schema": Row(roles(200), anonymous=401),
    "cohorts-api:cohorts": staff(200, anonymous=401),
    "cohorts-api:cohort": staff(200, "cohort", anonymous=401),
    "cohorts-api:participants": staff(200, "cohort", anonymous=401),
    "cohorts-api:participant": staff(200, "participant", anonymous=401),
    "cohorts-api:recordings": staff(200, "cohort", anonymous=401),
    "cohorts-api:recording": staff(200, "recording", anonymous=401),
    "cohorts-api:uploads": staff(200, "cohort", anonymous=401),
    "cohorts-api:upload": staff(200, "upload", anonymous=401),
    "deid-api:jobs": staff(200, anonymous=401),
    "deid-api:job": staff(200, "job", anonymous=401),
    "deid-api:job_cancel": staff(200, "job", "post", anonymous=401),
    "deid-api:recording_jobs": staff(200, "recording", anonymous=401),
    "deid-api:recording_renditions": staff(200, "recording", anonymous=401),
    "deid-api:rendition": staff(200, "rendition", anonymous=401),
    "deid-api:trainings": administrators(200, anonymous=401),
    "deid-api:training": administrators(200, "training", anonymous=401),
    "deid-api:training_stop": administrators(200, "training", method="post", anonymous=401),
    "deid-api:training_resume": administrators(200, "stopped_training", method="post", anonymous=401),
    "analysis:studies": readers(200),
    "analysis:study": readers(200, "study"),
    "analysis:csv": readers(200, "closed_study"),
    "analysis:zip": readers(200, "closed_study"),
    "analysis:run_start": readers(302, "closed_study", method="post"),
    "analysis:run": runs(200),
    "analysis:run_cancel": runs(302, method="post"),
    "analysis:run_csv": runs(200),
    "analysis:run_json": runs(200),
    "analysis:run_parquet": runs(200),
    "analysis:agreement": readers(200, "run"),
    "analysis:report_html": readers(200, "reported_run"),
    "analysis:report_pdf": readers(200, "reported_run"),
    "analysis:report_again": readers(302, "run", method="post"),
    "analysis:agreement_participant": readers(200, "point"),
    "analysis-api:run": runs(200, anonymous=401),
    "analysis-api:export": readers(200, "closed_study", anonymous=401),
    # Investigators: released renditions in the cohorts of studies they read (tests/analysis/test_fidelity_pages.py);
    # the one here is in review.
    "analysis:fidelity": Row(
        roles(403, administrator=200, coordinator=200, investigator=404),
        roles(403, administrator=200, coordinator=404, investigator=404),
        "rendition",
    ),
    "analysis:cohort_fidelity": Row(
        roles(403, administrator=200, coordinator=200, investigator=200),
        roles(403, administrator=200, coordinator=404, investigator=404),
        "cohort",
    ),
    # Everybody who measures sees what they may read: tests/analysis/test_dashboards.py.
    "analysis:methods": Row(MEASURED_FOR),
    "analysis:dynamics": Row(MEASURED_FOR),
    "analysis:identity": Row(MEASURED_FOR),
    "analysis:player": Row(
        MEASURED_FOR | {"investigator": 404},
        roles(403, administrator=200, coordinator=404, investigator=404),
        "rendition",
    ),
    "analysis:player_video": Row(
        MEASURED_FOR | {"investigator": 404},
        roles(403, administrator=200, coordinator=404, investigator=404),
        "rendition",
    ),
    "analysis:measure_again": staff(302, "rendition", "post"),
    "analysis:experiment": readers(200, "experiment"),
    "analysis:experiment_export": readers(200, "closed_experiment"),
    "sixface-api:result": readers(200, "closed_experiment", anonymous=401),
    "audit:events": administrators(200),
    "audit:export": administrators(200, method="post"),
}

# Routes that are opened by a link of the session only; without it they are 403 (tests/cohorts/test_links.py).
LINKED = {
    "cohorts:recording_video",
    "deid:rendition_video",
    "analysis:player_video",
    "deid:own_donor_picture",
    "deid:training_sheet",
    "ratings:video",
    "ratings:practice_video",
    "ratings:trial_picture",
}

# Accounts, from allauth: (anonymous, signed in without a second factor). 302 leads a visitor to the sign-in page, and a
# signed-in user home, or to the page that asks for the password again.
ALLAUTH: dict[str, tuple[int, int]] = {
    "account_login": (200, 302),
    "account_logout": (302, 200),
    "account_inactive": (200, 200),
    "account_reauthenticate": (302, 200),
    "account_change_password": (302, 200),
    "mfa_index": (302, 200),
    "mfa_authenticate": (302, 302),
    "mfa_reauthenticate": (302, 302),
    "mfa_activate_totp": (302, 302),
    "mfa_deactivate_totp": (302, 404),
    "mfa_view_recovery_codes": (302, 404),
    "mfa_generate_recovery_codes": (302, 302),
    "mfa_download_recovery_codes": (302, 404),
}
