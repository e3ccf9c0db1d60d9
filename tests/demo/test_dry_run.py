"""A dry run through the real pages: what was planted in synthetic raters comes out of the analysis."""

import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from cohorts.models import Task
from demo.dry_run import consistency, recovered, walk
from ratings import services
from ratings.algorithms.synthetic import Planted, SyntheticRater
from ratings.models import Study
from tests.factories import OriginalFactory, ParticipantFactory, RecordingFactory, RenditionFactory
from tests.ratings.build import READY, draft_study, make_alike, opened_study

pytestmark = pytest.mark.django_db
PLANTED = Planted(bias=0.8, noise=0.4, retest=0.35, not_sure=0.02, not_sure_deidentified=0.2)


class Pages:
    """Django's client with the manners of the demo's browser."""

    def __init__(self, client):
        self.client = client

    def get(self, path):
        return SimpleNamespace(text=self.client.get(path, follow=True).content.decode())

    def post_json(self, path, data):
        answer = self.client.post(path, json.dumps(data), content_type="application/json")
        return SimpleNamespace(status_code=answer.status_code, text=answer.content.decode())


@pytest.fixture
def rated(sign_in):
    """16 recordings, two raters, half of the recordings with a hidden repeat: 80 videos through the pages."""
    study = opened_study(16, n_raters=2, protocol=replace(READY, repeats_percent=50, sessions=2))
    for place in study.places.select_related("rater"):
        rater = SyntheticRater(PLANTED, place.number, "dry")
        assert walk(study, Pages(sign_in(place.rater)), rater) == (40, 80)
    return services.close_study(study=study, actor=None)


def test_the_analysis_finds_what_was_planted_and_nothing_else(rated):
    found = recovered(rated, PLANTED)
    kinds = {one.what.rpartition(": ")[2] for one in found}
    assert kinds == {"bias", "agreement", "sd of a repeat", "share not sure"}
    assert all(one.holds for one in found), [str(one) for one in found]
    wrong = recovered(rated, replace(PLANTED, bias=0.0, not_sure=0.3))
    missed = sorted(one.what.rpartition(": ")[2] for one in wrong if not one.holds)
    assert missed == ["bias", "bias", "share not sure"], [str(one) for one in wrong]


def test_a_synthetic_rater_is_biased_by_the_version_alone():
    rater = SyntheticRater(replace(PLANTED, retest=0, not_sure=0, not_sure_deidentified=0, bias=1.0), 1, "s")
    pairs = [
        [rater.answer(recording=n, item="x", original=original, look=str(original)) for original in (True, False)]
        for n in range(400)
    ]
    differences = [original - other for original, other in pairs if other > 0]
    assert set(differences) == {1}


@contextmanager
def the_worker_making_the_copy_alike(model: Study) -> Iterator[None]:
    """The dry run waits for a worker to encode the copy's files; these hold no pictures, so that none could."""
    done = threading.Event()

    def work() -> None:
        try:
            while not done.wait(0.1):
                for copy in Study.objects.exclude(pk=model.pk).filter(state=Study.State.DRAFT):
                    if copy.last_encodes.exclude(state="done").exists():
                        make_alike(copy)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_agreement_is_that_of_shrout_and_fleiss():
    """Their table of six targets and four judges: ICC(3,1) = 0.71."""
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    assert consistency(np.array(table, dtype=float)) == pytest.approx(0.71, abs=0.005)


@pytest.mark.timeout(1800)
@pytest.mark.django_db(transaction=True)
def test_a_study_shaped_as_the_published_one_is_found_again_over_http(live_server):
    """PUBLISHED=1: (76 + 76 + 75) recordings' items x 2 arms x 3 raters = 1,362 answers; else an eighth of it."""
    whole = os.environ.get("PUBLISHED") == "1"
    n_face, n_speech = (76, 75) if whole else (10, 9)
    model = draft_study(n_face, n_raters=3)
    for _ in range(n_speech):
        recording = RecordingFactory(participant=ParticipantFactory(cohort=model.cohort), task=Task.SPEECH)
        OriginalFactory(recording=recording)
        RenditionFactory(recording=recording)
    told = io.StringIO()
    with the_worker_making_the_copy_alike(model):
        call_command("dry_run", model.pk, url=live_server.url, bias=-0.25, not_sure_deidentified=0.1, stdout=told)
    sys.stderr.write(told.getvalue())
    n_answers = (2 * n_face + n_speech) * 2
    lines = told.getvalue().splitlines()
    assert lines[:3] == [f"rater-{n}: {2 * (n_face + n_speech)} videos, {n_answers} answers" for n in (1, 2, 3)]
    assert not whole or 3 * n_answers == 1362
    assert sum(": bias" in line for line in lines) == 3


@pytest.mark.django_db(transaction=True)
def test_the_command_rates_a_copy_through_the_running_site_and_leaves_no_open_account(live_server):
    model = opened_study(4, protocol=replace(READY, gap_days=14))
    told = io.StringIO()
    with the_worker_making_the_copy_alike(model):
        call_command("dry_run", model.pk, url=live_server.url, bias=0.5, stdout=told)
    assert "rater-1: 8 videos, 16 answers" in told.getvalue()
    assert "bias: planted +0.50, found" in told.getvalue()
    copy = Study.objects.exclude(pk=model.pk).get()
    assert (copy.state, model.state) == (Study.State.CLOSED, Study.State.OPEN)
    assert not User.objects.filter(username__startswith="dry-run", is_active=True).exists()
    with pytest.raises(CommandError, match="there is no study 999999"):
        call_command("dry_run", 999999, url=live_server.url)
