"""The numbers of the results page, from the files beside this one: `python3 results.py`."""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
ANSWERS = ("not_sure_original", "not_sure_deidentified", "missing_original", "missing_deidentified")
DEVIATIONS = ("m4", "m3", "m2", "m1", "d0", "p1", "p2", "p3", "p4")
HEAD = (
    "item", "method", "n_pairs", "n_participants", "n_raters", "mean", "identical", "within_one", *ANSWERS, *DEVIATIONS,
)  # fmt: skip
NOT_SURE, MISSING = "not sure", "missing"


def read(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def answer(row: dict[str, str]) -> int | str:
    """A score, or why there is none. What was answered after a code-break counts as missing."""
    if row["unblinded"] == "1" or row["saved_at"] == "":
        return MISSING
    return NOT_SURE if row["not_sure"] == "1" else int(row["score"])


def pairs_of(ratings: list[dict[str, str]], item: str, method: str) -> dict[tuple[str, str, str], dict[str, int | str]]:
    """Answers to both versions of a recording by one rater; hidden repeats form no pairs."""
    pairs: dict[tuple[str, str, str], dict[str, int | str]] = defaultdict(
        lambda: {"original": MISSING, "de-identified": MISSING}
    )
    for row in ratings:
        if row["item"] == item and row["repeat"] == "0" and row["method"] in ("", method):
            pairs[row["rater"], row["participant"], row["recording"]][row["arm"]] = answer(row)
    return pairs


def result(ratings: list[dict[str, str]], item: str, method: str) -> list[object]:
    pairs = pairs_of(ratings, item, method)
    originals = [pair["original"] for pair in pairs.values()]
    others = [pair["de-identified"] for pair in pairs.values()]
    scored = {who: pair for who, pair in pairs.items() if all(isinstance(one, int) for one in pair.values())}
    deviations = [int(pair["original"]) - int(pair["de-identified"]) for pair in scored.values()]
    n = len(deviations)
    shares = [sum(deviations), deviations.count(0), sum(abs(one) <= 1 for one in deviations)]
    return [
        item, method, n, len({who[1] for who in scored}), len({who[0] for who in scored}),
        *(f"{share / n:.6f}" if n else "NA" for share in shares),
        originals.count(NOT_SURE), others.count(NOT_SURE), originals.count(MISSING), others.count(MISSING),
        *(deviations.count(value) for value in range(-4, 5)),
    ]  # fmt: skip


def main() -> None:
    ratings, out = read("ratings.csv"), csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(HEAD)
    for item in read("items.csv"):
        for method in read("methods.csv"):
            out.writerow(result(ratings, item["item"], method["method"]))


if __name__ == "__main__":
    main()
