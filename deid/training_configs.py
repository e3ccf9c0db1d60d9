"""Configurations of trainings as people write them: TOML in which `{set}` stands for the folder of the chosen set."""

import tomllib
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from deid.algorithms.training.config import from_table
from deid.algorithms.training.errors import BadConfig
from deid.algorithms.training.registry import get_kind
from deid.algorithms.training.starting import starting_text
from deid.training_folders import sets_folder

SET = "{set}"


def config_of(kind: str, text: str, training_set: str) -> Any:
    """The config of a training, read by its own reader.

    Raises
    ------
    BadConfig : it is no TOML, a key is unknown, missing or out of range, or a path leads out of the training set
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(_("The configuration is no TOML: %(error)s.") % {"error": error}) from error
    folder = str(sets_folder() / training_set) if training_set else ""
    return from_table(get_kind(kind).config_class(), _placed(told, folder))


def _placed(value: Any, folder: str) -> Any:
    """The same with the folder in place; nothing else of the machine can be named."""
    if isinstance(value, dict):
        return {key: _placed(each, folder) for key, each in value.items()}
    if isinstance(value, list):
        return [_placed(each, folder) for each in value]
    if not isinstance(value, str):
        return value
    if Path(value).is_absolute() or ".." in Path(value).parts:
        raise BadConfig(
            _("“%(value)s” may lie outside of the training set: write %(set)s for its folder, %(set)s/NAME within.")
            % {"value": value, "set": SET}
        )
    if SET in value and not folder:
        raise BadConfig(_("“%(value)s” names the folder of a training set: choose one.") % {"value": value})
    return value.replace(SET, folder)


def starting_config(kind: str) -> str:
    """What a training of that kind starts from: every key with its default and what it may be."""
    return starting_text(get_kind(kind).config_class(), {"data": SET})
