"""Rules shared by models, forms and the manifest import."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

CODE = re.compile(r"[A-Z]{1,6}-?[0-9]{1,6}")


def validate_code(code: str) -> None:
    """A participant's code says nothing about the person: letters of the project and a number."""
    if not CODE.fullmatch(code):
        raise ValidationError(
            _(
                "The participant code must be 1-6 capital letters, an optional hyphen and 1-6 digits, such as PD-014; "
                "it was “%(code)s”. Names, dates and e-mail addresses do not belong in a code."
            )
            % {"code": code[:40]},
            code="code_form",
        )
