"""Writing a phantom: the video, its voice and its truth."""

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from deid.algorithms.donors import Donor, DonorFolder
from deid.algorithms.phantom.animate import Phantom
from deid.algorithms.phantom.sound import voice, write_sound
from deid.algorithms.phantom.spec import BadPhantom, PhantomSpec
from deid.algorithms.phantom.truth import Truth
from videoio.frames import Frame
from videoio.write import EncodeSettings, VideoFormat, VideoWriter

SHIPPED = Path(__file__).resolve().parents[2] / "phantoms"
# Amplitude of a pulse of 0.8% in the decoded cheeks, 384 pixels: 0.77% at CRF 12, 0.63% at 17, 0.46% at 23.
ENCODE = EncodeSettings(preset="veryfast", crf=12, more=())


def choose_identity(spec: PhantomSpec, folder: DonorFolder) -> Donor:
    """The wished identity, or one by the seed.

    Raises
    ------
    BadPhantom : the folder has none
    BadDonors : the folder has no such identity
    """
    if not folder.names:
        raise BadPhantom(f"{folder.path} holds no identities: build it anew, or name another folder.")
    if spec.identity is not None:
        return folder.load(spec.identity)
    number = int(np.random.default_rng([spec.seed, 10]).integers(len(folder.names)))
    return folder.load(folder.names[number])


def write_phantom(phantom: Phantom, target: Path, truth: Path | None = None, encode: EncodeSettings = ENCODE) -> Truth:
    """Write the video, and the truth as JSON where a path is given.

    Raises
    ------
    MediaError : the video could not be written; there is no file
    """
    spec = phantom.spec
    rate = Fraction(spec.fps).limit_denominator(1001)
    video = VideoFormat(spec.size, spec.size, 1 / rate, float(rate))
    with tempfile.TemporaryDirectory() as folder:
        sound = None
        if spec.audio:
            sound = Path(folder) / "voice.mkv"
            samples = voice(phantom.script.syllables, spec.n_frames / spec.fps, phantom.identity.sex, spec.seed)
            write_sound(samples, sound)
        with VideoWriter(target, video, sound=sound, encode=encode) as writer:
            for index, picture in enumerate(phantom.frames()):
                writer.write(Frame.from_rgb(index, picture, index, video.time_base))
    if truth is not None:
        phantom.truth.write(truth)
    return phantom.truth
