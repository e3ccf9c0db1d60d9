"""The last encode: versions of one recording become files that only their pictures tell apart."""

import shutil
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
import pytest

from tests.videoio.making import TICK, decoded, make_video, picture, sound, times
from videoio.boxes import boxes, index_hash
from videoio.errors import MediaError
from videoio.lastencode import LAST, LEAST_FILLING, equalise, filling, sound_hash
from videoio.probe import probe
from videoio.read import read_frames
from videoio.write import EncodeSettings, VideoFormat, VideoWriter

SIZE, N = (96, 64), 40
TONE = ("aac", 0.0, 1.2)


def grain(index: int) -> np.ndarray:
    """The second half is another scene of coarse grain: hard to encode, and a cut in the middle."""
    noise = np.random.default_rng(index).integers(0, 256, (8, 12, 1), np.uint8)
    return noise.repeat(8, 0).repeat(8, 1).repeat(3, 2) if index >= N // 2 else picture(index, SIZE)


def version(path: Path, *, hard: bool = False, ticks=tuple(range(0, N * 512, 512)), sounding=TONE, **given) -> Path:
    """A rendition: one encode away from its recording."""
    pictures = [grain(i) if hard else picture(i, given.get("size", SIZE)) for i in range(len(ticks))]
    source = make_video(
        path.with_suffix(".src.mp4"),
        ticks=ticks,
        sound=sounding,
        pictures=pictures,
        metadata={"title": "PD-001"},
        **given,
    )
    with VideoWriter(path, VideoFormat.of(probe(source)), sound=source) as writer:
        for frame in read_frames(source):
            writer.write(frame)
    return path


@pytest.fixture(scope="module")
def group(tmp_path_factory) -> tuple[list[Path], list[Path]]:
    folder = tmp_path_factory.mktemp("group")
    versions = [version(folder / "easy.mp4"), version(folder / "hard.mp4", hard=True)]
    # A copy: the encoder of renditions looks ahead and may give other bytes for the same pictures.
    versions.append(Path(shutil.copy(versions[0], folder / "same.mp4")))
    targets = [folder / f"{number}.mp4" for number in range(3)]
    equalise(versions, targets)
    return versions, targets


def test_files_have_one_size_and_one_index_byte_for_byte(group):
    versions, targets = group
    assert len({path.stat().st_size for path in versions}) > 1, "before they differ"
    assert len({path.stat().st_size for path in targets}) == 1
    layouts = [[(box.path, box.start, box.size) for box in boxes(path)] for path in targets]
    assert layouts[0] == layouts[1] == layouts[2]
    content = next(box for box in boxes(targets[0]) if box.path == "mdat")
    heads = {path.read_bytes()[: content.start + 8] for path in targets}
    assert len(heads) == 1, "all that stands before the pictures is equal"
    assert content.start + content.size == targets[0].stat().st_size, "and nothing comes after them"


def test_players_are_told_equal_samples(group):
    def told(path: Path) -> list[tuple]:
        with av.open(str(path)) as container:
            return [(p.stream.index, p.pts, p.dts, p.size, p.is_keyframe, p.pos) for p in container.demux() if p.size]

    easy, hard, same = (told(path) for path in group[1])
    assert easy == hard == same
    assert len([one for one in easy if one[0] == 0]) == N


def test_a_cut_that_one_version_has_makes_no_key_frame_there(group):
    with av.open(str(group[1][1])) as container:
        keys = [packet.pts for packet in container.demux(video=0) if packet.size and packet.is_keyframe]
    assert keys == [0]


def test_pictures_times_and_sound_are_those_of_the_version(group):
    for source, target in zip(*group, strict=True):
        assert times(target) == times(source)
        assert sound_hash(target) == sound_hash(source) != ""
        assert sound(target)[0] == sound(source)[0]
        for one, two in zip(decoded(source), decoded(target), strict=True):
            assert np.abs(one.to_ndarray().astype(int) - two.to_ndarray()).mean() < 2.0


def test_the_filling_changes_no_picture(group, tmp_path):
    with VideoWriter(tmp_path / "bare.mp4", VideoFormat.of(probe(group[0][0])), encode=LAST) as writer:
        for frame in read_frames(group[0][0]):
            writer.write(frame)
    for one, two in zip(decoded(tmp_path / "bare.mp4"), decoded(group[1][0]), strict=True):
        assert (one.to_ndarray() == two.to_ndarray()).all()


def test_the_same_picture_twice_gives_the_same_file_but_for_its_filling(group):
    easy, _, same = (path.read_bytes() for path in group[1])
    assert len(easy) == len(same)
    pictures = ([sha256(f.to_ndarray().tobytes()).hexdigest() for f in decoded(group[1][number])] for number in (0, 2))
    assert next(pictures) == next(pictures)


def test_nothing_names_the_encoder_the_source_or_a_time(group):
    for path in group[1]:
        content = path.read_bytes()
        assert not [word for word in (b"x264", b"Lavf", b"Lavc", b"PD-001", b"crf") if word in content]
        with av.open(str(path)) as container:
            assert "creation_time" not in {**container.metadata, **container.streams.video[0].metadata}


def test_a_variable_rate_and_a_late_start_are_kept(tmp_path):
    ticks = [600, 1112, 2400, 2801, 4000, 4512, 5024, 10000, 10001, 10700]
    versions = [version(tmp_path / f"{hard}.mp4", hard=hard, ticks=ticks) for hard in (False, True)]
    targets = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    made = equalise(versions, targets)
    assert made.n_frames == len(ticks)
    assert np.diff(times(versions[0])) == pytest.approx(np.diff(ticks) * float(TICK), abs=1e-9)
    assert times(versions[0])[0] > 0.03
    for path in targets:
        assert times(path) == times(versions[0])
    assert index_hash(targets[0]) == index_hash(targets[1]) == made.index


def test_without_sound(tmp_path):
    versions = [version(tmp_path / f"{hard}.mp4", hard=hard, sounding=None) for hard in (False, True)]
    made = equalise(versions, [tmp_path / "a.mp4", tmp_path / "b.mp4"])
    assert sound_hash(tmp_path / "a.mp4") == ""
    assert made.n_bytes == (tmp_path / "b.mp4").stat().st_size


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"ticks": tuple(range(0, (N - 1) * 512, 512))}, "display times .40 pictures and 39 pictures"),
        ({"ticks": (0, 700, *range(1024, N * 512, 512))}, "display times"),
        ({"size": (128, 64)}, "pictures .96x64 and 128x64"),
        ({"sounding": None}, r"sound .\w+ and none"),
        ({"sounding": ("aac", 0.0, 1.0)}, "sound"),
        ({"colour": (2, 1, 1, 1)}, "colour tags"),
    ],
)
def test_versions_that_differ_in_more_than_their_pictures_are_refused(tmp_path, change, told):
    versions = [version(tmp_path / "one.mp4"), version(tmp_path / "two.mp4", **change)]
    targets = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    with pytest.raises(MediaError, match=f"differ in their {told}"):
        equalise(versions, targets)
    assert not any(path.exists() for path in targets)


def test_an_encoder_that_chooses_by_content_is_refused_and_leaves_nothing(group, tmp_path):
    targets = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    with pytest.raises(MediaError, match="ordered the pictures of these versions differently"):
        equalise(group[0][:2], targets, encode=EncodeSettings())
    assert list(tmp_path.iterdir()) == []


def test_who_raises_while_progress_is_told_stops_it_and_nothing_is_left(group, tmp_path):
    def stop(share: float, stage: str) -> None:
        assert (0 <= share <= 1, stage) == (True, "last encode")
        raise InterruptedError

    with pytest.raises(InterruptedError):
        equalise(group[0][:2], [tmp_path / "a.mp4", tmp_path / "b.mp4"], progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_filling_has_exactly_the_size_that_is_asked_for_and_needs_no_escaping():
    """Sizes across several messages: the length of a message is one byte."""
    rng = np.random.default_rng(0)
    for size in (*range(LEAST_FILLING, 1100), 70_001):
        unit = filling(size, rng)
        assert len(unit) == size
        assert int.from_bytes(unit[:4], "big") == size - 4
        assert unit[4] & 31 == 6
        assert 0 not in unit[4:], "so no start code is imitated"
        assert unit[-1] == 0x80
        at = 5
        while at < size - 1:
            assert unit[at] == 5
            assert unit[at + 1] >= 16
            at += 2 + unit[at + 1]
        assert at == size - 1


def test_a_filling_that_is_too_small_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="at least 24 bytes, 23 were asked"):
        filling(LEAST_FILLING - 1, np.random.default_rng(0))


def test_boxes_of_a_cut_file_are_refused(group, tmp_path):
    (tmp_path / "cut.mp4").write_bytes(group[1][0].read_bytes()[:-5])
    with pytest.raises(MediaError, match="no whole MP4 file"):
        boxes(tmp_path / "cut.mp4")
