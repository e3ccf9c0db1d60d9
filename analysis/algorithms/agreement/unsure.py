"""“Not sure”: how often by version, and what the deviation could be at worst if each had been a score."""

import numpy as np

from analysis.algorithms.agreement.paired import patient_means
from analysis.algorithms.agreement.scores import UNDEFINED, Floats
from analysis.algorithms.agreement.tables import DEIDENTIFIED, FIRST, ORIGINAL, Draw, Found, Tables, measured, over
from analysis.algorithms.deviation import NOT_SURE

UNSURE = ("not_sure_original", "not_sure_deidentified", "not_sure_difference")


def unsure(tables: Tables, draw: Draw) -> list[Found]:
    """Shares of “not sure” among answers to each version, and de-identified minus original, whole patients drawn."""
    codes = tables.codes[:, FIRST]
    answered = codes >= NOT_SURE
    parts = [each.sum(axis=2) for each in (answered, codes == NOT_SURE)]  # (2, v)
    sums = tables.by_patient(np.column_stack([parts[0].T, parts[1].T]))

    def statistic(sums: Floats) -> Floats:
        shares = over(sums[..., 2:], sums[..., :2])
        return np.concatenate([shares, shares[..., 1:] - shares[..., :1]], axis=-1)

    return measured(UNSURE, statistic, sums, draw, n=int(answered.sum()))


def worst_cases(tables: Tables) -> tuple[Floats, Floats]:
    """(p,) patients' mean deviations if every “not sure” was the score that moves it furthest down, and furthest up.

    Pairs that were answered on both sides enter; a missing answer is none.
    """
    codes, top = tables.codes[:, FIRST], tables.levels - 1
    answered = (codes >= NOT_SURE).all(axis=0)
    cases = []
    for of_original, of_other in ((0, top), (top, 0)):
        first = np.where(codes[ORIGINAL] == NOT_SURE, of_original, codes[ORIGINAL])
        second = np.where(codes[DEIDENTIFIED] == NOT_SURE, of_other, codes[DEIDENTIFIED])
        cases.append(patient_means(tables, np.where(answered, first - second, UNDEFINED))[0])
    return cases[0], cases[1]
