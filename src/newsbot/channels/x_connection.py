"""The connection of one call to X, which another thread can end at any time."""

import socket
from contextlib import suppress
from threading import Lock

__all__ = ["XConnection"]


class XConnection:
    """The socket of one call to X, which another thread can shut down.

    After `cut` was called, nothing is sent any more, and ``connected`` (whether X was reached) does not
    change.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._cut = False
        self.connected = False

    def record_connection(self, connection: socket.socket) -> None:
        """Store the socket of the call, whose connection is made and whose request may be sent.

        Raises:
            OSError: `cut` has ended the call.
        """
        with self._lock:
            if self._cut:
                raise OSError("the call was over before it was connected")
            self._socket, self.connected = connection, True

    def cut(self) -> None:
        """End the call from another thread, by shutting down the plain socket under TLS.

        The TLS socket itself is left alone, because two threads must not use one TLS socket.
        """
        with self._lock:
            self._cut = True
            if self._socket is not None:
                with suppress(OSError):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
