"""Keys of stored files: one for each file, wrapped by the master key, removed with their participant."""

import base64
import binascii
import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from cohorts.encryption import KEY, new_key
from cohorts.models import Cohort, Participant, StoredFile

NONCE = 12


class Shredded(FileNotFoundError):
    """The key of this file is destroyed: nobody can read it any more."""


class UnknownMaster(RuntimeError):
    """The key of this file is wrapped by a master key that was not given."""


def decode_master(text: str) -> bytes:
    """The 32 bytes of a master key in base64; ValueError says what is wrong without repeating it."""
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("it is no base64") from None
    if len(key) != KEY:
        raise ValueError(f"it holds {len(key)} bytes, {KEY} are needed")
    return key


def encrypting() -> bool:
    return bool(settings.MEDIA_ENCRYPTION_KEY)


def fingerprint(master: bytes) -> str:
    return hashlib.sha256(b"semblance master key" + master).hexdigest()[:16]


def _masters() -> dict[str, bytes]:
    """The master keys that are known, the current one first."""
    given = [settings.MEDIA_ENCRYPTION_KEY, settings.MEDIA_ENCRYPTION_KEY_OLD]
    return {fingerprint(key): key for key in (decode_master(text) for text in given if text)}


def known_masters() -> set[str]:
    """Fingerprints of the master keys that are given."""
    return set(_masters())


def _wrap(key: bytes, name: str) -> tuple[bytes, str]:
    mark, master = next(iter(_masters().items()))
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(master).encrypt(nonce, key, name.encode()), mark


def _unwrap(entry: StoredFile) -> bytes:
    master = _masters().get(entry.master)
    if master is None:
        raise UnknownMaster(
            f"the key of {entry.name} is wrapped by the master key {entry.master}, which is not given: set it as "
            "MEDIA_ENCRYPTION_KEY, or as MEDIA_ENCRYPTION_KEY_OLD beside a new one"
        )
    wrapped = bytes(entry.wrapped_key)
    try:
        return AESGCM(master).decrypt(wrapped[:NONCE], wrapped[NONCE:], entry.name.encode())
    except InvalidTag:
        raise Shredded(f"the key of {entry.name} does not open: it was changed") from None


@transaction.atomic
def register(name: str, participant: Participant | None) -> bytes | None:
    """Note a file before it is written; returns the key to seal it with, or None where media are kept plain."""
    if participant is not None:
        validate_not_withdrawn(lock(participant))
    entry = StoredFile(name=name, participant=participant, encrypted=encrypting())
    key = None
    if entry.encrypted:
        key = new_key()
        entry.wrapped_key, entry.master = _wrap(key, name)
    entry.full_clean()
    entry.save(force_insert=True)
    return key


@transaction.atomic
def give_to(name: str, participant: Participant) -> None:
    """A file that came in before its participant was known is the participant's from now on."""
    validate_not_withdrawn(lock(participant))
    StoredFile.objects.filter(name=name).update(participant=participant)


def key_of(name: str) -> bytes | None:
    """The key of a file; None where it is kept plain.

    Raises
    ------
    Shredded : the file was encrypted and its key is gone
    """
    entry = StoredFile.objects.filter(name=name).first()
    if entry is None or not entry.encrypted:
        return None
    if not entry.wrapped_key:
        raise Shredded(f"the key of {name} is destroyed")
    return _unwrap(entry)


def lock(participant: Participant) -> Participant:
    """The participant's row, held to the end of the transaction: what is written about them waits for a withdrawal."""
    return Participant.objects.select_for_update(of=("self",), no_key=True).get(pk=participant.pk)


def validate_not_withdrawn(participant: Participant) -> None:
    if participant.withdrawn_at is not None:
        raise ValidationError(
            _("%(code)s has withdrawn: nothing of this participant is taken in or made any more.")
            % {"code": participant.code},
            code="withdrawn",
        )


def validate_may_be_taken(cohort: Cohort, code: str) -> None:
    """Nothing comes in any more of a participant who withdrew."""
    participant = Participant.objects.filter(cohort=cohort, code=code).first()
    if participant is not None:
        validate_not_withdrawn(participant)


def shred(names: list[str]) -> int:
    """Destroy the keys of files; what is encrypted with them is noise from here on. Returns how many there were."""
    return StoredFile.objects.filter(name__in=names).exclude(wrapped_key=b"").update(wrapped_key=b"", master="")


@transaction.atomic
def rotate() -> tuple[int, int]:
    """Wrap every key anew by the current master key. Returns (wrapped anew, left because their master is unknown)."""
    current = next(iter(_masters()))
    n_done = n_left = 0
    for entry in StoredFile.objects.select_for_update().exclude(wrapped_key=b"").exclude(master=current):
        try:
            entry.wrapped_key, entry.master = _wrap(_unwrap(entry), entry.name)
        except UnknownMaster:
            n_left += 1
            continue
        entry.save(update_fields=["wrapped_key", "master"])
        n_done += 1
    return n_done, n_left
