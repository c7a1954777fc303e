"""OAuth 1.0a (RFC 5849) on the server: checks of a request's signature, time and nonce."""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha1
from urllib.parse import quote, unquote

__all__ = [
    "Credentials",
    "InvalidSignature",
    "Nonces",
    "compute_signature",
    "parse_header",
    "verify_signature",
]

_SKEW = 300.0
_PAIR = re.compile(r'\s*([A-Za-z_]+)="([^"]*)"\s*')


class InvalidSignature(Exception):  # noqa: N818  The name describes the request.
    """The reason why a signature is invalid. It is for the journal; X itself only answers "Unauthorized"."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The four strings of an app and its user. The defaults are valid only in the sandbox."""

    consumer_key: str = "sandbox-consumer-key"
    consumer_secret: str = "sandbox-consumer-secret"  # noqa: S105
    access_token: str = "1-sandbox-access-token"  # noqa: S105
    access_token_secret: str = "sandbox-access-token-secret"  # noqa: S105


@dataclass(slots=True)
class Nonces:
    """The (token, timestamp, nonce) combinations already used, RFC 5849 section 3.3."""

    used: set[tuple[str, str, str]] = field(default_factory=set)

    def add_nonce(self, token: str, timestamp: str, nonce: str) -> None:
        """Record a combination. Raises InvalidSignature if it was used before."""
        if (token, timestamp, nonce) in self.used:
            raise InvalidSignature("the nonce was used before")
        self.used.add((token, timestamp, nonce))


def parse_header(header: str) -> dict[str, str]:
    """Return the decoded ``oauth_*`` values of an Authorization header.

    Raises:
        InvalidSignature: the header is not OAuth's.
    """
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        raise InvalidSignature("no OAuth header")
    pairs = [_PAIR.fullmatch(piece) for piece in rest.split(",")]
    if not all(pairs):
        raise InvalidSignature("the OAuth header is broken")
    return {unquote(pair[1]): unquote(pair[2]) for pair in pairs if pair}


def compute_signature(
    method: str, url: str, parameters: Iterable[tuple[str, str]], credentials: Credentials
) -> str:
    """Compute the HMAC-SHA1 over method, base URL and all parameters but the signature (3.4.1 and 3.4.2)."""
    encoded = sorted((_percent_encode(name), _percent_encode(value)) for name, value in parameters)
    normalized = "&".join(f"{name}={value}" for name, value in encoded)
    base = "&".join(_percent_encode(piece) for piece in (method.upper(), url, normalized))
    key = f"{_percent_encode(credentials.consumer_secret)}&{_percent_encode(credentials.access_token_secret)}"
    return b64encode(hmac.digest(key.encode(), base.encode(), sha1)).decode()


def verify_signature(
    method: str,
    url: str,
    parameters: Iterable[tuple[str, str]],
    oauth: dict[str, str],
    credentials: Credentials,
    nonces: Nonces,
    now: float,
) -> None:
    """Check a request's signature.

    ``url`` has no query or default port. ``parameters`` are those of the query and of a form body.

    Raises:
        InvalidSignature: wrong keys or time, a used nonce, or no valid signature.
    """
    expected = {"oauth_consumer_key": credentials.consumer_key, "oauth_token": credentials.access_token}
    expected |= {"oauth_signature_method": "HMAC-SHA1"}
    for name, value in expected.items():
        if oauth.get(name) != value:
            raise InvalidSignature(f"{name} is not ours")
    if oauth.get("oauth_version", "1.0") != "1.0":
        raise InvalidSignature("oauth_version is not 1.0")
    timestamp, nonce = oauth.get("oauth_timestamp", ""), oauth.get("oauth_nonce", "")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > _SKEW:
        raise InvalidSignature("oauth_timestamp is not of now")
    signed = [(k, v) for k, v in oauth.items() if k not in {"oauth_signature", "realm"}] + list(parameters)
    if not hmac.compare_digest(
        compute_signature(method, url, signed, credentials).encode(),
        oauth.get("oauth_signature", "").encode(),
    ):
        raise InvalidSignature("the signature does not match")
    if not nonce:
        raise InvalidSignature("no oauth_nonce")
    nonces.add_nonce(oauth["oauth_token"], timestamp, nonce)


def _percent_encode(text: str) -> str:
    return quote(text, safe="-._~")
