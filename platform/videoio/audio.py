"""Carries the sound of the source into the output while the picture is written: copied where MP4 players take it."""

from collections.abc import Iterator
from pathlib import Path

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer

from videoio.container import translated
from videoio.errors import MediaError

COPIED = {"aac", "mp3", "opus", "flac"}  # what MP4 holds and browsers play
AAC_RATES = {96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}
AAC_BIT_RATE = 128_000  # per channel; far above what speech needs, so that re-encoding is not heard
MP3_MIN_RATE = 16_000  # the MP4 muxer refuses MPEG-2.5 layer 3
AHEAD_S = 0.5  # the sound is written at most this far ahead of the picture


def audio_stream(container: InputContainer) -> AudioStream | None:
    """The first audio track that can be decoded."""
    return next((track for track in container.streams.audio if track.codec_context is not None), None)


def codec_name(stream: AudioStream) -> str:
    """The format's name ("mp3"), whichever decoder reads it ("mp3float")."""
    return stream.codec_context.codec.canonical_name


class AudioRelay:
    """Moves one audio track from an open input to an open output, a little ahead of the picture.

    Levels are never changed: hypophonia is scored on loudness.

    Parameters
    ----------
    source : opened for the sound alone
    output : opened for writing; this adds a stream to it
    shift_s : added to every time, seconds
    """

    def __init__(self, path: Path, source: InputContainer, output: OutputContainer, shift_s: float = 0.0) -> None:
        stream = audio_stream(source)
        if stream is None:
            raise MediaError("no_audio", f"{path.name} holds no sound that can be carried over.")
        self._path, self._source, self._input, self._output = path, source, stream, output
        self._shift_s = shift_s
        copied = codec_name(stream) in COPIED and not (
            codec_name(stream) == "mp3" and stream.codec_context.sample_rate < MP3_MIN_RATE
        )
        self._packets = self._copied() if copied else self._encoded()
        self._next: av.Packet | None = None
        self._target = output.add_stream_from_template(stream) if copied else _aac(output, stream)
        self._target.metadata.clear()

    def write_until(self, seconds: float | None) -> None:
        """Write the sound up to a time of the output, or all that is left."""
        with translated(self._path, "read for its sound"):
            while True:
                if self._next is None:
                    self._next = next(self._packets, None)
                if self._next is None or (seconds is not None and _time_of(self._next) > seconds + AHEAD_S):
                    return
                self._output.mux(self._next)
                self._next = None

    def _copied(self) -> Iterator[av.Packet]:
        for packet in self._source.demux(self._input):
            if packet.size == 0 or packet.dts is None or packet.is_discard:  # before the source's edit list: not heard
                continue
            shift = round(self._shift_s / packet.time_base) if self._shift_s and packet.time_base else 0
            packet.dts += shift
            packet.pts = packet.dts if packet.pts is None else packet.pts + shift
            packet.stream = self._target
            yield packet

    def _encoded(self) -> Iterator[av.Packet]:
        context = self._target.codec_context
        resampler = AudioResampler(format=context.format, layout=context.layout, rate=context.sample_rate)
        for frame in self._source.decode(self._input):
            if frame.pts is not None and frame.time_base and self._shift_s:
                frame.pts += round(self._shift_s / frame.time_base)
            for part in resampler.resample(frame):
                yield from self._target.encode(part)
        for part in resampler.resample(None):
            yield from self._target.encode(part)
        yield from self._target.encode(None)


def _aac(output: OutputContainer, stream: AudioStream) -> AudioStream:
    given = stream.codec_context
    rate = given.sample_rate if given.sample_rate in AAC_RATES else 48000
    channels = given.layout.nb_channels
    layout = given.layout.name if channels <= 2 else "stereo"
    target = output.add_stream("aac", rate=rate, layout="mono" if channels == 1 else layout)
    context: AudioCodecContext = target.codec_context
    context.bit_rate = AAC_BIT_RATE * min(channels, 2)
    context.flags |= av.codec.context.Flags.bitexact
    return target


def _time_of(packet: av.Packet) -> float:
    if packet.dts is None or not packet.time_base:
        return float("-inf")
    return float(packet.dts * packet.time_base)
