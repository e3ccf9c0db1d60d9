"""Intervals of a share that judges and participants both influence."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

N_RESAMPLES = 2000

Counts = npt.NDArray[np.int_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its interval, all 0-1; `share` is None where nothing was counted."""

    share: float | None
    low: float
    high: float
    n: int


def exact(events: int, n: int, confidence: float = 0.95) -> Interval:
    """Clopper & Pearson's interval of a share; with nothing counted it is all of 0-1."""
    if not 0 <= events <= n:
        raise ValueError(f"events must lie between 0 and n, got {events} of {n}")
    tail = (1 - confidence) / 2
    low = float(scipy.stats.beta.ppf(tail, events, n - events + 1)) if events else 0.0
    high = float(scipy.stats.beta.ppf(1 - tail, events + 1, n - events)) if events < n else 1.0
    return Interval(events / n if n else None, low, high, n)


def crossed(
    events: Counts, trials: Counts, *, confidence: float = 0.95, seed: int = 0, n_resamples: int = N_RESAMPLES
) -> Interval:
    """Interval of a pooled share by resampling judges and participants, both with replacement.

    Where nothing, or everything, happened resampling knows no spread: there the exact interval over participants
    stands. With few events resampling is too narrow, so the interval is never narrower than the exact one over trials.

    Parameters
    ----------
    events, trials : (judges, participants) counts; `n` of the result is the number of trials, or of participants
        where the interval is over them

    References
    ----------
    Owen 2007, "The pigeonhole bootstrap"; Clopper & Pearson 1934.
    """
    (found,) = crossed_many(events[None], trials, confidence=confidence, seed=seed, n_resamples=n_resamples)
    return found


def crossed_many(
    events: Counts, trials: Counts, *, confidence: float = 0.95, seed: int = 0, n_resamples: int = N_RESAMPLES
) -> list[Interval]:
    """`crossed` of each of the (k, judges, participants) counts, by the same resamples."""
    total, people = int(trials.sum()), int((trials.sum(axis=0) > 0).sum())
    if not total:
        return [Interval(None, 0.0, 1.0, 0)] * len(events)
    tail = (1 - confidence) / 2
    shares = resampled(events, trials, np.random.default_rng(seed), n_resamples)
    ends = np.nanquantile(shares, (tail, 1 - tail), axis=1)
    found = []
    for happened, low, high in zip(events.sum(axis=(1, 2)).tolist(), *ends.tolist(), strict=True):
        if happened in (0, total):
            found.append(exact(people if happened else 0, people, confidence))
            continue
        plain = exact(happened, total, confidence)
        found.append(Interval(happened / total, min(low, plain.low), max(high, plain.high), total))
    return found


def resampled(events: Counts, trials: Counts, random: np.random.Generator, n_resamples: int) -> Floats:
    """(k, n_resamples) pooled shares of (k, judges, participants) events; NaN where a resample holds no trial."""
    n_judges, n_people = trials.shape
    judges = random.multinomial(n_judges, np.full(n_judges, 1 / n_judges), n_resamples).astype(float)
    people = random.multinomial(n_people, np.full(n_people, 1 / n_people), n_resamples).astype(float)
    shown = ((judges @ trials) * people).sum(axis=1)
    # One experiment after the other: all at once would take gigabytes.
    happened = np.stack([((judges @ one) * people).sum(axis=1) for one in events])
    with np.errstate(invalid="ignore", divide="ignore"):
        shares: Floats = happened / shown
    return shares
