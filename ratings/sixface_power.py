"""How many judges and trials an experiment needs, by simulation with what the coordinator plants."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ratings import sixface_queries
from ratings.algorithms.sixface.power import Planted, bound_power
from ratings.models import Experiment

SEED = 1


def proposal(experiment: Experiment) -> dict[str, Any]:
    """What the form offers: what was simulated last, else the experiment as it is drafted."""
    drafted = {
        "n_judges": experiment.judges.count(), "trials_each": experiment.design.trials_each, "rate": 0.01,
        "judge_sd": 0.5, "participant_sd": 1.0,
    }  # fmt: skip
    return drafted | experiment.design.simulation


def simulate(
    experiment: Experiment, *, n_judges: int, trials_each: int, rate: float, judge_sd: float, participant_sd: float
) -> dict[str, Any]:
    """Power and median upper bound of such an experiment, with all that was planted."""
    design, n_people = experiment.design, len(sixface_queries.candidates(experiment))
    try:
        found = bound_power(
            Planted(rate, judge_sd, participant_sd), judges=[n_judges], trials=[trials_each], participants=n_people,
            bound=design.upper_bound, seed=SEED,
        )  # fmt: skip
    except ValueError as error:
        raise ValidationError(
            _("A judge meets each participant once as a target: %(trials)d trials need as many, %(n)d are there.")
            % {"trials": trials_each, "n": n_people},
            code="too_few",
        ) from error
    (row,) = found.rows
    return {
        "n_judges": n_judges, "trials_each": trials_each, "rate": rate, "judge_sd": judge_sd,
        "participant_sd": participant_sd, "n_participants": n_people, "power": round(row.reached, 3),
        "bound": round(row.typical, 4), "n_simulations": found.n_simulations, "seed": SEED,
    }  # fmt: skip
