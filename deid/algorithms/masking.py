"""Masking the heads that a method puts no face on, and telling the certificate which frames these were."""

from collections.abc import Mapping, Sequence
from typing import Any

from deid.algorithms.painting import black_out, patches
from deid.algorithms.plan import Face
from deid.algorithms.regions import Region, box_region, face_region, head_region
from videoio.frames import Frame


def mask_heads(frame: Frame, faces: Sequence[Face], shown: Face | None) -> list[Region]:
    """Black heads; of a swapped face only what lies in the others' faces proper goes with them.

    Returns the places in which nothing of the frame is left.
    """
    size = (frame.width, frame.height)
    region = box_region(shown.box, size) if shown is not None else Region(0, 0, 0, 0)
    kept = [patch.copy() for patch in patches(frame, region)]
    for face in faces:
        black_out(frame, head_region(face.box, size))
    for target, patch in zip(patches(frame, region), kept, strict=True):
        target[:] = patch
    for face in faces:
        black_out(frame, face_region(face.box, size))
    heads = [head_region(face.box, size) for face in faces]
    return [*(head for head in heads if not head.meets(region)), *(face_region(face.box, size) for face in faces)]


def replaced(done: Mapping[int, str]) -> dict[str, Any]:
    """Runs of frames for a method's report: "swapped" (first, last), "masked" (first, last, why).

    `done` holds for each frame "" where the face was replaced, or why its head was masked instead.
    """
    runs = _runs(done)
    return {
        "swapped": [[first, last] for first, last, why in runs if not why],
        "masked": [[first, last, why] for first, last, why in runs if why],
    }


def _runs(done: Mapping[int, str]) -> list[tuple[int, int, str]]:
    """Neighbouring frames with the same word."""
    found: list[tuple[int, int, str]] = []
    for index in sorted(done):
        if found and found[-1][1] == index - 1 and found[-1][2] == done[index]:
            found[-1] = (found[-1][0], index, done[index])
        else:
            found.append((index, index, done[index]))
    return found
