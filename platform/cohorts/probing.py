"""Looking at a file of unknown origin, under this deployment's limits, in a process that it cannot harm from."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from videoio.probe import MediaInfo

logger = logging.getLogger(__name__)


def probe(path: Path) -> "MediaInfo":
    """What the file holds; refusals become ValidationError. An error of this machine (NotConfined) stays one."""
    from videoio.errors import MediaError
    from videoio.probe import Limits
    from videoio.probe_confined import probe_confined

    seconds = settings.PROBE_SECONDS
    limits = Limits(
        max_bytes=settings.UPLOAD_MAX_BYTES, max_duration_s=settings.RECORDING_MAX_SECONDS,
        max_probe_s=0.8 * seconds,  # says how far it came, before the process is ended without a word
    )  # fmt: skip
    try:
        info, guards = probe_confined(path, limits, memory=settings.PROBE_MEMORY_MB << 20, seconds=seconds)
    except MediaError as error:
        raise ValidationError(str(error), code=error.code) from error
    logger.info("a file was looked at behind %s", " and ".join(guards))
    return info
