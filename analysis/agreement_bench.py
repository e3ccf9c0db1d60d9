"""How long the agreement of a study of the published size takes: 152 presentations for each of three raters."""

import time

import numpy as np

from analysis.algorithms.agreement.item import item_agreement
from analysis.algorithms.agreement.tables import Draw, Tables
from analysis.algorithms.deviation import MISSING, NOT_SURE
from analysis.memory import peak_mib

N_PATIENTS, N_RATERS, N_ITEMS = 76, 3, 3
REPEATED = 0.1  # of the recordings


def study(seed: int) -> Tables:
    """Scores as in the planning of a study: severities, looks, a few answers not sure, hidden repeats."""
    rng = np.random.default_rng(seed)
    seen = rng.uniform(0.6, 3.4, N_PATIENTS)[:, None] + rng.normal(0, 0.5, (2, 2, N_PATIENTS, N_RATERS))
    codes = np.clip(np.round(seen), 0, 4).astype(int)
    codes[rng.random(codes.shape) < 0.05] = NOT_SURE
    codes[:, 1, rng.random((N_PATIENTS, N_RATERS)) > REPEATED] = MISSING
    places = np.argsort(rng.random((4 * N_PATIENTS, N_RATERS)), axis=0).reshape(codes.shape) + 1.0
    return Tables(
        codes,
        places,
        places // (2 * N_PATIENTS),
        np.arange(N_PATIENTS),
        tuple(f"rater-{n + 1}" for n in range(N_RATERS)),
    )


def line() -> str:
    """One line: seconds for all items with the rounds of a run, and the most memory of this process."""
    draw, before = Draw(), peak_mib()
    begun = time.perf_counter()
    n_rows = sum(
        len(item_agreement(study(number), margin=0.5, alpha=0.05, draw=draw).rows) for number in range(N_ITEMS)
    )
    seconds, peak = time.perf_counter() - begun, peak_mib()
    return (
        f"agreement: {2 * N_PATIENTS} presentations x {N_RATERS} raters, {N_ITEMS} items, {n_rows} statistics with "
        f"{draw.rounds} rounds of the bootstrap in {seconds:.1f} s; {peak:.0f} MiB, {peak - before:.0f} of them for it"
    )
