"""How own donors are named. Apart from `validators`, which needs the models that need this."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

OWN_NAME = re.compile(r"own-[a-z0-9]+(-[a-z0-9]+)*")


def validate_donor_name(name: str) -> None:
    """Own donors' names begin with own-, so that they never hide a shipped one; the person's name is not in it."""
    if not OWN_NAME.fullmatch(name):
        raise ValidationError(
            _("A donor's name must look like own-volunteer-1: own-, small letters, digits, hyphens; it was “%(n)s”.")
            % {"n": name[:40]},
            code="donor_name",
        )
