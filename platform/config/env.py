"""Reading settings from the environment: a value is either understood or refused with a sentence."""

import base64
import binascii
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

KEY_BYTES = 32
_TRUE, _FALSE = ("true", "1"), ("false", "0")


class Env:
    """Typed look-ups in a mapping of environment variables."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values

    def text(self, name: str, default: str | None = None) -> str:
        """The value as it is; required when there is no default.

        NAME_FILE may name a file that holds it instead, as containers hand secrets over.
        """
        value = self._values.get(name, "").strip() or self._from_file(name)
        if value:
            return value
        if default is None:
            raise ImproperlyConfigured(f"{name} is not set: set it in the environment (see docs/settings.md)")
        return default

    def _from_file(self, name: str) -> str:
        path = self._values.get(f"{name}_FILE", "").strip()
        try:
            return Path(path).read_text().strip() if path else ""
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE={path} cannot be read: {error.strerror}") from None

    def boolean(self, name: str, default: bool) -> bool:
        value = self.text(name, str(default)).lower()
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
        raise ImproperlyConfigured(f"{name}={value}: use true or false")

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        value = self.text(name, str(default))
        try:
            number = int(value)
        except ValueError:
            raise ImproperlyConfigured(f"{name}={value}: use a whole number from {least} to {most}") from None
        if not least <= number <= most:
            raise ImproperlyConfigured(f"{name}={value}: use a whole number from {least} to {most}")
        return number

    def names(self, name: str, default: str = "") -> list[str]:
        """A comma-separated list without blanks."""
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise ImproperlyConfigured(f"{name}={value}: use one of {', '.join(allowed)}")
        return value

    def some_of(self, name: str, default: str, allowed: tuple[str, ...]) -> list[str]:
        """A comma-separated list of known words; "none" for an empty one where the default is not."""
        given = [word for word in self.names(name, default) if word != "none"]
        if unknown := [word for word in given if word not in allowed]:
            raise ImproperlyConfigured(f"{name} has {', '.join(unknown)}: use none, or some of {', '.join(allowed)}")
        return given

    def folder(self, name: str, default: Path) -> Path:
        path = Path(self.text(name, str(default))).expanduser()
        if path.exists() and not path.is_dir():
            raise ImproperlyConfigured(f"{name}={path}: this is a file, name a folder")
        return path.resolve()

    def key(self, name: str, default: str = "") -> str:
        """A key of 32 bytes in base64; the value itself is never repeated."""
        value = self.text(name, default)
        try:
            n_bytes = len(base64.b64decode(value, validate=True))
        except binascii.Error:
            n_bytes = -1
        if value and n_bytes != KEY_BYTES:
            given = "no base64" if n_bytes < 0 else f"{n_bytes} bytes"
            raise ImproperlyConfigured(
                f"{name} holds {given}: give {KEY_BYTES} random bytes in base64, as made by openssl rand -base64 32"
            )
        return value

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        value = self.text(name, default)
        scheme = urlsplit(value).scheme
        if scheme not in schemes:
            # The value may hold a password: only its scheme is repeated.
            given = f"{scheme}://..." if scheme else "no scheme"
            raise ImproperlyConfigured(f"{name} has {given}: use a URL that starts with {', '.join(schemes)}://")
        return value


def new_secret() -> str:
    """A secret for signatures."""
    return secrets.token_urlsafe(50)


def new_key() -> str:
    """A key for `Env.key`."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def secret_from_file(path: Path, make: Callable[[], str] = new_secret) -> str:
    """A secret kept in a file that only its owner reads; made on first use, by one process even if several start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        if not path.exists():
            draft.touch(mode=0o600)
            draft.write_text(make())
            # A hard link fails where the name is taken: the first process wins, the others read its secret.
            os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
    return path.read_text().strip()
