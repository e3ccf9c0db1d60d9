"""What an export of a closed study holds: its tables, their columns, and what each column means."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analysis import export_rows
from analysis.algorithms.parquet import Kind
from analysis.answers import LockedStudy
from analysis.export_rows import Row
from ratings.viewing_queries import FLAGS


@dataclass(frozen=True, slots=True)
class Column:
    """One column; its meaning stands in the codebook."""

    name: str
    kind: Kind
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """One file of the export."""

    name: str
    what: str
    columns: tuple[Column, ...]
    rows: Callable[[LockedStudy], Iterator[Row]]


RATER = Column("rater", Kind.TEXT, "number by lot that stands for the rater")
POSITION = Column("position", Kind.WHOLE, "place of the showing in the rater's order, from 1")
SESSION = Column("session", Kind.WHOLE, "sitting, from 0")
PARTICIPANT = Column("participant", Kind.TEXT, "number by lot that stands for the participant")
RECORDING = Column("recording", Kind.TEXT, "number by lot that stands for the recording")
ITEM = Column("item", Kind.TEXT, "code of the item, see items")
ARM = Column("arm", Kind.TEXT, "original, or de-identified")
METHOD = Column("method", Kind.TEXT, "how it was de-identified; empty for the original")
REPEAT = Column("repeat", Kind.FLAG, "1: hidden second showing of a version; it forms no pair")
SCORE = Column("score", Kind.WHOLE, "0 is best; empty where there is none")
NOT_SURE = Column("not_sure", Kind.FLAG, "1: the rater could not tell")
SAVED = Column("saved_at", Kind.TIME, "when the server had kept the answer; empty: never answered")
WHY = Column("reason", Kind.TEXT, "why not sure: not_visible, no_audio, artefact, would_not_play or other")
COMMENT = Column("comment", Kind.TEXT, "as the rater wrote it, with pseudonyms for names and codes")
REASON = Column("reason", Kind.TEXT, "as it was written, with pseudonyms for names and codes")


RATINGS = Table(
    "ratings",
    "One row for each answer that was asked for: the current answer, or none",
    (
        RATER, POSITION, SESSION, PARTICIPANT, RECORDING, ITEM, ARM, METHOD, REPEAT,
        Column("unblinded", Kind.FLAG, "1: given after a code-break; it counts as missing"),
        SCORE, NOT_SURE, WHY, COMMENT,
        Column("changes", Kind.WHOLE, "how often the answer was changed, see earlier_answers"),
        SAVED,
        Column("answered_at", Kind.TIME, "by the clock of the rater's browser, which may be wrong"),
    ),
    export_rows.ratings,
)  # fmt: skip


TABLES = (
    Table(
        "earlier_answers",
        "Answers that were changed later, in the order in which they were given",
        (
            RATER, POSITION, ITEM, SCORE, NOT_SURE, WHY, COMMENT, SAVED,
            Column("change_reason", Kind.TEXT, "why it was changed afterwards: slip, second_look or other"),
        ),
        export_rows.earlier,
    ),
    Table(
        "adjudications",
        "Scores of who decided where raters of one version differed by more than 1; they replace none in ratings",
        (
            Column("adjudicator", Kind.TEXT, "number by lot, of the same kind as rater's: a rater may be asked too"),
            POSITION, PARTICIPANT, RECORDING, ITEM, ARM, METHOD,
            Column("unblinded", Kind.FLAG, "1: given after a code-break"),
            SCORE, NOT_SURE, WHY, COMMENT,
            Column("changes", Kind.WHOLE, "how often the answer was changed"),
            SAVED,
        ),
        export_rows.adjudications,
    ),
    Table(
        "guesses",
        "The debrief: what raters, after all their ratings, took a sample of their videos for",
        (
            RATER, Column("number", Kind.WHOLE, "place in the rater's debrief, from 1"),
            POSITION, PARTICIPANT, RECORDING, ARM, METHOD, REPEAT,
            Column("told_before", Kind.FLAG, "1: a code-break had told the version before; it is in no index"),
            Column("taken_for", Kind.TEXT, "filmed (original), changed (de-identified) or unknown; empty: no answer"),
            Column("confidence", Kind.WHOLE, "1 a mere guess, 5 certain; empty where it is unknown"),
            Column("given_at", Kind.TIME, "when"),
        ),
        export_rows.guesses,
    ),
    Table(
        "allocation",
        "What each rater was shown, in which order, and which version it was",
        (
            RATER, POSITION, SESSION, PARTICIPANT, RECORDING, ARM, METHOD, REPEAT,
            Column("seen_before", Kind.FLAG, "1: the rater had seen this person before; empty: not asked"),
            Column("started_at", Kind.TIME, "when the rater opened it"),
            Column("completed_at", Kind.TIME, "when all its items had an answer"),
        ),
        export_rows.allocation,
    ),
    Table(
        "seals",
        "The orders as they were sealed before rating began",
        (
            RATER,
            Column("part", Kind.WHOLE, "0 at opening; recordings that came late have parts of their own"),
            Column("algorithm", Kind.TEXT, "name and version of the algorithm"),
            Column("n_presentations", Kind.WHOLE, "showings in this part"),
            Column("seed", Kind.TEXT, "secret until the study was closed: the order can be drawn again from it"),
            Column("sha256", Kind.TEXT, "hash of the order, published at opening"),
            Column("sealed_at", Kind.TIME, "when"),
        ),
        export_rows.seals,
    ),
    Table(
        "viewing",
        "How each rater looked, as the browser told, and what the server had sent",
        (
            RATER, POSITION,
            Column("share", Kind.REAL, "of the video that was played, 0-1"),
            Column("sent", Kind.REAL, "of the file that the server had sent, 0-1: the second witness"),
            Column("plays", Kind.WHOLE, "plays that reached the end"),
            Column("loops", Kind.WHOLE, "loops"),
            Column("seconds", Kind.REAL, "for which it played"),
            Column("slowest", Kind.REAL, "slowest speed, 1 is real time"),
            Column("stalls", Kind.WHOLE, "times that it stalled"),
            Column("stalled", Kind.REAL, "seconds for which it stalled"),
            Column("frames", Kind.WHOLE, "frames that were to be shown"),
            Column("dropped", Kind.WHOLE, "frames that were not"),
            Column("hidden", Kind.REAL, "seconds that it played in a tab that was not seen"),
            Column("silent", Kind.REAL, "seconds that it played without sound although sound is asked"),
            Column("full_screen", Kind.REAL, "seconds in full screen"),
            Column("window_width", Kind.WHOLE, "pixels"),
            Column("window_height", Kind.WHOLE, "pixels"),
            Column("parts", Kind.TEXT, "what was played, in order: from-to, seconds of the video, and the speed"),
            Column("flags", Kind.TEXT, "; ".join(FLAGS)),
        ),
        export_rows.viewing,
    ),
    Table(
        "equipment",
        "The check of screen and sound at the start of each session",
        (
            RATER, SESSION,
            Column("sound", Kind.TEXT, "not_asked, heard or not_heard"),
            Column("dark_steps", Kind.WHOLE, "grey squares seen on black, of 5"),
            Column("light_steps", Kind.WHOLE, "grey squares seen on white, of 5"),
            Column("plays_video", Kind.FLAG, "1: the browser plays it"),
            Column("window_width", Kind.WHOLE, "pixels"),
            Column("window_height", Kind.WHOLE, "pixels"),
            Column("problem", Kind.TEXT, "as the rater wrote it, with pseudonyms for names and codes"),
            Column("checked_at", Kind.TIME, "when"),
        ),
        export_rows.equipment,
    ),
    Table(
        "signatures",
        "Sessions that raters signed, also signatures that were made void",
        (
            RATER, SESSION,
            Column("meaning", Kind.TEXT, "what was signed, in the words that were read"),
            Column("second_factor", Kind.FLAG, "1: a code was asked for besides the password"),
            Column("n_answers", Kind.WHOLE, "answers under the signature"),
            Column("sha256", Kind.TEXT, "of these answers"),
            Column("signed_at", Kind.TIME, "when"),
            Column("voided_at", Kind.TIME, "when it was made void; empty: it holds"),
            REASON,
        ),
        export_rows.signatures,
    ),
    Table(
        "items",
        "The items that were asked for, in the order of the results",
        (
            ITEM,
            Column("name", Kind.TEXT, "number and name on the scale"),
            Column("primary", Kind.FLAG, "1: decides the study"),
            Column("levels", Kind.TEXT, "each score with its word"),
        ),
        export_rows.items,
    ),
    Table(
        "methods",
        "The de-identified arms, in the order of the results",
        (METHOD, Column("deciding", Kind.FLAG, "1: the arm that decides")),
        export_rows.methods,
    ),
    Table(
        "raters",
        "The raters",
        (RATER, Column("calibration", Kind.TEXT, "record of training before the study")),
        export_rows.raters,
    ),
    Table(
        "exclusions",
        "What was left out before the study opened",
        (
            Column("recording", Kind.TEXT, "as in ratings; left-out-... where none of it was shown"),
            Column("item", Kind.TEXT, "code of the item that was not asked; empty for the whole recording"),
            REASON,
            Column("made_at", Kind.TIME, "when"),
        ),
        export_rows.exclusions,
    ),
    Table(
        "practice",
        "Answers before the study, to cases with known scores; they are in no result",
        (
            RATER, Column("case", Kind.WHOLE, "number of the practice case"), ARM, ITEM, SCORE, NOT_SURE,
            Column("reference", Kind.WHOLE, "the known score"), SAVED,
        ),
        export_rows.practice,
    ),
    Table(
        "code_breaks",
        "Who asked, while the study was open, to know a participant's versions",
        (
            PARTICIPANT, REASON, Column("emergency", Kind.FLAG, "1: done by one person"),
            Column("asked_by", Kind.TEXT, "role of who asked"), Column("asked_at", Kind.TIME, "when"),
            Column("done_by", Kind.TEXT, "role of the second person; empty: it was not done"),
            Column("done_at", Kind.TIME, "when the code was broken"),
        ),
        export_rows.code_breaks,
    ),
    Table(
        "protocols",
        "The versions of the protocol; the files protocol-N.json are the frozen texts",
        (
            Column("number", Kind.WHOLE, "1 at opening"), Column("sha256", Kind.TEXT, "of the file's bytes"),
            REASON, Column("made_at", Kind.TIME, "when it was frozen"),
        ),
        export_rows.protocols,
    ),
)  # fmt: skip
