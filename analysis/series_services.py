"""Series of measured renditions: kept like the video, under its participant's keys, and read by pages."""

import io
from typing import TYPE_CHECKING, Any

from django.db import transaction

from analysis.algorithms.fidelity.series_format import packed, unpacked
from analysis.models import Series
from cohorts import storage
from deid.models import Rendition

if TYPE_CHECKING:
    from analysis.algorithms.fidelity.pair import Pair


def store_series(*, rendition: Rendition, pair: "Pair") -> Series:
    """Keep what the figures of a rendition draw, in place of what was kept before. Workers and commands only."""
    from analysis.algorithms.fidelity.series import series

    with storage.stored(io.BytesIO(packed(series(pair))), participant=rendition.recording.participant) as name:
        return _name(rendition, name)


@transaction.atomic
def _name(rendition: Rendition, name: str) -> Series:
    """The row that names the new file; the one that it named before goes once this is certain."""
    Rendition.objects.select_for_update(of=("self",)).get(pk=rendition.pk)  # two workers may come at once
    row = Series.objects.filter(rendition=rendition).first() or Series(rendition=rendition)
    before, row.storage_name = row.storage_name, name
    row.full_clean()
    row.save()
    transaction.on_commit(lambda: storage.remove(before))
    return row


def read_series(series: Series) -> dict[str, Any]:
    """What was kept.

    Raises
    ------
    FileNotFoundError : the file or its key is gone
    ValueError : an older version wrote it
    """
    kept = storage.open_media(series.storage_name)
    try:
        return unpacked(kept.read_at(0, kept.size))
    finally:
        kept.close()
