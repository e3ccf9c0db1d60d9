"""Rules of trainings, shared by services, forms and the API."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from deid.algorithms.training.errors import BadConfig
from deid.algorithms.training.registry import KINDS
from deid.training_configs import config_of
from deid.training_folders import training_sets


def validate_kind(name: str) -> None:
    if name not in KINDS:
        raise ValidationError(
            _("There is no network “%(name)s” to train; choose one of %(known)s.")
            % {"name": name[:40], "known": ", ".join(KINDS)},
            code="kind",
        )


def validate_training_set(name: str) -> None:
    """One that is there; none is fine for what learns from phantoms, and `validate_config` says where one is needed."""
    if name and name not in [each.name for each in training_sets()]:
        raise ValidationError(
            {
                "training_set": _(
                    "There is no training set “%(name)s” in the training folder: make one with manage.py "
                    "build_training_set, or choose another."
                )
                % {"name": name[:100]}
            },
            code="training_set",
        )


def validate_config(kind: str, text: str, training_set: str) -> None:
    """The very reader that the worker asks later; it says which key, what was given and what is allowed."""
    try:
        config_of(kind, text, training_set)
    except BadConfig as error:
        raise ValidationError({"config": str(error)}, code="config") from error
