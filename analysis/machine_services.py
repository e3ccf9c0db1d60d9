"""Recognisers beside people: the trials of closed experiments, answered by a worker.

Heavy libraries load inside the functions.
"""

from threading import Event

from django.db import transaction

import audit.services as audit
from analysis.models import MachineJudging
from cohorts import storage
from cohorts.models import Participant
from config.celery import ring
from deid.leases import finishing, reporter, waiting_rows
from deid.rendering import readable
from deid.weights import model_store
from ratings.algorithms.sixface.roles import N_COLUMNS, N_FACES
from ratings.models import Experiment, Trial

QUEUE = "measure"


def request_machines() -> int:
    """Ask for what nobody has asked for: closed experiments of which a trial can be looked at."""
    shown = Trial.objects.filter(practice=False, excluded_at__isnull=True)
    closed = Experiment.objects.filter(state=Experiment.State.CLOSED, machines=None, trials__in=shown).distinct()
    rows = [MachineJudging(experiment=experiment) for experiment in closed]
    MachineJudging.objects.bulk_create(rows, ignore_conflicts=True)  # two schedulers may do this at once
    return len(rows)


def sweep_machines() -> int:
    waiting = waiting_rows(MachineJudging.objects.all())
    for judging in waiting:
        ring("analysis.tasks.judge_by_machines", queue=QUEUE, judging_id=judging.pk)
    return len(waiting)


def judge_by_machines(*, job: MachineJudging, lost: Event) -> None:
    """Describe the faces of each trial and name the two nearest, where they are near enough.

    Raises
    ------
    LeaseLost : another worker took over, or the row was removed
    """
    from analysis.algorithms.sixface.machines import answer, machines
    from faces import arcface

    tell = reporter(job, lost)
    trials = list(job.experiment.trials.filter(practice=False, excluded_at__isnull=True).order_by("pk"))
    found = machines(arcface.in_store(model_store()))
    answers: dict[str, dict[str, tuple[int, int] | None]] = {machine.recogniser.name: {} for machine in found}
    for number, trial in enumerate(trials):
        tell(number / len(trials), "asking the recognisers")
        six = _faces(trial)
        for machine in found:
            pair = answer(machine.describe(six), machine.recogniser).pair
            answers[machine.recogniser.name][str(trial.pk)] = pair
    with transaction.atomic(), finishing(job) as locked:
        locked.state, locked.progress, locked.stage, locked.error = MachineJudging.State.DONE, 1, "", ""
        locked.answers = answers
        audit.record(actor=None, verb="experiment.judged_by_machines", target=locked.experiment)


def _faces(trial: Trial) -> list:
    """The six pictures as the judge saw them: cut out of the one that was shown."""
    import cv2
    import numpy as np

    opened = storage.open_media(trial.storage_name)
    try:
        sheet = cv2.imdecode(np.frombuffer(opened.read_at(0, opened.size), np.uint8), cv2.IMREAD_COLOR)
    finally:
        opened.close()
    if sheet is None:
        raise ValueError(f"the picture of {trial} cannot be read")
    rows = np.split(np.ascontiguousarray(sheet[..., ::-1]), N_FACES // N_COLUMNS, axis=0)
    return [np.ascontiguousarray(face) for row in rows for face in np.split(row, N_COLUMNS, axis=1)]


def fail_machines(*, job: MachineJudging, error: Exception) -> None:
    with finishing(job) as locked:
        locked.state, locked.error, locked.stage = MachineJudging.State.FAILED, readable(error), ""


def forget_machines(participant: Participant) -> None:
    """What recognisers said of trials with this face is removed; the sweep asks them again about the others."""
    MachineJudging.objects.filter(experiment__trials__faces__participant=participant).delete()
