"""Closed experiments on one cohort beside each other: what the reader may read and asks for; each look is recorded."""

import pytest

from accounts.models import Role
from analysis.access import experiments_beside
from analysis.sixface_beside import read_beside
from analysis.sixface_figures import methods_figure
from analysis.sixface_result import result_of
from audit.models import Event
from ratings.models import Experiment
from tests.analysis.test_sixface_results import finds_nobody, finds_the_original_once
from tests.factories import UserFactory
from tests.ratings.experiments import closed_experiment, draft_experiment, opened_experiment, people_by, two_methods

pytestmark = pytest.mark.django_db
LOOKED = "experiment.results_read"


@pytest.fixture
def reader():
    return UserFactory(role=Role.INVESTIGATOR)


@pytest.fixture
def pair(reader) -> tuple[Experiment, Experiment]:
    """Nobody was found again by three; and found again where no source stood by, by two of them and one more."""
    return two_methods(reader, finds_nobody, finds_the_original_once)


@pytest.fixture
def masked(pair) -> Experiment:
    return pair[0]


@pytest.fixture
def blurred(pair) -> Experiment:
    return pair[1]


def looks(experiment: Experiment) -> list[str]:
    return list(
        Event.objects.filter(verb=LOOKED, target_id=str(experiment.pk)).order_by("id").values_list("note", flat=True)
    )


def test_another_method_is_offered_and_read_only_when_it_is_asked_for(masked, blurred, reader, sign_in):
    client, address = sign_in(reader), f"/results/experiments/{masked.pk}/"
    offered = client.get(address).content.decode()
    assert "Blur · Second" in offered
    assert 'id="by-method"' not in offered
    assert (looks(masked), looks(blurred)) == (["page"], [])
    shown = client.get(address, {"beside": blurred.pk})
    assert 'id="by-method"' in shown.content.decode()
    assert looks(blurred) == [f"page, beside experiment {masked.pk}"]
    assert Event.objects.filter(verb=LOOKED, actor=reader).count() == 3


def test_each_row_has_its_own_numbers_and_says_how_many_judges_are_the_same(masked, blurred, reader):
    rows = read_beside(experiment=masked, result=result_of(masked), others=[blurred], reader=reader)
    assert [(row.experiment, row.result.n_judges, row.n_common) for row in rows] == [(masked, 3, 3), (blurred, 3, 2)]
    assert rows[0].result.bound.share == 0
    assert rows[1].result == result_of(blurred)
    assert rows[1].result.bound.share > 0


def test_the_figure_has_a_bar_for_each_with_the_upper_bound_on_its_axis(masked, blurred, reader):
    drawing = methods_figure(read_beside(experiment=masked, result=result_of(masked), others=[blurred], reader=reader))
    *bars, bounds = drawing["data"]
    assert bars[0]["name"] == "de-identified and original"
    assert bars[0]["y"] == ["Mask · First", "Blur · Second"] == bounds["y"]
    for place, experiment in enumerate((masked, blurred)):
        bound = result_of(experiment).bound
        assert sum(bar["x"][place] for bar in bars) == pytest.approx(100)
        assert bars[0]["x"][place] == bounds["x"][place] == pytest.approx(100 * bound.share)
        assert bounds["x"][place] + bounds["error_x"]["array"][place] == pytest.approx(100 * bound.high)
        assert bounds["x"][place] - bounds["error_x"]["arrayminus"][place] == pytest.approx(100 * bound.low)


def test_only_closed_ones_on_this_cohort_with_another_method_that_this_reader_may_read(reader, sign_in):
    cohort = people_by("mask", "blur", "pixelate")
    given = {"cohort": cohort, "investigators": [reader]}
    masked = closed_experiment(**given, name="First")
    wrong = [
        draft_experiment(**given, name="Draft", method="blur"),
        opened_experiment(**given, name="Open", method="blur"),
        closed_experiment(**given, name="Same method"),
        closed_experiment(cohort=cohort, name="Another's", method="pixelate"),
        closed_experiment(investigators=[reader], name="Elsewhere", method="mask"),
    ]
    Experiment.objects.filter(pk=wrong[-1].pk).update(method="blur")
    assert not experiments_beside(reader, masked).exists()
    client, address = sign_in(reader), f"/results/experiments/{masked.pk}/"
    assert "By method" not in client.get(address).content.decode()
    for bad in [*(one.pk for one in wrong), masked.pk, 10**20, "x", "-1", "\0"]:
        assert client.get(address, {"beside": bad}).status_code == 404, bad
    assert not Event.objects.filter(verb=LOOKED).exclude(target_id=str(masked.pk)).exists()
    administrator = UserFactory(role=Role.ADMINISTRATOR)
    assert list(experiments_beside(administrator, masked)) == [wrong[3]]


def test_an_experiment_that_is_still_sealed_shows_nothing_beside_it(blurred, reader, sign_in):
    waiting = opened_experiment(cohort=blurred.cohort, name="Waiting", investigators=[reader])
    page = sign_in(reader).get(f"/results/experiments/{waiting.pk}/", {"beside": blurred.pk}).content.decode()
    assert "By method" not in page
    assert looks(blurred) == []
