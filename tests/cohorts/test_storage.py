"""Media in a storage that is not a folder (S3, say) still reach libraries that want a path."""

import io

import pytest
from django.core.files.storage import default_storage

from cohorts import storage

pytestmark = pytest.mark.django_db


@pytest.fixture
def remote(settings):
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}


def test_a_remote_file_gets_a_path_for_as_long_as_it_is_needed(remote, settings):
    name = storage.store(io.BytesIO(b"content"))
    with storage.local_copy(name) as path:
        assert path.read_bytes() == b"content"
        assert path.is_relative_to(settings.WORK_FOLDER)
    assert not path.exists()


def test_a_local_file_is_used_where_it_lies(media):
    name = storage.store(io.BytesIO(b"content"))
    with storage.local_copy(name) as path:
        assert path.is_relative_to(media)
    assert path.exists()


def test_names_tell_nothing_and_never_collide():
    names = {storage.random_name() for _ in range(1000)}
    assert len(names) == 1000
    assert all(len(name) == 43 for name in names)


def test_removing_twice_is_no_error():
    name = storage.store(io.BytesIO(b"content"))
    storage.remove(name)
    storage.remove(name)
    storage.remove("")
    assert not default_storage.exists(name)
