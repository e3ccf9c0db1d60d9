"""Every write to the last encode: the row is the truth, a worker makes the files of all versions of a recording."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Event

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

import audit.services as audit
from cohorts import storage
from cohorts.consent import validate_consent
from cohorts.keys import lock
from cohorts.models import Recording
from cohorts.vocabulary import Scope
from cohorts.work_folder import private_folder
from config.celery import ring
from deid.leases import finishing, reporter, waiting_rows
from deid.models import Rendition
from deid.rendering import readable
from ratings import equal_arms
from ratings.models import LastEncode, ShownFile, Study


def ring_last_encode(encode: LastEncode) -> None:
    ring("ratings.tasks.last_encode", encode_id=encode.pk)


def sweep_last_encodes() -> int:
    """Ask for what drafts lack and for what came late to open studies, and ring for what waits; returns how many."""
    for study in Study.objects.exclude(state=Study.State.CLOSED):
        request_last_encodes(study=study)
    waiting = waiting_rows(LastEncode.objects.all())
    for encode in waiting:
        ring_last_encode(encode)
    return len(waiting)


@transaction.atomic
def request_last_encodes(*, study: Study, again: bool = False) -> int:
    """Ask for the last encode of every recording whose versions are all there; `again` also of those that failed.

    In a draft, files of versions that were replaced are removed. Once a study is open nothing that it shows changes:
    only recordings that came later are asked for. Returns how many were asked for.
    """
    study = Study.objects.select_for_update(of=("self",), no_key=True).get(pk=study.pk)
    if study.state == Study.State.CLOSED:
        return 0
    known = {encode.recording_id: encode for encode in study.last_encodes.all()}
    n_asked = 0
    for recording, renditions in equal_arms.versions(study).items():
        encode, wanted = known.get(recording.pk), equal_arms.key_of(renditions)
        if encode is None or _stale(study, encode, wanted, again):
            _ask(study, recording, wanted, encode)
            n_asked += 1
    return n_asked


def _stale(study: Study, encode: LastEncode, wanted: list[int], again: bool) -> bool:
    """Whether what is there for a recording has to make place."""
    if encode.state in (LastEncode.State.FAILED, LastEncode.State.CANCELLED):
        return again or encode.renditions != wanted
    return study.state == Study.State.DRAFT and encode.renditions != wanted


def _ask(study: Study, recording: Recording, wanted: list[int], encode: LastEncode | None) -> None:
    lock(recording.participant)  # a withdrawal comes after and stops this, or came before and the worker refuses
    if encode is not None:
        _forget(encode)
    encode = LastEncode(study=study, recording=recording, renditions=wanted)
    encode.full_clean()
    encode.save()
    transaction.on_commit(partial(ring_last_encode, encode))


def _forget(encode: LastEncode) -> None:
    """Remove a group whose versions were replaced; a worker in the middle of it finds its lease gone."""
    for shown in encode.files.all():
        transaction.on_commit(partial(storage.remove, shown.storage_name))
    encode.files.all().delete()
    encode.delete()


def equalise(*, job: LastEncode, lost: Event) -> None:
    """Make the files of a group that this process has claimed.

    Raises
    ------
    LeaseLost : another worker took over, or the group is not wanted any more; nothing is kept
    MediaError, ValidationError : the versions cannot be made alike, or may not be shown, with a sentence that says why
    """
    from ratings.algorithms.traits_file import file_traits
    from videoio.lastencode import equalise as encode_alike

    for scope in (Scope.RESEARCH, Scope.RATING):
        validate_consent(job.recording.participant, scope)
    renditions = _wanted(job)
    with private_folder(f"last-{job.pk}") as folder, ExitStack() as stack:
        sources = [stack.enter_context(storage.local_copy(rendition.storage_name)) for rendition in renditions]
        targets = [folder / f"{number}.mp4" for number in range(len(sources))]
        made = encode_alike(sources, targets, progress=reporter(job, lost))
        traits = [file_traits(target).as_dict() for target in targets]
        _accept(job, renditions, targets, traits, made.encoding)


def _wanted(job: LastEncode) -> list[Rendition]:
    """The group's versions in the order of their ids."""
    kept = Rendition.objects.filter(pk__in=job.renditions).exclude(state=Rendition.State.VOID).order_by("pk")
    renditions = list(kept)
    if equal_arms.key_of(renditions) != job.renditions:
        raise ValidationError(_("A version of this recording is not there any more: prepare the study again."))
    return renditions


def _accept(
    job: LastEncode, renditions: list[Rendition], targets: list[Path], traits: list[dict], encoding: str
) -> None:
    """Store the files and accept them as the group's; files that come too late are removed again."""
    participant = job.recording.participant
    with ExitStack() as stack:
        names = []
        for target in targets:
            with target.open("rb") as content:
                names.append(stack.enter_context(storage.stored(content, participant=participant)))
        with finishing(job) as locked:
            for rendition, target, name, told in zip(renditions, targets, names, traits, strict=True):
                shown = ShownFile(
                    last_encode=locked, study=locked.study, rendition=rendition, storage_name=name, traits=told,
                    sha256=storage.sha256_of_path(target), n_bytes=target.stat().st_size, encoding=encoding,
                )  # fmt: skip
                shown.full_clean()
                shown.save()
            locked.state, locked.progress, locked.stage = LastEncode.State.DONE, 1, ""
            audit.record(actor=None, verb="study.versions_encoded", target=locked, note=f"{len(targets)} files")


def fail(*, job: LastEncode, error: Exception) -> None:
    """Bring a group to its end with a message that a person can read."""
    with finishing(job) as locked:
        locked.state, locked.error, locked.stage = LastEncode.State.FAILED, readable(error), ""
        audit.record(actor=None, verb="study.versions_failed", target=locked)
