"""The session through which tweepy sends: each call has a connection of its own, and always ends.

tweepy sets no timeout, its hosts are fixed, and a thread can't be cancelled. So the session rewrites the host
before the request is signed, and reports its socket to the `XConnection`, which can shut the socket down
while the thread reads. Each call has a new connection, because an old connection may turn out to be dead only
after a request was written to it.
"""

import os
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from newsbot.channels.settings import is_loopback
from newsbot.channels.x_connection import XConnection

__all__ = ["Session"]

TWEEPY_HOST = "https://api.twitter.com"


class Session(requests.Session):
    """The session of one call that tweepy makes, which sends to ``api`` and not to tweepy's own host.

    The session follows no redirects. It reports each connection to ``wire``. ``answer`` is the last whole
    response, or None.
    """

    def __init__(self, api: str, wire: XConnection, *, connect_seconds: float, read_seconds: float) -> None:
        super().__init__()
        self.answer: requests.Response | None = None
        self._api = api
        self._timeout = (connect_seconds, read_seconds)
        # The session uses the proxies that environment variables name. The file .netrc has no effect, because
        # every call is signed.
        self.trust_env = not is_loopback(api)
        # The library requests does not read the variable SSL_CERT_FILE by itself.
        self.verify = os.environ.get("SSL_CERT_FILE") or True
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(wire))

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send tweepy's request to the same path of the configured API, with tweepy's parameters."""
        self.answer = None
        options |= {"timeout": self._timeout, "allow_redirects": False}
        self.answer = super().request(method, self._api + str(url).removeprefix(TWEEPY_HOST), **options)
        return self.answer


class _Adapter(HTTPAdapter):
    """The adapter by which a session connects; it reports each new connection to the call's `XConnection`."""

    def __init__(self, wire: XConnection) -> None:
        super().__init__(max_retries=0)
        self._wire = wire

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return the base class's pool of connections, changed to report each new connection."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        pool.ConnectionCls = _reporting_class(pool.ConnectionCls, self._wire)
        return pool


def _reporting_class(base: Any, wire: XConnection) -> Any:
    class Connection(base):  # type: ignore[misc]  # urllib3's plain class or the one for TLS
        def connect(self) -> None:
            super().connect()
            wire.record_connection(self.sock)

    return Connection
