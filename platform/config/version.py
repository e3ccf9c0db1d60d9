"""Which version this is, as pyproject.toml says: containers run the source, where nothing is installed by that name."""

import tomllib
from pathlib import Path

_PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
VERSION = str(tomllib.loads(_PROJECT.read_text())["project"]["version"])
