"""The session that tweepy sends through: each call has a connection of its own, and always ends.

tweepy sets no timeout, its hosts are fixed, and a thread can't be cancelled. So the session rewrites the host
before the request is signed, and reports its socket to the `XConnection`, which can shut it while the
thread reads. As each call has a fresh connection, none is found dead only after a request was written to it.
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
    """The session that tweepy calls. It sends to ``api`` instead of tweepy's host, and follows no redirects.

    ``wire`` receives each connection; ``answer`` is the last whole response.
    """

    def __init__(self, api: str, wire: XConnection, *, connect_seconds: float, read_seconds: float) -> None:
        super().__init__()
        self.answer: requests.Response | None = None
        self._api = api
        self._timeout = (connect_seconds, read_seconds)
        self.trust_env = not is_loopback(api)  # for proxies; .netrc has no effect, as every call is signed
        self.verify = os.environ.get("SSL_CERT_FILE") or True  # For Telegram, OpenSSL itself reads it.
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(wire))

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send a request to the same path of the API. The parameters are those that tweepy passes."""
        self.answer = None
        options |= {"timeout": self._timeout, "allow_redirects": False}
        self.answer = super().request(method, self._api + str(url).removeprefix(TWEEPY_HOST), **options)
        return self.answer


class _Adapter(HTTPAdapter):
    """An adapter that reports every connection of its pools to ``wire``."""

    def __init__(self, wire: XConnection) -> None:
        super().__init__(max_retries=0)
        self._wire = wire

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return the base class's pool, which now reports its connections."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        pool.ConnectionCls = _reporting_class(pool.ConnectionCls, self._wire)
        return pool


def _reporting_class(base: Any, wire: XConnection) -> Any:
    class Connection(base):  # type: ignore[misc]  # urllib3's plain class or the one for TLS
        def connect(self) -> None:
            super().connect()
            wire.record_connection(self.sock)

    return Connection
