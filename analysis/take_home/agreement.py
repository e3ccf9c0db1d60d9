"""The numbers of the agreement page, from the files beside this one: `python3 agreement.py`, with numpy and scipy.

The statistics are the platform's own files, which lie under `analysis` here. `--rounds` and `--seed` are those of the
run, as its page tells them; with them every number is the same.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from analysis.algorithms.agreement.item import item_agreement  # noqa: E402 - the files lie beside this one
from analysis.algorithms.agreement.tables import Draw, Tables  # noqa: E402
from analysis.algorithms.deviation import MISSING, NOT_SURE  # noqa: E402


def read(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def code(row: dict[str, str]) -> int:
    """A score, or why there is none. What was answered after a code-break counts as missing."""
    if row["unblinded"] == "1" or row["saved_at"] == "":
        return MISSING
    return NOT_SURE if row["not_sure"] == "1" else int(row["score"])


def table(rows: list[dict[str, str]], raters: list[str], levels: int) -> Tables:
    """By version, showing, recording and rater; places of recordings, participants and raters in their order."""
    recordings = sorted({row["recording"] for row in rows})
    participants = sorted({row["participant"] for row in rows})
    whose = {row["recording"]: participants.index(row["participant"]) for row in rows}
    shape = (2, 2, len(recordings), len(raters))
    codes, places, sessions = np.full(shape, MISSING), np.full(shape, np.nan), np.full(shape, np.nan)
    for row in rows:
        cell = (int(row["arm"] != "original"), int(row["repeat"]), recordings.index(row["recording"]),
                raters.index(row["rater"]))  # fmt: skip
        codes[cell], places[cell], sessions[cell] = code(row), int(row["position"]), int(row["session"])
    return Tables(codes, places, sessions, np.array([whose[name] for name in recordings]), tuple(raters), levels)


def protocol() -> dict[str, float]:
    """Margin and alpha, as they were frozen last."""
    newest = max(HERE.glob("protocol-*.json"), key=lambda path: int(path.stem.partition("-")[2]))
    told: dict[str, float] = json.loads(newest.read_text(encoding="utf-8"))["analysis"]
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    draw, told = Draw(rounds=asked.rounds, seed=asked.seed), protocol()
    ratings, raters = read("ratings.csv"), [row["rater"] for row in read("raters.csv")]
    out = csv.writer(sys.stdout, lineterminator="\n")
    head = None
    for item in read("items.csv"):
        levels = len(item["levels"].split("; "))
        for method in (row["method"] for row in read("methods.csv")):
            own = [row for row in ratings if row["item"] == item["item"] and row["method"] in ("", method)]
            if not own:
                continue
            found = item_agreement(table(own, raters, levels), margin=told["margin"], alpha=told["alpha"], draw=draw)
            for row in found.rows:
                line = {"item": item["item"], "method": method, **asdict(row)}
                if head is None:
                    out.writerow(head := list(line))
                out.writerow(
                    "" if isinstance(each, float) and not np.isfinite(each) else each for each in line.values()
                )


if __name__ == "__main__":
    main()
