"""Series as bytes. Light: the web process reads them."""

import gzip
import json
from typing import Any

Series = dict[str, Any]

VERSION = 1


def packed(found: Series) -> bytes:
    return gzip.compress(json.dumps(found, separators=(",", ":"), allow_nan=False).encode(), mtime=0)


def unpacked(data: bytes) -> Series:
    """What was packed.

    Raises
    ------
    ValueError : the bytes are not from `packed`, or of a version that this one does not know
    """
    try:
        found: Series = json.loads(gzip.decompress(data))
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(f"these {len(data)} bytes hold no series ({error}): measure the rendition again.") from error
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise ValueError(f"these series are not of version {VERSION}: measure the rendition again.")
    return found
