"""The desk in a real browser: what its tests share."""

import io
import os
import re
from pathlib import Path

import av
import numpy as np

from cohorts import storage
from ratings import services, tasks
from ratings.models import Study
from ratings.protocol import Protocol
from tests.factories import CohortFactory, OriginalFactory, ParticipantFactory, RecordingFactory, RenditionFactory
from tests.ratings.build import READY, make_raters


def video(level: int) -> dict[str, object]:
    """A second of one grey, as a stored file."""
    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    content.seek(0)
    return {"storage_name": storage.store(content), "n_bytes": content.getbuffer().nbytes, "sha256": f"{level:064d}"}


def filmed_draft(protocol: Protocol = READY) -> Study:
    """Two recordings of grey films, encoded as raters get them."""
    cohort = CohortFactory()
    for _ in range(2):
        recording = RecordingFactory(participant=ParticipantFactory(cohort=cohort))
        OriginalFactory(recording=recording, **video(200))
        RenditionFactory(recording=recording, **video(20))
    study = services.create_study(
        name="Pilot", cohort=cohort, method="mask", raters=make_raters(1), actor=None, protocol=protocol
    )
    for encode in study.last_encodes.all():
        tasks.last_encode(encode_id=encode.pk)
    return study


def saved(page):
    from playwright.sync_api import expect

    expect(page.locator("#status")).to_have_text(re.compile(r"^saved at \d\d:\d\d:\d\d"), timeout=30_000)


def watched(page):
    """Play the video to its end by key: then scoring is open."""
    page.locator("#desk[data-ready]").wait_for()
    page.keyboard.press("Space")
    page.locator("#gate").wait_for(state="hidden")


def answer_unsure(page, reason="1"):
    """N, then the reason by its key."""
    page.keyboard.press("n")
    page.locator("#prompt").wait_for()
    page.keyboard.press(reason)


def change(page, key, reason):
    """Another score for the marked item, and why."""
    page.keyboard.press(key)
    page.get_by_text("Changed: why?").wait_for()
    page.locator(f"#prompt [data-value={reason}]").click()


def picture(page, name):
    """SCREENSHOTS=DIR keeps it."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")
