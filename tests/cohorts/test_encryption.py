"""Files at rest: whole, in parts, and in every way somebody could meddle with them."""

import io
import secrets
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import RequestFactory

from cohorts import keys, media, storage
from cohorts.encryption import CHUNK, HEADER, SEALED, TAG, Tampered, Unsealed, new_key, seal
from cohorts.models import StoredFile
from config.env import new_key as new_master
from tests.factories import ParticipantFactory, RecordingFactory
from tests.links import body

SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 40 * CHUNK + 17]


class InMemory:
    """Sealed bytes that note which of them were read."""

    def __init__(self, content: bytes) -> None:
        self.content, self.size, self.read = content, len(content), 0

    def read_at(self, start: int, stop: int) -> bytes:
        self.read += len(self.content[start:stop])
        return self.content[start:stop]

    def close(self) -> None:
        pass


def sealed(content: bytes, *, key: bytes, name: str = "ab/cd") -> bytes:
    target = io.BytesIO()
    seal(io.BytesIO(content), target, key=key, name=name)
    return target.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_back_whole_and_in_parts(size: int):
    content, key = secrets.token_bytes(size), new_key()
    box = sealed(content, key=key)
    opened = Unsealed(InMemory(box), key=key, name="ab/cd")
    assert opened.size == size
    assert opened.read_at(0, size) == content
    for start in {0, 1, CHUNK - 1, CHUNK, size // 2, max(size - 1, 0)}:
        for length in (0, 1, 100, CHUNK, 2 * CHUNK + 1, size):
            assert opened.read_at(start, start + length) == content[start : start + length]


def test_two_seals_of_one_content_share_nothing():
    content, key = bytes(1000), new_key()
    first, second = sealed(content, key=key), sealed(content, key=key)
    assert first[HEADER:] != second[HEADER:]
    assert bytes(32) not in first


def test_a_part_is_read_without_the_rest():
    content, key = secrets.token_bytes(100 * CHUNK), new_key()
    source = InMemory(sealed(content, key=key))
    opened = Unsealed(source, key=key, name="ab/cd")
    assert opened.read_at(50 * CHUNK + 5, 50 * CHUNK + 15) == content[50 * CHUNK + 5 : 50 * CHUNK + 15]
    assert source.read <= HEADER + SEALED


def tampered(box: bytes) -> dict[str, bytes]:
    """One file of each kind of meddling; it has four chunks."""
    chunk = [box[HEADER + i * SEALED : HEADER + (i + 1) * SEALED] for i in range(4)]
    flipped = {f"bit flipped at {at}": box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :] for at in (0, 9, HEADER, 70_000)}
    return flipped | {
        "last byte cut": box[:-1],
        "cut within a chunk": box[: HEADER + 2 * SEALED + 500],
        "cut after a chunk": box[: HEADER + 3 * SEALED],
        "cut to the header": box[:HEADER],
        "empty": b"",
        "cut below a tag": box[: HEADER + SEALED + TAG - 1],
        "chunks swapped": box[:HEADER] + chunk[1] + chunk[0] + chunk[2] + chunk[3],
        "a chunk twice": box[:HEADER] + chunk[0] + chunk[0] + chunk[1] + chunk[2] + chunk[3],
        "a chunk left out": box[:HEADER] + chunk[0] + chunk[2] + chunk[3],
        "the last chunk moved up": box[:HEADER] + chunk[0] + chunk[3],
        "something behind": box + b"x",
        "a whole file behind": box + box[HEADER:],
    }


def opens(box: bytes, key: bytes) -> bool:
    try:
        opened = Unsealed(InMemory(box), key=key, name="ab/cd")
        opened.read_at(0, opened.size)
    except Tampered:
        return False
    return True


def test_whatever_was_changed_cut_or_moved_does_not_open():
    key = new_key()
    box = sealed(secrets.token_bytes(3 * CHUNK + 100), key=key)
    cases = tampered(box)
    assert len(cases) == 16
    for what, changed in cases.items():
        assert not opens(changed, key), what
    assert opens(box, key)


def test_a_file_does_not_open_under_anothers_name_or_key():
    key = new_key()
    box = sealed(b"a face", key=key, name="ab/cd")
    for other_key, name in ((key, "ab/ce"), (new_key(), "ab/cd")):
        with pytest.raises(Tampered):
            Unsealed(InMemory(box), key=other_key, name=name).read_at(0, 6)


# --- in the storage

pytestmark = pytest.mark.django_db


def test_nothing_of_the_content_lies_on_the_disk(encrypted: str, media: Path, settings):
    content = b"a face that must not be found " * 5000
    name = storage.store(io.BytesIO(content))
    files = [path for folder in (media, settings.WORK_FOLDER) for path in folder.rglob("*") if path.is_file()]
    assert [path.relative_to(media) for path in files] == [Path(name)]
    assert b"a face" not in files[0].read_bytes()
    opened = storage.open_media(name)
    assert opened.read_at(0, opened.size) == content


def test_a_library_gets_a_plain_path_for_as_long_as_it_needs_one(encrypted: str, settings, media: Path):
    name = storage.store(io.BytesIO(b"content"))
    with storage.local_copy(name) as path:
        assert path.read_bytes() == b"content"
        assert path.is_relative_to(settings.WORK_FOLDER)
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert not list(settings.WORK_FOLDER.iterdir())


def test_each_file_has_a_key_of_its_own_which_is_never_stored_bare(encrypted: str):
    participant = ParticipantFactory()
    names = [storage.store(io.BytesIO(b"x"), participant=participant) for _ in range(3)]
    found = {keys.key_of(name) for name in names}
    assert len(found) == 3
    assert all(StoredFile.objects.get(name=name).participant == participant for name in names)
    assert not any(key in bytes(entry.wrapped_key) for key in found for entry in StoredFile.objects.all())


def test_files_swapped_in_the_storage_do_not_open(encrypted: str, media: Path):
    first, second = (storage.store(io.BytesIO(bytes([i]) * 500)) for i in (1, 2))
    one, two = (media / first).read_bytes(), (media / second).read_bytes()
    (media / first).write_bytes(two)
    (media / second).write_bytes(one)
    for name in (first, second):
        with pytest.raises(Tampered):
            storage.open_media(name).read_at(0, 500)


def test_keys_swapped_in_the_database_do_not_open(encrypted: str):
    first, second = (storage.store(io.BytesIO(b"x" * 500)) for _ in range(2))
    other = StoredFile.objects.get(name=second)
    StoredFile.objects.filter(name=first).update(wrapped_key=other.wrapped_key)
    with pytest.raises(keys.Shredded):
        storage.open_media(first)


def test_a_tampered_video_is_an_error_before_the_first_byte_is_sent(encrypted: str, media: Path):
    from cohorts import media as serving

    recording = RecordingFactory()
    path = media / recording.storage_name
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    request = RequestFactory().get("/")
    with pytest.raises(Tampered):
        serving.serve(request, storage_name=recording.storage_name, n_bytes=recording.n_bytes)


def test_a_shorter_file_under_a_longer_rows_name_is_refused(media: Path):
    from cohorts import media as serving

    recording = RecordingFactory()
    (media / recording.storage_name).write_bytes(b"short")
    with pytest.raises(Tampered, match="holds 5 bytes, 900 were stored"):
        serving.serve(RequestFactory().get("/"), storage_name=recording.storage_name, n_bytes=recording.n_bytes)


def test_files_from_before_the_setting_stay_readable(settings):
    name = storage.store(io.BytesIO(b"plain"))
    settings.MEDIA_ENCRYPTION_KEY = new_master()
    assert storage.open_media(name).read_at(0, 5) == b"plain"


def test_an_encrypted_file_whose_row_is_gone_is_never_served_as_if_it_were_plain(encrypted: str, media: Path):
    recording = RecordingFactory()
    StoredFile.objects.filter(name=recording.storage_name).delete()
    with pytest.raises(Tampered):
        body(served(recording))


def served(recording):
    return media.serve(RequestFactory().get("/"), storage_name=recording.storage_name, n_bytes=recording.n_bytes)


# --- rotation of the master key


def test_after_a_rotation_the_old_master_opens_nothing_and_the_new_one_all(encrypted: str, settings, capsys):
    recordings = RecordingFactory.create_batch(3)
    contents = [body(served(recording)) for recording in recordings]
    settings.MEDIA_ENCRYPTION_KEY, settings.MEDIA_ENCRYPTION_KEY_OLD = new_master(), encrypted
    assert [body(served(recording)) for recording in recordings] == contents, "both masters open while both are given"
    call_command("rotate_media_key")
    assert "3 keys are wrapped anew" in capsys.readouterr().out
    settings.MEDIA_ENCRYPTION_KEY_OLD = ""
    assert [body(served(recording)) for recording in recordings] == contents
    settings.MEDIA_ENCRYPTION_KEY = encrypted
    for recording in recordings:
        with pytest.raises(keys.UnknownMaster, match="MEDIA_ENCRYPTION_KEY_OLD beside a new one"):
            served(recording)


def test_a_rotation_without_the_old_key_says_what_is_missing(encrypted: str, settings):
    RecordingFactory()
    settings.MEDIA_ENCRYPTION_KEY = new_master()
    with pytest.raises(CommandError, match="1 keys are wrapped by a master key that was not given") as error:
        call_command("rotate_media_key")
    assert error.value.returncode == 1


def test_a_rotation_without_any_key_is_refused():
    with pytest.raises(CommandError, match="is not set"):
        call_command("rotate_media_key")
