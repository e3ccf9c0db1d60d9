"""Files brought to one size still play."""

import pytest

from tests.videoio.making import decoded, make_video
from videoio.errors import MediaError
from videoio.pad import pad_mp4


@pytest.mark.parametrize("more", [0, 8, 9, 5000])
def test_a_padded_file_has_the_size_and_still_decodes(tmp_path, more):
    path = make_video(tmp_path / "a.mp4")
    size = path.stat().st_size + more
    pad_mp4(path, size)
    assert path.stat().st_size == size
    assert len(decoded(path)) == 30


@pytest.mark.parametrize("more", [-1, 1, 7])
def test_sizes_that_no_box_can_fill_are_refused(tmp_path, more):
    path = make_video(tmp_path / "a.mp4")
    before = path.read_bytes()
    with pytest.raises(MediaError, match="cannot be padded"):
        pad_mp4(path, len(before) + more)
    assert path.read_bytes() == before


def test_only_mp4_can_be_padded(tmp_path):
    (tmp_path / "a.txt").write_text("no video at all")
    with pytest.raises(MediaError, match="not an MP4"):
        pad_mp4(tmp_path / "a.txt", 1000)
