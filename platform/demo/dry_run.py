"""A dry run: synthetic raters go through a study's real pages, and its analysis must find what was planted in them."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from analysis import queries
from demo.client import Refused
from ratings import key
from ratings.algorithms.synthetic import LEAST, MOST, Planted, SyntheticRater
from ratings.models import Presentation, Study

TOLERATED = 4  # standard errors


class Pages(Protocol):
    """What a synthetic rater needs of a browser."""

    def get(self, path: str) -> Any: ...
    def post_json(self, path: str, data: dict[str, Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Found:
    """One planted number beside what the analysis says."""

    what: str
    planted: float
    found: float
    tolerance: float

    @property
    def holds(self) -> bool:
        return abs(self.found - self.planted) <= self.tolerance

    def __str__(self) -> str:
        verdict = "found" if self.holds else "NOT FOUND"
        return f"{self.what}: planted {self.planted:+.2f}, {verdict} {self.found:+.2f} (± {self.tolerance:.2f})"


def walk(
    study: Study, pages: Pages, rater: SyntheticRater, look: Callable[[str, str], None] = lambda page, address: None
) -> tuple[int, int]:
    """Answer everything that the pages lay before the rater; returns (videos shown, answers saved).

    Answers follow the rater's seed alone: rows' keys differ from run to run, so recordings are counted, and a showing
    is told by its version.
    """
    versions = key.versions_of(study.pk)  # what a real rater sees in the video, a synthetic one has to be told
    shown = dict(Presentation.objects.filter(study=study).values_list("pk", "recording_id"))
    numbers = {recording: number for number, recording in enumerate(sorted({*shown.values()}), start=1)}
    n_shown = n_answers = 0
    _practise(pages)
    while "data-save" in (page := pages.get("/rate/next/?rested").text):
        address = _one(r'data-save="([^"]+)"', page)
        pk = uuid.UUID(_one(r"([0-9a-f-]{36})", address))
        recording, version = numbers[shown[pk]], versions[pk]
        look(page, f"/rate/{pk}/")
        for item in re.findall(r'data-item="([^"]+)"', page):
            score = rater.answer(
                recording=recording, item=item, original=version.is_original, look=f"{version.arm}/{version.repeat}"
            )
            _save(pages, address, item, score)
            n_answers += 1
        n_shown += 1
    return n_shown, n_answers


def _practise(pages: Pages) -> None:
    """Not sure of anything: answers to practice are in no result, but the study waits for them."""
    while "/api/practice/" in (page := pages.get("/rate/next/?rested").text):
        for item in re.findall(r'data-item="([^"]+)"', page):
            _save(pages, _one(r'data-save="([^"]+)"', page), item, None)


def _save(pages: Pages, address: str, item: str, score: int | None) -> None:
    told = {"item": item, "score": score, "not_sure": score is None, "client_id": str(uuid.uuid4()), "replaces": None,
            "reason": "not_visible" if score is None else ""}  # fmt: skip
    saved = pages.post_json(address, told)
    if saved.status_code != 201:
        raise Refused(f"an answer was not saved: {saved.status_code} {saved.text[:200]}")


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if not found:
        raise Refused(f"the page holds nothing like {pattern}")
    return found[1]


def recovered(study: Study, planted: Planted) -> list[Found]:
    """What the analysis of the closed study says, beside what was planted."""
    frame = queries.answers(study)
    return [
        *_biases(study, frame, planted),
        *_agreements(frame, planted),
        *_retests(study, frame, planted),
        *_not_sure(frame, planted),
    ]


def _biases(study: Study, frame: Any, planted: Planted) -> list[Found]:
    """Two looks and two roundings enter a pair; a rater's leniency and opinion cancel."""
    sd = (2 * planted.retest**2 + 2 / 12) ** 0.5
    return [
        Found(f"{result.item.code}, {result.method}: bias", planted.bias, result.deviation.mean,
              TOLERATED * sd / result.deviation.n_pairs**0.5)
        for result in queries.item_results(frame, study)
        if result.deviation.mean is not None
    ]  # fmt: skip


def _agreements(frame: Any, planted: Planted) -> list[Found]:
    """Consistency of raters, ICC(3,1) of Shrout & Fleiss 1979: leniency drops out. Its error by Fisher's formula."""
    true = (MOST - LEAST) ** 2 / 12
    expected = true / (true + planted.noise**2 + planted.retest**2 + 1 / 12)
    n_raters, found = frame["rater"].nunique(), []
    for (code, arm), own in frame[~frame["repeat"]].groupby(["item", "arm"]):
        scores = own.pivot_table(index=["recording", "method"], columns="rater", values="score").dropna()
        if n_raters < 2 or len(scores) <= 10:
            continue
        error = (1 - expected) * (1 + (n_raters - 1) * expected)
        tolerance = TOLERATED * error * (2 / (n_raters * (n_raters - 1) * (len(scores) - 1))) ** 0.5
        found.append(Found(f"{code}, {arm}: agreement", expected, consistency(scores.to_numpy(float)), tolerance))
    return found


def consistency(scores: np.ndarray) -> float:
    """ICC(3,1) of (n, k) scores: n recordings, k raters."""
    n, k = scores.shape
    between = k * scores.mean(axis=1).var(ddof=1)
    rest = scores - scores.mean(axis=1, keepdims=True) - scores.mean(axis=0) + scores.mean()
    within = float((rest**2).sum()) / ((n - 1) * (k - 1))
    return float((between - within) / (between + (k - 1) * within))


def _retests(study: Study, frame: Any, planted: Planted) -> list[Found]:
    expected, found = (2 * planted.retest**2 + 2 / 12) ** 0.5, []
    for code in dict.fromkeys(frame["item"]):
        again = queries.retest(frame, code)
        if again.n_pairs > 10:
            squares = sum(
                n * (value - (again.mean or 0)) ** 2 for value, n in zip(range(-4, 5), again.counts, strict=True)
            )
            sd = (squares / (again.n_pairs - 1)) ** 0.5
            tolerance = TOLERATED * expected / (2 * again.n_pairs) ** 0.5
            found.append(Found(f"{code}: sd of a repeat", expected, sd, tolerance))
    return found


def _not_sure(frame: Any, planted: Planted) -> list[Found]:
    found = []
    for arm, share in (("original", planted.not_sure), ("de-identified", planted.not_sure_deidentified)):
        asked = frame[(frame["arm"] == arm) & frame["saved_at"].notna()]
        tolerance = TOLERATED * (share * (1 - share) / len(asked)) ** 0.5
        found.append(Found(f"{arm}: share not sure", share, float(asked["not_sure"].mean()), tolerance))
    return found
