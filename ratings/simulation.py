"""The simulation of a study's power from its drafted protocol."""

from typing import Any

from ratings import queries
from ratings.algorithms.power import Planted, equivalence_power
from ratings.models import Study

SHARES = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)  # of the participants that are there
FEWEST = 6


def simulate(study: Study, *, agreement: float, bias: float, not_sure: int, seed: int) -> dict[str, Any]:
    """Power for several numbers of participants, with everything that went in; `not_sure` in per cent."""
    design, n_raters = study.design, study.places.count()
    there = len({pair.recording.participant_id for pair in queries.pairs(study)}) or FEWEST
    numbers = sorted({max(FEWEST, round(there * share)) for share in SHARES} | {10, 20, 40, 80})
    power = equivalence_power(
        Planted(agreement, bias, not_sure / 100), participants=numbers, n_raters=n_raters,
        margin=design.margin, alpha=design.alpha, seed=seed,
    )  # fmt: skip
    return {
        "agreement": agreement, "bias": bias, "not_sure": not_sure, "seed": seed, "n_raters": n_raters,
        "margin": design.margin, "alpha": design.alpha, "n_simulations": power.n_simulations,
        "power": [[n, round(share, 3)] for n, share in power.rows], "n_for_80": power.least(0.8),
        "n_for_90": power.least(0.9),
    }  # fmt: skip
