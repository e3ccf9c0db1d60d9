"""Who is where in a study: one query, whatever the number of raters and presentations.

No score is in it and nothing by arm: sums over all of a rater's presentations only. What else is known of a rater (what
was not played, sessions that were signed) is one more named part of the query, joined by rater.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from accounts.models import User
from ratings.models import Study
from ratings.viewing_queries import LONG_STALL

# Materialised: the server would else count the same sums anew for each rater.
ROWS = """
WITH shown AS (
    SELECT p.id, p.rater_id, p.position, p.session, p.after_session, p.completed_at,
           p.completed_at - p.started_at < make_interval(secs => r.duration) AS hurried
    FROM ratings_presentation p JOIN cohorts_recording r ON r.id = p.recording_id
    WHERE p.study_id = %(study)s AND p.excluded_at IS NULL AND NOT p.adjudicates
), counted AS MATERIALIZED (
    SELECT rater_id, count(*) AS n, count(completed_at) AS done, count(DISTINCT session) AS sessions,
           count(*) FILTER (WHERE hurried) AS hurried
    FROM shown GROUP BY rater_id
), following AS (
    SELECT DISTINCT ON (rater_id) rater_id, session, after_session
    FROM shown WHERE completed_at IS NULL ORDER BY rater_id, position
), place_of AS MATERIALIZED (
    SELECT f.rater_id, count(DISTINCT s.session) AS session,
           (SELECT max(b.completed_at) FROM ratings_presentation b WHERE b.study_id = %(study)s
            AND b.rater_id = f.rater_id AND b.session = f.after_session) AS seen_before
    FROM following f JOIN shown s ON s.rater_id = f.rater_id AND s.session <= f.session
    GROUP BY f.rater_id, f.after_session
), answered AS MATERIALIZED (
    SELECT s.rater_id, max(a.saved_at) AS last, count(*) FILTER (WHERE a.not_sure AND NOT EXISTS (
        SELECT FROM ratings_rating later
        WHERE later.presentation_id = a.presentation_id AND later.item = a.item AND later.id > a.id)) AS unsure
    FROM ratings_rating a JOIN shown s ON s.id = a.presentation_id GROUP BY s.rater_id
), reminded AS MATERIALIZED (
    SELECT user_id, max(sent_at) AS last FROM ratings_reminder WHERE study_id = %(study)s GROUP BY user_id
), asked AS MATERIALIZED (
    SELECT d.place_id, count(*) AS drawn, count(g.id) AS given
    FROM ratings_debriefshowing d JOIN ratings_studyrater l ON l.id = d.place_id
    LEFT JOIN ratings_guess g ON g.showing_id = d.id WHERE l.study_id = %(study)s GROUP BY d.place_id
), signed AS MATERIALIZED (
    SELECT place_id, count(*) AS n FROM ratings_sessionsignature WHERE voided_at IS NULL GROUP BY place_id
), troubled AS MATERIALIZED (
    SELECT s.rater_id, count(DISTINCT s.id) AS n FROM ratings_viewing v JOIN shown s ON s.id = v.presentation_id
    WHERE v.hidden > 0 OR v.stalled >= %(long_stall)s OR v.silent > 0 OR v.failed GROUP BY s.rater_id
)
SELECT l.number, u.username, u.first_name, u.last_name, coalesce(c.n, 0), coalesce(c.done, 0), p.session,
       coalesce(c.sessions, 0), a.last, p.seen_before, coalesce(a.unsure, 0), coalesce(c.hurried, 0), m.last,
       coalesce(d.drawn, 0), coalesce(d.given, 0), coalesce(g.n, 0), coalesce(t.n, 0)
FROM ratings_studyrater l JOIN accounts_user u ON u.id = l.rater_id
LEFT JOIN counted c ON c.rater_id = l.rater_id LEFT JOIN place_of p ON p.rater_id = l.rater_id
LEFT JOIN answered a ON a.rater_id = l.rater_id LEFT JOIN reminded m ON m.user_id = l.rater_id
LEFT JOIN asked d ON d.place_id = l.id LEFT JOIN signed g ON g.place_id = l.id
LEFT JOIN troubled t ON t.rater_id = l.rater_id
WHERE l.study_id = %(study)s AND l.rates ORDER BY l.number
"""


@dataclass(frozen=True, slots=True)
class RaterRow:
    """Where one rater is."""

    number: int
    name: str
    n_presentations: int
    n_completed: int
    session: int | None  # the one they are in, from 1; None when all is rated
    n_sessions: int
    last_answer: datetime | None
    session_opens: datetime | None  # None where it is open, or nothing is left
    n_not_sure: int
    n_hurried: int  # completed in less time than the video lasts
    last_reminder: datetime | None
    n_debriefed: int
    n_debrief: int
    n_signed: int  # sessions under a signature that holds
    n_troubled: int  # videos that were hidden, stalled, muted or would not play for a while


def rater_rows(study: Study) -> list[RaterRow]:
    """One row for each rater, in the order of their numbers."""
    gap = timedelta(days=study.design.gap_days)
    with connection.cursor() as cursor:
        cursor.execute(ROWS, {"study": study.pk, "long_stall": LONG_STALL})
        return [_row(values, gap) for values in cursor.fetchall()]


def _row(values: tuple, gap: timedelta) -> RaterRow:
    (number, username, first, last, n, done, session, n_sessions, answered, before, unsure, hurried, reminded, drawn,
     given, signed, troubled) = values  # fmt: skip
    return RaterRow(
        number=number,
        name=User(username=username, first_name=first, last_name=last).display_name,
        n_presentations=n,
        n_completed=done,
        session=session,
        n_sessions=n_sessions,
        last_answer=answered,
        session_opens=before + gap if before else None,
        n_not_sure=unsure,
        n_hurried=hurried,
        last_reminder=reminded,
        n_debriefed=given,
        n_debrief=drawn,
        n_signed=signed,
        n_troubled=troubled,
    )
