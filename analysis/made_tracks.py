"""Measurements of videos that nobody recorded: a phantom's script without its picture. For benches and tests alone."""

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.pair import Pair
from analysis.algorithms.fidelity.tracks import FaceTracks
from deid.algorithms.donors import DonorFolder
from deid.algorithms.phantom.animate import Phantom
from deid.algorithms.phantom.record import choose_identity
from deid.algorithms.phantom.spec import PhantomSpec
from deid.algorithms.phantom.truth import Truth
from faces.mesh import mesh_to_68

Floats = NDArray[np.float64]

SKIN = np.array([150.0, 110.0, 95.0])  # mean colour, 0-255
PULSE_SHARE = np.array([0.4, 1.0, 0.6])  # of the pulse in green, by channel
JITTER, ENCODED = 0.15, 0.05  # pixels, of points in a rendition and in the re-encoded original
N_PORTRAITS = 5


def made_pair(*, seconds: float = 12.0, seed: int = 0, kept: float = 0.8) -> Pair:
    """A trembling, blinking face, its rendition that wears a shipped donor, and its re-encoded original.

    Parameters
    ----------
    kept : share of the movements of mouth and brows that the rendition keeps
    """
    folder = DonorFolder.open()
    spec = PhantomSpec(
        size=384, seconds=seconds, fps=30, seed=seed, task="facial_expression", tremor_hz=5.0, tremor_amplitude=0.015,
        pulse_bpm=72.0,
    )  # fmt: skip
    phantom = Phantom(spec, choose_identity(spec, folder))
    truth, rng = phantom.truth, np.random.default_rng(seed)
    worn = seed % len(folder.names)
    strangers = np.delete(folder.descriptor, worn, axis=0)
    person = folder.descriptor[(worn + 1) % len(folder.names)] + rng.normal(0, 0.03, 128)
    mixed = 0.7 * folder.descriptor[worn] + 0.3 * person
    original = _tracks(truth, person, 0.0, rng)
    return Pair(
        original, _tracks(phantom.with_amplitude(kept).truth, mixed, JITTER, rng), _tracks(truth, person, ENCODED, rng),
        strangers={"descriptors": strangers, "periocular": strangers, "head": strangers},
        donor=folder.descriptor[worn], states=("covered",) * original.n_frames,
    )  # fmt: skip


def _tracks(truth: Truth, person: Floats, jitter: float, rng: np.random.Generator) -> FaceTracks:
    n = len(truth.time)
    points = mesh_to_68(truth.points) + rng.normal(0, jitter, (n, 68, 2)) if jitter else mesh_to_68(truth.points)
    colour = SKIN * (1 + truth.pulse[:, None] * PULSE_SHARE) + rng.normal(0, 0.05, (n, 3))
    mesh = np.concatenate([truth.points, np.zeros((n, truth.points.shape[1], 1))], axis=2).astype(np.float32)
    low, high = points.min(axis=1), points.max(axis=1)
    return FaceTracks(
        times=truth.time, size=(384, 384), mesh=mesh, points=points, ear=truth.ear + rng.normal(0, jitter / 50, (n, 2)),
        mesh_ear=truth.ear, descriptors=_described(n, 10, person, rng), pose=_body(n, jitter, rng),
        skin=np.repeat(colour[:, None], 4, axis=1), box=np.concatenate([low, high - low], axis=1),
        variants={name: _described(n, 20, person, rng) for name in ("periocular", "head")}, models="made up",
    )  # fmt: skip


def _described(n: int, every: int, person: Floats, rng: np.random.Generator) -> Floats:
    """A descriptor of every so-manieth frame: rows for these frames only."""
    return person + rng.normal(0, 0.02, (len(range(0, n, every)), 128))


def _body(n: int, jitter: float, rng: np.random.Generator) -> Floats:
    """(n, 33, 3) joints of somebody who sits still, looked for in every third frame."""
    joints = np.random.default_rng(0).uniform(40, 344, (33, 2))
    found = np.full((n, 33, 3), np.nan)
    found[::3, :, :2] = joints + rng.normal(0, 8 * jitter, (len(found[::3]), 33, 2))
    found[::3, :, 2] = 0.99
    return found
