"""Somebody who looks at all technical traits at once: how well would they tell the arms?"""

import numpy as np
from numpy.typing import NDArray

from ratings.algorithms.permutation import N_BOOTSTRAP, Array, Auc, auc

FOLDS = 5
Ints = NDArray[np.int64]


def attack(traits: Array, arm: Ints, recording: Ints, *, level: float = 0.95, seed: int = 0) -> Auc:
    """AUC of a logistic regression on recordings that it was not fitted on.

    Parameters
    ----------
    traits : (n_presentations, n_traits), finite
    arm : (n_presentations,) 0 original, 1 de-identified
    recording : (n_presentations,) what is shown; all presentations of one are fitted on, or all are judged
    level : of the interval, which draws whole recordings again
    """
    n_recordings = np.unique(recording).size
    if n_recordings < FOLDS:
        raise ValueError(f"an attack needs {FOLDS} recordings, so that some are new to it; got {n_recordings}")
    scores = _scores(traits, arm, recording)
    found: list[float] = []
    rng = np.random.default_rng(seed)
    places = [np.flatnonzero(recording == one) for one in np.unique(recording)]
    while len(found) < N_BOOTSTRAP:
        drawn = np.concatenate([places[number] for number in rng.integers(0, len(places), len(places))])
        if 0 < arm[drawn].sum() < drawn.size:
            found.append(_auc(scores[drawn], arm[drawn]))
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Auc(_auc(scores, arm), float(low), float(high))


def _auc(scores: Array, arm: Ints) -> float:
    return auc(scores[arm == 0], scores[arm == 1])


def _scores(traits: Array, arm: Ints, recording: Ints) -> Array:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scores = np.zeros(arm.size)
    for fitted, judged in GroupKFold(FOLDS).split(traits, arm, recording):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=500))
        model.fit(traits[fitted], arm[fitted])
        # Each fold has a level of its own, which is no knowledge: rounding keeps equal files equal.
        logits = model.decision_function(traits[judged])
        scores[judged] = np.round(logits - float(model[-1].intercept_[0]), 9)
    return scores
