"""What tweepy sends through: one call to any host, on a connection of its own, never without an end.

tweepy sets no timeout, its hosts are fixed, and a thread can't be cancelled: so the session rewrites the
host before the request is signed, and tells the `XConnection` of its socket, to be shut under the
thread that reads. A fresh connection per call also means that none is found dead only after the request was
written to it.
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
    """What tweepy calls: to ``api`` in place of its own host, over ``wire``, without following redirects.

    ``answer`` is the last answer that came whole.
    """

    def __init__(self, api: str, wire: XConnection, *, connect_seconds: float, read_seconds: float) -> None:
        super().__init__()
        self.answer: requests.Response | None = None
        self._api = api
        self._timeout = (connect_seconds, read_seconds)
        self.trust_env = not is_loopback(api)  # proxies; .netrc does not matter, as every call is signed
        self.verify = os.environ.get("SSL_CERT_FILE") or True  # as OpenSSL itself reads it, for Telegram
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(wire))

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]  # tweepy's use of it
        self.answer = None
        options |= {"timeout": self._timeout, "allow_redirects": False}
        self.answer = super().request(method, self._api + str(url).removeprefix(TWEEPY_HOST), **options)
        return self.answer


class _Adapter(HTTPAdapter):
    """Tells the wire of every connection that its pools make."""

    def __init__(self, wire: XConnection) -> None:
        super().__init__(max_retries=0)
        self._wire = wire

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        pool.ConnectionCls = _reporting_class(pool.ConnectionCls, self._wire)
        return pool


def _reporting_class(base: Any, wire: XConnection) -> Any:
    class Connection(base):  # type: ignore[misc]  # urllib3's plain one or the one with TLS
        def connect(self) -> None:
            super().connect()
            wire.opened(self.sock)

    return Connection
