"""A wire between browser and server that can be slow or cut."""

import socket
import threading
import time
from contextlib import suppress


class Wire:
    """Forwards connections to a port of this machine. `limit` is bytes per second upwards; None for all it can.

    While it is `down`, connections break at once.
    """

    def __init__(self, port: int) -> None:
        self.port, self.limit, self.down = port, None, False
        self.ends: list[socket.socket] = []
        self.lock = threading.Lock()  # a connection that comes while the wire is cut is cut too
        self.entrance = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.entrance.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                browser, _address = self.entrance.accept()
            except OSError:  # closed: the test is over
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                browser.close()
                continue
            with self.lock:
                if self.down:
                    self._shut(browser, server)
                    continue
                self.ends += [browser, server]
            for source, target, upwards in ((browser, server, True), (server, browser, False)):
                threading.Thread(target=self._forward, args=(source, target, upwards), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, upwards: bool) -> None:
        try:
            while piece := source.recv(1 << 16):
                if upwards and self.limit:
                    time.sleep(len(piece) / self.limit)
                target.sendall(piece)
        except OSError:
            pass
        self._shut(source, target)

    def cut(self) -> None:
        """Every connection breaks at once, and none can be made until `mend`."""
        with self.lock:
            self.down = True
            ends, self.ends = self.ends, []
        self._shut(*ends)

    @staticmethod
    def _shut(*ends: socket.socket) -> None:
        for end in ends:
            with suppress(OSError):  # it may have ended by itself meanwhile
                end.shutdown(socket.SHUT_RDWR)  # closing alone tells nobody while another thread waits for it
            end.close()

    def mend(self) -> None:
        self.down = False

    def close(self) -> None:
        self.entrance.close()
        self.cut()
