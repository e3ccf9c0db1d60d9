"""Rules of a protocol: its numbers, methods and items."""

import re
from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from cohorts.vocabulary import Task
from deid.validators import validate_hides_from_people, validate_method
from ratings.items import CODE, ITEMS, MOST_LEVELS
from ratings.protocol import VIEWING_TOOLS, Protocol

# Least and most of the protocol's numbers.
LIMITS = {
    "sessions": (1, 20),
    "gap_days": (0, 365),
    "repeats_percent": (0, 100),
    "participant_distance": (0, 50),
    "donor_distance": (0, 50),
    "donor_cap": (0, 1000),
    "break_after": (0, 500),
    "break_minutes": (0, 240),
    "scale_percent": (0, 800),
    "margin": (0.01, 4),
    "alpha": (0.001, 0.2),
    "n_planned": (0, 10_000),
    "calibration_days": (0, 3650),
    "debrief_videos": (0, 10_000),
}


def validate_methods(methods: Sequence[str]) -> None:
    """Each de-identifies, and none is an arm twice."""
    for method in methods:
        validate_method(method)
        validate_hides_from_people(method)
    if len(set(methods)) != len(methods):
        raise ValidationError(_("A method is named twice: each is one arm."), code="method_twice")


def validate_limits(design: object, limits: Mapping[str, tuple[float, float]]) -> None:
    """Numbers in their ranges; `limits` holds the least and the most of each."""
    for name, (least, most) in limits.items():
        given = getattr(design, name)
        if not least <= given <= most:
            raise ValidationError(
                {name: _("This must be %(least)g to %(most)g; it was %(given)g.")
                 % {"least": least, "most": most, "given": given}},
                code="limit",
            )  # fmt: skip


def validate_protocol(design: Protocol) -> None:
    """Numbers in their ranges, and custom items that can be told apart."""
    validate_limits(design, LIMITS)
    if unknown := set(design.viewing_tools) - set(VIEWING_TOOLS):
        raise ValidationError(
            {"viewing_tools": _("There is no such tool: %(unknown)s; tools are: %(known)s.")
             % {"unknown": ", ".join(sorted(unknown))[:100], "known": ", ".join(VIEWING_TOOLS)}},
            code="tool",
        )  # fmt: skip
    codes = [one["code"] for one in design.custom_items]
    for one in design.custom_items:
        if not re.fullmatch(CODE, one["code"]) or one["code"] in ITEMS or codes.count(one["code"]) > 1:
            raise ValidationError(
                {"custom_items": _("“%(code)s” cannot be the code of an item: use small letters, digits and _, "
                                   "beginning with a letter, and no code twice.") % {"code": one["code"][:40]}},
                code="code",
            )  # fmt: skip
        if not 2 <= len(one["levels"]) <= MOST_LEVELS or not one["tasks"] or set(one["tasks"]) - set(Task.values):
            raise ValidationError(
                {"custom_items": _("“%(code)s” needs 2 to %(most)d levels and at least one task of: %(tasks)s.")
                 % {"code": one["code"], "most": MOST_LEVELS, "tasks": ", ".join(Task.values)}},
                code="levels",
            )  # fmt: skip
