"""Files in sealed chunks: AES-256-GCM, so that any part can be read alone and nothing can be changed, cut or moved.

Layout: 8 bytes magic, 8 random bytes, then chunks of 64 KiB, each with its 16-byte tag. The nonce of a chunk is the
random bytes with the chunk's number. What is authenticated beside the content is the file's name, the chunk's number
and whether it is the last: a moved chunk, a file under another's name, and one that ends too early do not open.
"""

import secrets
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"SMBLGCM1"
PREFIX = 8
HEADER = len(MAGIC) + PREFIX
CHUNK = 64 * 1024
TAG = 16
SEALED = CHUNK + TAG
AT_ONCE = 16  # chunks asked for together: one request to a remote storage gives a megabyte
KEY = 32


class Tampered(Exception):
    """The stored file is not what was stored: changed, cut, moved, or opened with another's key."""


class Bytes(Protocol):
    """Something whose bytes can be read anywhere."""

    @property
    def size(self) -> int: ...

    def read_at(self, start: int, stop: int) -> bytes: ...

    def close(self) -> None: ...


def new_key() -> bytes:
    return secrets.token_bytes(KEY)


def _nonce(prefix: bytes, index: int) -> bytes:
    return prefix + index.to_bytes(4, "big")


def _bound(name: str, index: int, last: bool) -> bytes:
    return MAGIC + index.to_bytes(8, "big") + bytes([last]) + name.encode()


def seal(source: BinaryIO, target: BinaryIO, *, key: bytes, name: str) -> None:
    """Encrypt all of `source` into `target` for the storage name `name`. The key must be this file's own."""
    cipher, prefix, index = AESGCM(key), secrets.token_bytes(PREFIX), 0
    target.write(MAGIC + prefix)
    chunk = _full_read(source)
    while True:
        following = _full_read(source) if len(chunk) == CHUNK else b""
        target.write(cipher.encrypt(_nonce(prefix, index), chunk, _bound(name, index, not following)))
        if not following:
            return
        chunk, index = following, index + 1


def _full_read(source: BinaryIO) -> bytes:
    """A whole chunk, or what is left: streams may give less than was asked for."""
    parts, wanted = [], CHUNK
    while wanted and (part := source.read(wanted)):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)


class Unsealed:
    """The plain content of a sealed file; only the chunks that are asked for are read and opened.

    Raises
    ------
    Tampered : at once where the size or the start is wrong, otherwise when a chunk does not open
    """

    def __init__(self, sealed: Bytes, *, key: bytes, name: str) -> None:
        self._sealed, self._cipher, self._name = sealed, AESGCM(key), name
        body = sealed.size - HEADER
        self._n_chunks = -(-body // SEALED)
        self.size = body - self._n_chunks * TAG
        if body < TAG or (body - 1) % SEALED + 1 < TAG:
            raise Tampered(f"{name} is cut: {sealed.size} bytes are no whole number of chunks")
        header = sealed.read_at(0, HEADER)
        if not header.startswith(MAGIC):
            raise Tampered(f"{name} does not begin as a sealed file does")
        self._prefix = header[len(MAGIC) :]

    def read_at(self, start: int, stop: int) -> bytes:
        return b"".join(self.pieces(start, stop))

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` to `stop` in pieces of up to a megabyte."""
        stop = min(stop, self.size)
        while start < stop:
            first = start // CHUNK
            last = min((stop - 1) // CHUNK, first + AT_ONCE - 1)
            plain = self._open(first, last)
            end = min(stop, (last + 1) * CHUNK)
            yield plain[start - first * CHUNK : end - first * CHUNK]
            start = end

    def _open(self, first: int, last: int) -> bytes:
        sealed = memoryview(self._sealed.read_at(HEADER + first * SEALED, HEADER + (last + 1) * SEALED))
        plain = []
        for index in range(first, last + 1):
            chunk = sealed[(index - first) * SEALED : (index - first + 1) * SEALED]
            bound = _bound(self._name, index, index == self._n_chunks - 1)
            try:
                plain.append(self._cipher.decrypt(_nonce(self._prefix, index), chunk, bound))
            except (InvalidTag, ValueError):
                raise Tampered(f"{self._name}: chunk {index} does not open") from None
        return b"".join(plain)

    def close(self) -> None:
        self._sealed.close()
