"""Settings are understood or refused with a sentence."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import Env, new_key, secret_from_file
from config.storage import s3_options


@pytest.mark.parametrize(("given", "read"), [("true", True), ("1", True), ("false", False), ("0", False), ("", True)])
def test_booleans_are_read(given: str, read: bool):
    assert Env({"FLAG": given}).boolean("FLAG", True) is read


@pytest.mark.parametrize("given", ["yes", "on", "2", "tru"])
def test_a_boolean_that_could_mean_anything_is_refused(given: str):
    with pytest.raises(ImproperlyConfigured, match=f"DEBUG={given}: use true or false"):
        Env({"DEBUG": given}).boolean("DEBUG", False)


@pytest.mark.parametrize("given", ["ten", "0", "101", "1.5"])
def test_a_number_out_of_its_range_is_refused_with_the_range(given: str):
    with pytest.raises(ImproperlyConfigured, match="from 1 to 100"):
        Env({"N": given}).integer("N", 5, least=1, most=100)


@pytest.mark.parametrize(
    ("given", "read"), [("", ["a"]), ("none", []), ("b", ["b"]), (" a , b ", ["a", "b"])]
)  # fmt: skip
def test_some_of_a_list_are_read(given: str, read: list[str]):
    assert Env({"SOME": given}).some_of("SOME", "a", ("a", "b")) == read


def test_an_unknown_word_in_a_list_is_refused_with_the_known_ones():
    with pytest.raises(ImproperlyConfigured, match="MFA_REQUIRED_ROLES has nurse: use none, or some of rater, judge"):
        Env({"MFA_REQUIRED_ROLES": "rater,nurse"}).some_of("MFA_REQUIRED_ROLES", "", ("rater", "judge"))


def test_a_url_of_another_kind_is_refused_without_repeating_its_password():
    with pytest.raises(ImproperlyConfigured, match="postgresql://") as refused:
        Env({"DATABASE_URL": "mysql://root:hunter2@db/x"}).url("DATABASE_URL", "", ("postgres", "postgresql"))
    assert "hunter2" not in str(refused.value)


def test_sqlite_is_refused():
    with pytest.raises(ImproperlyConfigured):
        Env({"DATABASE_URL": "sqlite:///x.db"}).url("DATABASE_URL", "", ("postgres", "postgresql"))


def test_a_required_value_that_is_missing_names_itself():
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        Env({}).text("SECRET_KEY")


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ImproperlyConfigured, match="this is a file"):
        Env({"SEMBLANCE_VAR": str(file)}).folder("SEMBLANCE_VAR", tmp_path)


def test_the_generated_secret_is_kept_and_private(tmp_path: Path):
    path = tmp_path / "var" / "secret_key"
    first = secret_from_file(path)
    assert len(first) >= 50
    assert secret_from_file(path) == first
    assert path.stat().st_mode & 0o077 == 0
    assert list(path.parent.iterdir()) == [path]


def test_an_s3_address_becomes_the_storages_options():
    options = s3_options("s3://faces/site-a?endpoint=http://127.0.0.1:9000&region=eu-central-1")
    assert (options["bucket_name"], options["location"]) == ("faces", "site-a")
    assert (options["endpoint_url"], options["region_name"]) == ("http://127.0.0.1:9000", "eu-central-1")


def test_an_s3_address_with_keys_in_it_is_refused():
    with pytest.raises(ImproperlyConfigured, match="use endpoint and region only"):
        s3_options("s3://faces?secret=abc")


def test_a_master_key_has_32_bytes_in_base64_and_is_never_repeated_in_a_message():
    good = new_key()
    assert Env({"MEDIA_ENCRYPTION_KEY": good}).key("MEDIA_ENCRYPTION_KEY") == good
    assert Env({}).key("MEDIA_ENCRYPTION_KEY") == ""
    for bad, says in (("secret words!", "no base64"), ("c2hvcnQ=", "5 bytes"), (good + "AAAA", "no base64")):
        with pytest.raises(ImproperlyConfigured, match=says) as error:
            Env({"MEDIA_ENCRYPTION_KEY": bad}).key("MEDIA_ENCRYPTION_KEY")
        assert bad not in str(error.value)
        assert "openssl rand -base64 32" in str(error.value)


def test_generated_keys_are_kept_apart_from_other_secrets(tmp_path: Path):
    first = secret_from_file(tmp_path / "media_key", new_key)
    assert Env({"K": first}).key("K") == first == secret_from_file(tmp_path / "media_key", new_key)
    assert (tmp_path / "media_key").stat().st_mode & 0o777 == 0o600
