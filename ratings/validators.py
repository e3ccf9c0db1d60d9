"""Rules shared by models, services, forms and the API."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.models import Recording
from deid.algorithms.registry import METHODS
from ratings.items import ITEMS, SEVERITIES, items_for
from ratings.models import Presentation, Study


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


def validate_shown(presentation: Presentation) -> None:
    if presentation.excluded_at is not None:
        raise ValidationError(
            _("This video was taken out of the study. Choose Leave, then Continue: the next one waits."),
            code="presentation_closed",
        )


def validate_score(score: Any) -> None:
    """A whole number of the scale; True and 4.0 are no scores, although Python thinks them equal to one."""
    if type(score) is not int or score not in SEVERITIES:
        given = repr(score)
        raise ValidationError(
            _("The score must be a whole number from 0 to 4; it was %(given)s.")
            % {"given": given if len(given) <= 40 else given[:40] + "…"},
            code="score",
        )


def validate_answer(*, score: int | None, not_sure: bool) -> None:
    """A score or “not sure”: one of them, not both."""
    if not_sure and score is not None:
        raise ValidationError(_("Give a score or “not sure”, not both."), code="both")
    if not not_sure and score is None:
        raise ValidationError(_("Give a score from 0 to 4, or “not sure”."), code="neither")
    if score is not None:
        validate_score(score)


def validate_item(recording: Recording, item: str) -> None:
    codes = [possible.code for possible in items_for(recording)]
    if item not in codes:
        known = ", ".join(codes) if item in ITEMS else ", ".join(ITEMS)
        raise ValidationError(
            _("The item “%(item)s” is not scored here; items are: %(known)s.") % {"item": item[:40], "known": known},
            code="item",
        )
