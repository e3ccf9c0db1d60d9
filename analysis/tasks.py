"""Celery entries: an id, one call."""

from celery import shared_task

from analysis import track_services
from cohorts.models import Recording
from deid.models import Rendition


@shared_task
def measure_recording(*, recording_id: int) -> None:
    """Measure an original; a second delivery finds it measured."""
    track_services.store_tracks(video=Recording.objects.get(pk=recording_id))


@shared_task
def measure_rendition(*, rendition_id: int) -> None:
    """Measure a rendition; a second delivery finds it measured."""
    track_services.store_tracks(video=Rendition.objects.get(pk=rendition_id))
