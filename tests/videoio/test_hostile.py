"""Scripts and playlists: nothing they point at is read or called."""

from pathlib import Path

import pytest

from tests.videoio.making import make_video
from videoio.errors import MediaError
from videoio.probe import probe
from videoio.read import read_frames

SCRIPTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{target}'\n",
    "plain_concat": "file '{target}'\n",
    "dash": '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
    '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1"><BaseURL>{target}</BaseURL>'
    "</Representation></AdaptationSet></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
}


@pytest.mark.parametrize("kind", SCRIPTS)
@pytest.mark.parametrize("name", ["clip.mp4", "clip.m3u8", "clip.mpd", "clip.ffconcat"])
def test_a_script_is_refused_and_nothing_is_called(tmp_path, listener, kind, name):
    port, calls = listener
    script = tmp_path / name
    script.write_text(SCRIPTS[kind].format(target=f"http://127.0.0.1:{port}/a.ts", port=port))
    with pytest.raises(MediaError) as caught:
        probe(script)
    assert caught.value.code == "playlist"
    with pytest.raises(MediaError):
        list(read_frames(script))
    assert calls == []


@pytest.mark.parametrize("kind", ["hls", "concat", "plain_concat", "dash"])
def test_a_script_cannot_bring_in_another_local_file(tmp_path, kind):
    secret = make_video(tmp_path / "secret.mp4")
    script = tmp_path / "clip.mp4"
    for target in (secret.name, str(secret), f"file:{secret}"):
        script.write_text(SCRIPTS[kind].format(target=target, port=9))
        with pytest.raises(MediaError) as caught:
            probe(script)
        assert "points at other files" in str(caught.value)


def test_a_name_is_never_read_as_a_protocol(tmp_path, listener):
    port, calls = listener
    secret = make_video(tmp_path / "secret.mp4")
    for name in (
        f"http://127.0.0.1:{port}/a.mp4",
        f"concat:{secret}|{secret}",
        f"file:{secret}",
        f"subfile,,:{secret}",
    ):
        with pytest.raises(MediaError) as caught:
            probe(Path(name))
        assert caught.value.code == "missing"
    assert calls == []


def test_external_references_of_quicktime_are_not_followed(tmp_path):
    """A `url ` data reference turned into an `alis`-like one: the samples must come from this file or not at all."""
    secret = make_video(tmp_path / "secret.mp4")
    data = bytearray(secret.read_bytes())
    at = data.index(b"url ")
    assert data[at + 7] == 1  # flag 1: the samples are in this file
    data[at + 7] = 0  # now in another file, whose name is missing
    outside = tmp_path / "outside.mov"
    outside.write_bytes(data)
    try:
        info = probe(outside)
    except MediaError:
        return
    assert info.n_frames == 30  # read from the file itself, nothing else exists to read
