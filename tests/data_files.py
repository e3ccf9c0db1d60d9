"""Real recordings and portraits, outside the repository, for tests that need them."""

import os
from pathlib import Path

import pytest


def data_file(name: str) -> Path:
    """A file of the folder that SEMBLANCE_DATA names, such as "videos/clip.mp4".

    The test skips where the variable is not set, and fails instead where SEMBLANCE_REQUIRE_DATA=1.
    """
    folder = os.environ.get("SEMBLANCE_DATA")
    path = Path(folder, name) if folder else None
    if path is not None and path.exists():
        return path
    reason = f"SEMBLANCE_DATA names no folder with {name}" if folder else f"SEMBLANCE_DATA is not set; needs {name}"
    if os.environ.get("SEMBLANCE_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def data_video(name: str) -> Path:
    """A file of the folder's videos."""
    return data_file(f"videos/{name}")
