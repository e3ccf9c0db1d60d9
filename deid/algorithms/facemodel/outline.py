"""The head's outline before a plain backdrop: points for the warp."""

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel import layout
from deid.algorithms.facemodel.layout import Points
from deid.algorithms.facemodel.opencv import cv2

Mask = NDArray[np.bool_]
_STRAND = 13  # pixels of the model; hair thinner than this is no outline


def solid(person: NDArray[np.float32], chin: float) -> Mask:
    """(h, w) the one body of a 0-1 silhouette: holes filled, loose strands taken off; below the row `chin` all that
    lies under an edge, since light clothes look like the backdrop."""
    found = (person > 0.5).astype(np.uint8)
    # The backdrop is what can be reached from the upper corners: light clothes and shine become part of the body.
    padded = cv2.copyMakeBorder(found, 1, 0, 1, 1, cv2.BORDER_CONSTANT, value=0)
    flooded = cv2.floodFill(padded.copy(), None, (0, 0), 2)[1]
    body = (flooded != 2).astype(np.uint8)[1:, 1:-1]
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_STRAND, _STRAND))
    opened = cv2.morphologyEx(body, cv2.MORPH_OPEN, kernel)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return np.zeros(person.shape, np.bool_)
    mask: Mask = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    shoulders = mask[int(chin) :]
    shoulders |= np.maximum.accumulate(shoulders, axis=0)
    return mask


def outline_points(body: Mask, shape: Points) -> Points:
    """(N_OUTLINE, 2) points on the edge of a body in the common frame: the head by rays from between the eyes, the
    neck by rows, the shoulders by columns."""
    middle, chin = shape[layout.BETWEEN_EYES], shape[layout.CHIN]
    width = float(np.linalg.norm(shape[layout.LEFT_SIDE] - shape[layout.RIGHT_SIDE]))
    reach = {angle: (layout.EAR_REACH if abs(angle) > 90 else 2.0) * width for angle in layout.RAYS}
    head = [_last_along(body, middle, angle, reach[angle]) for angle in layout.RAYS]
    neck = [point for below in layout.NECK_ROWS for point in _row_ends(body, chin, chin[1] + below * width, width)]
    columns = [chin[0] + side * beside * width for beside in layout.SHOULDER_COLUMNS for side in (-1, 1)]
    shoulders = [_column_top(body, column, chin[1]) for column in columns]
    return np.array(head + neck + shoulders, dtype=np.float64)


def _last_along(body: Mask, start: Points, angle: float, reach: float) -> tuple[float, float]:
    steps = np.arange(0, reach, 0.5)
    x = start[0] + steps * np.sin(np.radians(angle))
    y = start[1] - steps * np.cos(np.radians(angle))
    inside = (x >= 0) & (x < body.shape[1]) & (y >= 0) & (y < body.shape[0])
    on_body = np.flatnonzero(body[y[inside].astype(int), x[inside].astype(int)])
    last = int(on_body[-1]) if on_body.size else 0
    return float(x[last]), float(y[last])


def _row_ends(body: Mask, chin: Points, row: float, width: float) -> list[tuple[float, float]]:
    """The neck's edges: the run of the body that the middle lies in, at most as wide as the face."""
    line = body[min(int(row), body.shape[0] - 1)]
    ends = []
    for side in (-1, 1):
        steps = np.arange(int(0.6 * width))
        columns = np.clip(chin[0] + side * steps, 0, body.shape[1] - 1).astype(int)
        off = np.flatnonzero(~line[columns])
        ends.append((float(columns[off[0] if off.size else -1]), float(row)))
    return ends


def _column_top(body: Mask, column: float, chin: float) -> tuple[float, float]:
    x = min(max(int(column), 0), body.shape[1] - 1)
    start = min(int(chin), body.shape[0] - 1)
    on_body = np.flatnonzero(body[start:, x])
    return float(column), float(start + (on_body[0] if on_body.size else body.shape[0] - 1 - start))
