"""Secrets that are shown once and kept as a hash."""

import hashlib
import secrets

N_BYTES = 32


def new_secret(prefix: str = "") -> tuple[str, str]:
    """A random secret and the hash to keep of it."""
    secret = prefix + secrets.token_urlsafe(N_BYTES)
    return secret, hash_of(secret)


def hash_of(secret: str) -> str:
    """Of 256 random bits: a plain hash cannot be turned back, and equal hashes are found by an index."""
    return hashlib.sha256(secret.encode()).hexdigest()
