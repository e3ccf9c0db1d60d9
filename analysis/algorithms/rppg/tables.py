"""The two tables: recognisers by version, and predictors trained with by predictors judged by."""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.algorithms.rppg.judged import Seen, accuracy, equal_error, pulse_means

Row = list[str | float]
People = Sequence[Seen]
FULL = "full"


def recognition_table(
    versions: Mapping[str, People], recognisers: Sequence[str], seen: Sequence[str], predictor: str
) -> tuple[list[str], list[Row]]:
    """Heads and rows: each recogniser's accuracy and equal error rate, then pulse and picture, by version.

    Parameters
    ----------
    versions : people under each version, the columns
    seen : the recognisers that the autoencoder was trained against; the others are marked
    predictor : whose pulse it is
    """
    columns = list(versions.values())
    rows: list[Row] = []
    for name in recognisers:
        marked = name if name in seen else f"{name} (unseen)"
        rows.append([f"{marked}: accuracy", *(accuracy(people, name) for people in columns)])
        rows.append([f"{marked}: equal error rate", *(equal_error(people, name) for people in columns)])
    n_persons = columns[0][0].scores[recognisers[0]].shape[1]
    rows.append(["chance (accuracy)", *([1 / n_persons] * len(columns))])
    means = [pulse_means(people, predictor) for people in columns]
    rows += [
        ["HR MAE (beats a minute)", *(each.mae for each in means)],
        ["HR RMSE (beats a minute)", *(each.rmse for each in means)],
        ["HR R, over people", *(each.r_rates for each in means)],
        ["R of the signal, with the true pulse", *(each.r_true for each in means)],
        ["R of the signal, with the original's", *(each.r_original for each in means)],
        ["PSNR (dB)", *(float(np.mean([one.psnr for one in people])) for people in columns)],
        ["SSIM", *(float(np.mean([one.ssim for one in people])) for people in columns)],
    ]
    return ["", *versions], rows


def predictor_tables(trained: Mapping[str, People], judges: Sequence[str]) -> dict[str, tuple[list[str], list[Row]]]:
    """By measure: rows are the predictor that the autoencoder was trained with, columns the one that judges."""
    means = {name: [pulse_means(people, judge) for judge in judges] for name, people in trained.items()}
    named = {
        "HR MAE (beats a minute)": "mae", "HR R, over people": "r_rates",
        "R of the signal, with the true pulse": "r_true", "R of the signal, with the original's": "r_original",
    }  # fmt: skip
    return {
        title: (
            ["trained with", *judges],
            [[name, *(getattr(each, key) for each in row)] for name, row in means.items()],
        )
        for title, key in named.items()
    }
