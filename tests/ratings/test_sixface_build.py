"""Building trials: real pictures of synthetic people, through the worker's own task."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from accounts.models import Role
from cohorts import storage
from deid.algorithms.donors import DonorFolder
from ratings import key, sixface_services, tasks
from ratings.algorithms.sixface.standardise import HEIGHT, WIDTH
from ratings.models import Trial, TrialBuild
from ratings.sixface_protocol import SixFaceProtocol
from tests.factories import ParticipantFactory, RecordingFactory, RenditionFactory, UserFactory, stored
from tests.ratings.experiments import covered, draft_experiment, filmed, make_judges, stored_clip

pytestmark = pytest.mark.django_db(transaction=True)  # the lease is kept by a thread of its own


def built(experiment):
    """The build as the worker left it."""
    job = sixface_services.request_build(experiment=experiment, actor=None)
    tasks.build_trials(build_id=job.pk)
    job.refresh_from_db()
    return job


def on(cohort, **protocol):
    return sixface_services.create_experiment(
        name="Six faces", cohort=cohort, method="motionmesh", judges=make_judges(2), actor=None,
        investigators=[UserFactory(role=Role.INVESTIGATOR)],
        protocol=SixFaceProtocol(**({"trials_each": 3, "catch_each": 2, "practice": 1} | protocol)),
    )  # fmt: skip


@pytest.fixture
def cohort():
    """Ten synthetic people who can be shown, and four who cannot."""
    cohort = filmed(10)
    folder = DonorFolder.open()
    for code, worn, clip in (
        ("DONOR-1", "donor-99", lambda someone: stored_clip(folder.load("donor-11"), someone, 11)),
        ("SMALL-1", "", lambda someone: stored_clip(folder.load("donor-22"), someone, 22, size=240)),
        ("VIDEO-1", "", lambda someone: stored(b"no video at all", someone)),
        ("FACE-1", "", lambda someone: stored_clip(replace(folder.load("donor-12"), picture=WALL), someone, 12)),
    ):
        participant = ParticipantFactory(cohort=cohort, code=code)
        recording = RecordingFactory(participant=participant, n_frames=14, **clip(participant))
        RenditionFactory(recording=recording, method="motionmesh", certificate=covered(worn), **clip(participant))
    return cohort


WALL = np.full((400, 400, 3), 180, np.uint8)


def test_the_worker_makes_pictures_of_six_faces_and_seals_who_stands_where(cohort):
    experiment = on(cohort, controls="random", donor_cap=0)
    job = built(experiment)
    assert (job.state, job.error) == (TrialBuild.State.DONE, "")
    told = {recording.split(" ")[0]: why for recording, why in job.reasons}
    assert set(told) == {"DONOR-1", "FACE-1", "SMALL-1", "VIDEO-1"}
    assert "there is no donor 'donor-99'" in told["DONOR-1"]
    assert "no face was found" in told["FACE-1"]
    assert "would have to be enlarged 2." in told["SMALL-1"]
    assert len(told["VIDEO-1"]) > 20
    trials, sealed = list(experiment.trials.all()), key.trials_of(experiment.pk)
    made = job.report["n_trials"] + job.report["n_catch"] + job.report["n_practice"]
    assert len(trials) == made == 2 * (3 + 2 + 1) - len(job.report["rejected"])
    assert len({trial.n_bytes for trial in trials}) == 1, "no size tells a trial"
    left_out = cohort.participants.filter(code__in=told).values("pk")
    assert not experiment.trials.filter(faces__participant__in=left_out).exists()
    for trial in trials:
        opened = storage.open_media(trial.storage_name)
        picture = cv2.imdecode(np.frombuffer(opened.read_at(0, opened.size), np.uint8), cv2.IMREAD_COLOR)
        opened.close()
        assert picture.shape == (2 * HEIGHT, 3 * WIDTH, 3)
        roles = sealed[trial.pk].roles
        if sealed[trial.pk].kind == "test":
            assert roles.count("deidentified") == roles.count("original") == 1
            assert roles.count("source") + roles.count("control") == 4
        assert {int(face.person) for face in sealed[trial.pk].faces if face.role != "source"} == set(
            trial.faces.values_list("participant", flat=True)
        )
        assert (trial.answer_known is not None) == trial.practice


def test_what_cannot_be_dealt_fails_with_a_sentence_and_leaves_nothing():
    """Eight people agree at the asking, and of none is there a picture when the worker looks."""
    job = built(draft_experiment(8))
    assert job.state == TrialBuild.State.FAILED
    assert job.error.startswith("7 participants are needed at least, 0 are there")
    assert len(job.reasons) == 8
    assert not Trial.objects.exists()
    assert not key.trials_of(job.experiment_id)
