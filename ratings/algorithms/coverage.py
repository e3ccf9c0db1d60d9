"""How much of a whole is covered by parts that may overlap."""

from collections.abc import Iterable


def covered(parts: Iterable[tuple[float, float]], whole: float) -> float:
    """Share of 0..`whole` that lies in at least one part (start, stop), 0-1; 0 where the whole is nothing."""
    total, reached = 0.0, 0.0
    for start, stop in sorted(parts):
        start, stop = max(start, reached), min(stop, whole)
        if stop > start:
            total, reached = total + stop - start, stop
    return total / whole if whole > 0 else 0.0
