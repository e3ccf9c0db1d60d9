"""Rules shared by models, services, forms and the API."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, User
from deid.algorithms.registry import METHODS
from ratings.answer_models import COMMENT_LENGTH, OUR_TIME, Answer, ChangeReason, Reason
from ratings.debrief_models import LEAST_CONFIDENCE, MOST_CONFIDENCE
from ratings.items import MOST_LEVELS, Item
from ratings.models import DebriefShowing, EquipmentCheck, Guess, PracticeCase, Presentation, SessionSignature, Study
from ratings.session_queries import Session

Row = TypeVar("Row", bound=Model)


def same_row(earlier: Row, later: Row, told: Sequence[str]) -> Row:
    """The row of an earlier delivery, when a later one under its client_id says the same in all of `told`."""
    if any(_said(earlier, name) != _said(later, name) for name in told):
        raise ValidationError(
            _("This client_id belongs to another answer already: use a new one for each answer."),
            code="client_id_reused",
        )
    return earlier


def _said(row: Model, name: str) -> Any:
    """Rows of before reasons were asked for hold nothing where others hold an empty one."""
    value = getattr(row, name)
    return None if value == "" else value


def validate_study_name(name: str) -> None:
    """Raters read the name, so it must not tell what was done to the videos."""
    for method in METHODS.values():
        if method.name in name.casefold():
            raise ValidationError(
                _("Raters see this name, and “%(word)s” would tell them what to look for. Choose a neutral name.")
                % {"word": method.name},
                code="name_tells",
            )


def validate_raters(raters: Sequence[User]) -> None:
    if not raters:
        raise ValidationError(_("A study needs at least one rater: choose who rates."), code="no_raters")
    others = [user.display_name for user in raters if not has_role(user, Role.RATER)]
    if others:
        raise ValidationError(
            _("Only active accounts with the role Rater can rate; these are not: %(names)s.")
            % {"names": ", ".join(others)},
            code="not_raters",
        )


def validate_state(study: Study, state: Study.State) -> None:
    if study.state != state:
        raise ValidationError(
            _("The study must be “%(wanted)s” for this; it is “%(state)s”.")
            % {"wanted": state.label, "state": study.get_state_display()},
            code=f"study_not_{state.value}",
        )


def validate_shown(shown: Presentation | PracticeCase, code: str = "presentation_closed") -> None:
    if shown.excluded_at is not None:
        raise ValidationError(
            _("This video was taken out of the study. Choose Leave, then Continue: the next one waits."), code=code
        )


def validate_unsigned(signature: SessionSignature | None) -> None:
    """A signed session takes no more answers."""
    if signature is not None:
        raise ValidationError(
            _("You signed this session on %(day)s, so its answers are locked. To change one, unlock the session first.")
            % {"day": f"{timezone.localtime(signature.signed_at):%Y-%m-%d}"},
            code="session_locked",
        )


def validate_not_debriefed(presentation: Presentation) -> None:
    """Who was asked what they took the videos for has been told what to look for: their answers stand."""
    place = {"place__study": presentation.study_id, "place__rater": presentation.rater_id}
    if DebriefShowing.objects.filter(**place).exists():
        raise ValidationError(
            _("The questions after the ratings have begun: your answers can no longer be changed."),
            code="session_locked",
        )


def validate_signable(session: Session | None) -> None:
    """Of this rater, complete, and not signed yet."""
    if session is None or session.n_completed < session.n_presentations:
        raise ValidationError(_("A session is signed when all its videos are rated."), code="not_complete")
    if session.signature is not None:
        raise ValidationError(_("This session is signed already."), code="signed")


def validate_nobody_debriefed(study: Study) -> None:
    if DebriefShowing.objects.filter(place__study=study).exists():
        raise ValidationError(
            _("Raters have begun the questions after the ratings: nothing is added to the study any more."),
            code="debriefed",
        )


def validate_guess(*, taken_for: str, confidence: int | None) -> None:
    """How sure, wherever something is guessed, and only there."""
    if taken_for not in Guess.Taken.values:
        raise ValidationError(_("Say what you took the video for."), code="guess")
    known = taken_for != Guess.Taken.UNKNOWN
    if known and confidence is None:
        raise ValidationError({"confidence": _("Say how sure you are.")}, code="no_confidence")
    if not known and confidence is not None:
        raise ValidationError(
            {"confidence": _("Who does not know is not sure either: leave this empty.")}, code="confidence"
        )
    if confidence is not None and not LEAST_CONFIDENCE <= confidence <= MOST_CONFIDENCE:
        raise ValidationError(
            {"confidence": _("This must be %(least)d to %(most)d; it was %(given)d.")
             % {"least": LEAST_CONFIDENCE, "most": MOST_CONFIDENCE, "given": confidence}},
            code="limit",
        )  # fmt: skip


def validate_score(score: Any) -> None:
    """A whole number of the scale; True and 4.0 are no scores, although Python thinks them equal to one."""
    if type(score) is not int or not 0 <= score < MOST_LEVELS:
        raise ValidationError(
            _("The score must be a whole number from 0 to 4; it was %(given)s.") % {"given": _short(score)},
            code="score",
        )


def _short(given: Any) -> str:
    told = repr(given)
    return told if len(told) <= 40 else told[:40] + "…"


def validate_given(given: Mapping[str, Any]) -> None:
    """What can be said of an answer without knowing what it answers."""
    validate_answer(score=given["score"], not_sure=given["not_sure"])
    validate_reason(given.get("reason", ""), not_sure=given["not_sure"])
    validate_comment(given.get("comment", ""))
    if given.get("change_reason"):
        validate_choice(given["change_reason"], ChangeReason.values)
    validate_answered_at(given.get("answered_at"))


def validate_answer(*, score: int | None, not_sure: bool) -> None:
    """A score or “not sure”: one of them, not both."""
    if not_sure and score is not None:
        raise ValidationError(_("Give a score or “not sure”, not both."), code="both")
    if not not_sure and score is None:
        raise ValidationError(_("Give a score from 0 to 4, or “not sure”."), code="neither")
    if score is not None:
        validate_score(score)


def validate_reason(reason: str, *, not_sure: bool) -> None:
    """“Not sure” says why; a score needs no reason."""
    if not_sure and not reason:
        raise ValidationError(
            _("Say why you are not sure: one of %(known)s.") % {"known": ", ".join(Reason.values)}, code="no_reason"
        )
    if reason and not not_sure:
        raise ValidationError(_("A score has no reason: leave it out, or answer “not sure”."), code="reason")
    if reason:
        validate_choice(reason, Reason.values)


def validate_choice(given: Any, known: Sequence[str]) -> None:
    if given not in known:
        raise ValidationError(
            _("This must be one of %(known)s; it was %(given)s.") % {"known": ", ".join(known), "given": _short(given)},
            code="choice",
        )


def validate_comment(comment: Any) -> None:
    """Text that a database can keep."""
    if not isinstance(comment, str) or "\0" in comment or any("\ud800" <= letter <= "\udfff" for letter in comment):
        raise ValidationError(_("The comment must be text without control codes."), code="comment")
    if len(comment) > COMMENT_LENGTH:
        raise ValidationError(
            _("The comment may have %(most)d characters; it has %(given)d: shorten it.")
            % {"most": COMMENT_LENGTH, "given": len(comment)},
            code="comment",
        )


def validate_answered_at(at: datetime | None) -> None:
    """Of a browser's clock, which may be wrong by years, but not by ages."""
    if at is not None and not OUR_TIME[0] <= at < OUR_TIME[1]:
        raise ValidationError(
            _("The time of the answer must lie in the years 1970 to 2999: set the clock, or leave it out."),
            code="answered_at",
        )


def validate_current(current: Answer | None, change_reason: str, *replaces: uuid.UUID | None) -> None:
    """The page knew the answer that stands now, where it says what it knew; and says why it changes it."""
    standing = None if current is None else current.client_id
    if replaces and replaces[0] != standing:
        raise ValidationError(
            _(
                "This item was answered in another window or on another device meanwhile. "
                "Look at that answer, then decide."
            ),
            code="answered_elsewhere",
        )
    if current is not None and not change_reason:
        raise ValidationError(
            _("Say why you change the answer: one of %(known)s.") % {"known": ", ".join(ChangeReason.values)},
            code="no_change_reason",
        )
    if current is None and change_reason:
        raise ValidationError(_("This is the first answer: leave out the reason of a change."), code="no_change")


def validate_score_of(items: Sequence[Item], code: str, score: int | None) -> None:
    """The item is asked of this recording, and the score is one of its levels."""
    item = {possible.code: possible for possible in items}.get(code)
    if item is None:
        known = ", ".join(possible.code for possible in items)
        raise ValidationError(
            _("The item “%(item)s” is not scored here; items are: %(known)s.") % {"item": code[:40], "known": known},
            code="item",
        )
    if score is not None and not 0 <= score < len(item.levels):
        raise ValidationError(
            _("The score must be a whole number from 0 to %(most)d; it was %(given)s.")
            % {"most": len(item.levels) - 1, "given": score},
            code="score",
        )


def validate_equipment(check: EquipmentCheck) -> None:
    """A session begins with equipment that passed, or with a problem that the rater stated."""
    if not check.passed and not check.problem.strip():
        raise ValidationError(
            {"problem": _("Not everything was seen or heard as it should be. Try again, or say here what is wrong: "
                          "then you can go on.")},
            code="problem",
        )  # fmt: skip
