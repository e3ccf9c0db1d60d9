"""The embedded queue of messages: kombu's folder of files, in which a message appears whole or not at all."""

from pathlib import Path
from time import monotonic_ns
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Kombu opens a message's file and writes into it then: a worker that looks in between takes a message that is
    empty, and dies of it."""

    def _put(self, queue: str, message: Any, **_: Any) -> None:  # type: ignore[override]  # its parents differ
        name = f"{monotonic_ns():020d}_{uuid4()}.{queue}.msg"  # they are taken in the order of their names
        path = Path(self.data_folder_out) / name
        draft = path.with_name(f"{name}.draft")  # no queue's message
        try:
            draft.write_bytes(dumps(message).encode())
            draft.replace(path)
        except OSError as error:
            raise ChannelError(f"the message {name} cannot be put into its queue: {error}") from error


class Transport(filesystem.Transport):
    """What `filesystem://` means in this product."""

    Channel = Channel


def use() -> None:
    """From now on, in this process."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:{Transport.__name__}"
