"""Rules of six-face experiments, shared by services, forms and the API."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.access import has_role
from accounts.models import Role, User
from ratings.algorithms.sixface.roles import N_FACES
from ratings.protocol_validators import validate_limits
from ratings.sixface_models import LEAST_SURE, LONGEST_MS, MOST_SURE, Experiment
from ratings.sixface_protocol import CONTROLS, LIMITS, SixFaceProtocol


def validate_people(users: Sequence[User], role: Role) -> None:
    """Somebody, and everybody with the role."""
    if not users:
        raise ValidationError(
            _("Choose at least one account with the role “%(role)s”.") % {"role": role.label}, code="nobody"
        )
    others = [user.display_name for user in users if not has_role(user, role)]
    if others:
        raise ValidationError(
            _("These accounts are not active with the role “%(role)s”: %(names)s.")
            % {"role": role.label, "names": ", ".join(others)},
            code="not_the_role",
        )


def validate_experiment_state(experiment: Experiment, state: Experiment.State) -> None:
    if experiment.state != state:
        raise ValidationError(
            _("The experiment must be “%(wanted)s” for this; it is “%(state)s”.")
            % {"wanted": state.label, "state": experiment.get_state_display()},
            code=f"experiment_not_{state.value}",
        )


def validate_sixface_protocol(design: SixFaceProtocol) -> None:
    validate_limits(design, LIMITS)
    if design.controls not in CONTROLS:
        raise ValidationError(
            {"controls": _("Controls are one of %(known)s; it was “%(given)s”.")
             % {"known": ", ".join(CONTROLS), "given": design.controls[:40]}},
            code="controls",
        )  # fmt: skip


def validate_picks(picks: Any) -> None:
    """Two different faces, or none. True and 2.0 are no numbers of faces, although Python thinks them equal to some."""
    given = repr(picks)[:40]
    if not isinstance(picks, list | tuple) or any(type(pick) is not int for pick in picks):
        raise ValidationError(
            _("Name the faces as a list of whole numbers; it was %(given)s.") % {"given": given}, code="picks"
        )
    if picks and (len(picks) != 2 or picks[0] == picks[1] or not all(1 <= pick <= N_FACES for pick in picks)):
        raise ValidationError(
            _("Name two different faces from 1 to 6, or none for “no two”; it was %(given)s.") % {"given": given},
            code="picks",
        )


def validate_confidence(confidence: Any) -> None:
    if type(confidence) is not int or not LEAST_SURE <= confidence <= MOST_SURE:
        raise ValidationError(
            _("Say how sure you are from %(least)d to %(most)d; it was %(given)s.")
            % {"least": LEAST_SURE, "most": MOST_SURE, "given": repr(confidence)[:40]},
            code="confidence",
        )


def validate_response_time(response_ms: Any) -> None:
    if type(response_ms) is not int or not 0 <= response_ms <= LONGEST_MS:
        raise ValidationError(
            _("The response time must be 0 to %(most)d milliseconds; it was %(given)s.")
            % {"most": LONGEST_MS, "given": repr(response_ms)[:40]},
            code="response_ms",
        )
