"""More than a hundred hostile files through the real worker: each gets its verdict, and nothing else happens."""

import time
from collections import Counter
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile

from cohorts import upload_services
from cohorts.models import Upload
from tests.factories import CohortFactory
from tests.product import doorbell, eventually, running_product
from tests.videoio.hostile_files import hostile_files

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


def worker_pids(stack) -> set[int]:
    return {process.pid for process in stack.find("celery") if "worker" in process.cmdline()}


@pytest.mark.timeout(900)
def test_every_file_is_accepted_or_refused_with_a_reason_in_time(tmp_path: Path, settings, listener, capsys):
    port, calls = listener
    cohort, took, verdicts = CohortFactory(), {}, {}
    folder = tmp_path / "made"
    folder.mkdir()
    with running_product(tmp_path / "var") as stack:
        ring = doorbell(tmp_path / "var", "cohorts.tasks.check_upload", "upload_id")
        eventually(lambda: len(worker_pids(stack)) == 2, stack=stack)  # the worker and its one child
        before = worker_pids(stack)
        for name, content in hostile_files(folder, port):
            began = time.monotonic()
            verdicts[name] = verdict(name, content, cohort, ring, stack)
            took[name] = time.monotonic() - began
        assert worker_pids(stack) == before
    refused = {name: message for name, (state, message) in verdicts.items() if state != "accepted"}
    reasons = Counter(message.rpartition(":")[0][:60] for message in refused.values())
    with capsys.disabled():
        slowest = max(took, key=lambda name: took[name])
        print(f"\n{len(verdicts)} files: {len(verdicts) - len(refused)} accepted, {len(refused)} refused; slowest "
              f"{took[slowest]:.1f} s ({slowest}); connections {len(calls)}; the worker lived")  # fmt: skip
        print("accepted:", ", ".join(name for name in verdicts if name not in refused))
        for reason, n in reasons.most_common():
            print(f"  {n:3d}  {reason}")
    assert len(verdicts) >= 100
    assert {state for state, _message in verdicts.values()} <= {"accepted", "refused"}
    assert {name: message for name, message in refused.items() if len(message.split()) < 6} == {}
    assert max(took.values()) <= 60
    assert calls == []
    assert list(settings.UPLOAD_FOLDER.iterdir()) == []
    # What is a plain recording in an unusual dress is taken; what points elsewhere, or ends too early, is not.
    for name in ("whole mp4", "whole mkv", "whole ts", "whole mov", "variable rate", "rotated 90", "HEVC 10 bit",
                 "two video tracks", "MP4 and ZIP"):  # fmt: skip
        assert name not in refused, refused.get(name)
    for name in ("nothing", "mp4 cut at 50 %", "8K", "HDR", "HLS outside", "DASH outside", "concat to a file", "JPEG",
                 "ten days", "sound alone", "letter"):  # fmt: skip
        assert name in refused


def verdict(name: str, content: bytes, cohort, ring, stack) -> tuple[str, str]:
    try:
        upload = upload_services.receive_upload(
            cohort=cohort, code="PD-1", task="speech", content=ContentFile(content), actor=None
        )
    except ValidationError as error:
        return "refused", " ".join(error.messages)
    ring(upload.pk)

    def decided() -> Upload | None:
        return Upload.objects.exclude(state=Upload.State.CHECKING).filter(pk=upload.pk).first()

    found = eventually(decided, seconds=70, every=0.02, stack=stack)
    return found.state, found.message
