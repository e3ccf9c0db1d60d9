"""The embedded queue, with a reader that looks at every moment at which a writer may be stopped."""

from pathlib import Path

import pytest
from kombu import Connection, Queue
from kombu.exceptions import ChannelError

from config import folder_queue

QUEUE = Queue("cpu", routing_key="cpu")


def queue_in(folder: Path, out: str = "messages") -> Connection:
    folder_queue.use()
    (folder / "messages").mkdir()
    options = {"data_folder_in": folder / "messages", "data_folder_out": folder / out, "control_folder": folder / "c"}
    return Connection("filesystem://", transport_options=options)


@pytest.fixture
def connection(tmp_path: Path):
    with queue_in(tmp_path) as made:
        yield made


def taken(connection: Connection) -> object:
    message = QUEUE(connection.channel()).get(no_ack=True)
    return None if message is None else message.payload


def send(connection: Connection, told: object) -> None:
    connection.Producer().publish(told, routing_key="cpu", declare=[QUEUE(connection.channel())])


def test_messages_come_in_their_order_and_once(connection):
    for number in range(5):
        send(connection, {"number": number})
    assert [taken(connection) for _ in range(6)] == [*({"number": number} for number in range(5)), None]


@pytest.mark.parametrize("moment", ["write_bytes", "replace"])
def test_who_looks_while_a_message_is_being_written_finds_none(connection, tmp_path, monkeypatch, moment):
    """Kombu's own way is the other: there an open file is a message."""
    real, found = getattr(Path, moment), []

    def slow(path: Path, argument: object) -> object:
        if path.suffix == ".draft":
            path.touch()
            found.append(taken(connection))
        return real(path, argument)

    monkeypatch.setattr(Path, moment, slow)
    send(connection, {"number": 1})
    assert found == [None]
    assert taken(connection) == {"number": 1}
    assert not list((tmp_path / "messages").iterdir())


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with queue_in(tmp_path, out="gone") as connection, pytest.raises(ChannelError, match="cannot be put into"):
        send(connection, {"number": 1})
