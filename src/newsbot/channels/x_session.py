"""The session through which tweepy sends: each call has a connection of its own, and always ends.

tweepy sets no timeout, its hosts are fixed, and a thread can't be cancelled. So the session rewrites the host
before the request is signed, and reports its socket to the `XConnection` of the call, which can shut the
socket down while the thread reads. Each call has a new connection, because an old connection may turn out to
be dead only after a request was written to it.
"""

import os
import socket
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from newsbot.channels.settings import is_loopback

__all__ = ["Session"]

TWEEPY_HOST = "https://api.twitter.com"


class Session(requests.Session):
    """The session of one call that tweepy makes, which sends to ``api`` and not to tweepy's own host.

    The call may take ``seconds``, and follows no redirects. ``connected`` gets the socket of each connection.
    ``answer`` is the last whole response, or None.
    """

    def __init__(self, api: str, connected: Callable[[socket.socket], None], seconds: float) -> None:
        super().__init__()
        self.answer: requests.Response | None = None
        self._api = api
        # An attempt to connect may take half of the call's time, so that X's second network address can be
        # tried too.
        self._timeout = (seconds / 2, seconds)
        # The session uses the proxies that environment variables name. The file .netrc has no effect, because
        # every call is signed.
        self.trust_env = not is_loopback(api)
        # The library requests does not read the variable SSL_CERT_FILE by itself.
        self.verify = os.environ.get("SSL_CERT_FILE") or True
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(connected))

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send tweepy's request to the same path of the configured API, with tweepy's parameters."""
        self.answer = None
        options |= {"timeout": self._timeout, "allow_redirects": False}
        self.answer = super().request(method, self._api + str(url).removeprefix(TWEEPY_HOST), **options)
        return self.answer


class _Adapter(HTTPAdapter):
    """The adapter by which a session connects; it calls ``connected`` with the socket of each connection."""

    def __init__(self, connected: Callable[[socket.socket], None]) -> None:
        super().__init__(max_retries=0)
        self._connected = connected

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return the base class's pool of connections, changed to report each new connection."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        connected = self._connected

        class Connection(pool.ConnectionCls):  # type: ignore[misc]  # urllib3's plain class or the one for TLS
            def connect(self) -> None:
                super().connect()
                connected(self.sock)

        pool.ConnectionCls = Connection
        return pool
