"""What `/style` shows in the components. Not translated: only those who build pages see it."""

from typing import Any

from django.core.paginator import Paginator
from django.utils import timezone

RUNS = [
    {"state": "covered", "x": 0.0, "width": 40.0, "first": 0, "last": 99},
    {"state": "held", "x": 40.0, "width": 8.0, "first": 100, "last": 119},
    {"state": "covered", "x": 48.0, "width": 22.0, "first": 120, "last": 174},
    {"state": "withheld", "x": 70.0, "width": 10.0, "first": 175, "last": 199},
    {"state": "no_face", "x": 80.0, "width": 8.0, "first": 200, "last": 219},
    {"state": "keep_masked", "x": 88.0, "width": 12.0, "first": 220, "last": 249},
]
BARS = {
    "data": [{"type": "bar", "x": [-1, 0, 1], "y": [12.5, 75.0, 12.5], "name": "3.2 Facial expression (n = 16)"}],
    "layout": {"yaxis": {"title": {"text": "Share of pairs (%)"}}, "margin": {"t": 24}},
}
SAMPLES: dict[str, Any] = {
    "colours": [
        "paper", "ground", "raised", "ink", "quiet", "line", "edge", "accent", "good", "good-ground", "warn",
        "warn-ground", "bad", "bad-ground", "busy", "busy-ground", "covered", "held", "withheld", "no_face",
        "keep_masked",
    ],
    "tones": [
        ("Cancelled", ""), ("Running", "busy"), ("Released", "good"), ("Waits for review", "warn"), ("Failed", "bad"),
    ],
    "runs": RUNS,
    "counts": {"covered": 155, "held": 20, "withheld": 25, "no_face": 20, "keep_masked": 30},
    "bars": BARS,
    "page": Paginator(range(60), 25).page(2),
    "now": timezone.now(),
}  # fmt: skip
