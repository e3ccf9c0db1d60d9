"""The files that raters see: copies, with names of their own, of what the last encode made.

A presentation names its copy and nothing else does: by the name of the file that the last encode made everybody who
reads the database could tell the version.
"""

import random
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import BinaryIO, cast

from django.http import HttpRequest, HttpResponseBase

from cohorts import media, storage
from deid.models import Rendition
from ratings import equal_arms
from ratings.models import ShownFile, Study
from ratings.queries import Pair

SPOOLED = 64 << 20  # bytes in memory before a copy goes to a temporary file


def serve(
    request: HttpRequest, *, storage_name: str, shown_bytes: int, file_bytes: int | None = None
) -> HttpResponseBase:
    """A file as raters get it. `padded_to` has it sent from here: nginx would add the file's time to the headers.

    Parameters
    ----------
    file_bytes : what is stored, where it is less than what is shown
    """
    return media.serve(
        request, storage_name=storage_name, n_bytes=file_bytes or shown_bytes, padded_to=shown_bytes
    )  # fmt: skip


def shown_copies(study: Study, pairs: Iterable[Pair]) -> AbstractContextManager[dict[int, ShownFile]]:
    """Copies of all versions of these recordings."""
    return copies_of(study, [version for pair in pairs for version in pair.versions])


@contextmanager
def copies_of(study: Study, versions: Iterable[Rendition]) -> Iterator[dict[int, ShownFile]]:
    """Name and size of a copy of each version, by rendition; all are removed again when the block fails."""
    made = equal_arms.files(study)
    wanted = list(versions)
    random.SystemRandom().shuffle(wanted)  # rows and times of files must follow no order either
    with ExitStack() as stack:
        copies = {}
        for version in wanted:
            with _content(made[version.pk]) as content:
                name = stack.enter_context(storage.stored(content, participant=version.recording.participant))
            copies[version.pk] = ShownFile(storage_name=name, n_bytes=made[version.pk].n_bytes)
        yield copies


@contextmanager
def _content(made: ShownFile) -> Iterator[BinaryIO]:
    source = storage.open_media(made.storage_name)
    with tempfile.SpooledTemporaryFile(max_size=SPOOLED) as target:
        try:
            for start in range(0, source.size, storage.PIECE):
                target.write(source.read_at(start, min(start + storage.PIECE, source.size)))
        finally:
            source.close()
        target.seek(0)
        yield cast(BinaryIO, target)
