"""The connection of one call, which can be ended from outside at any time."""

import socket
from contextlib import suppress
from threading import Lock

__all__ = ["XConnection"]


class XConnection:
    """The socket of one call. ``connected`` is final once the wire was cut: nothing is sent after that."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._cut = False
        self.connected = False

    def opened(self, connection: socket.socket) -> None:
        """A connection stands, and the request may go; raises OSError if the call is over already."""
        with self._lock:
            if self._cut:
                raise OSError("the call was over before it was connected")
            self._socket, self.connected = connection, True

    def cut(self) -> None:
        """End the call. Shut is the plain socket: the one for TLS is not made for two threads."""
        with self._lock:
            self._cut = True
            if self._socket is not None:
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
