"""The state of the simulated X without HTTP: account, posts, media and credits.

The module also checks a request's signature, time and nonce as OAuth 1.0a (RFC 5849) demands.
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha1
from typing import Any
from urllib.parse import quote, unquote

from newsbot.sandbox.calls import RateWindow, RateWindows

__all__ = [
    "Credentials",
    "CreditsDepleted",
    "InvalidSignature",
    "Media",
    "Nonces",
    "Tweet",
    "XState",
    "compute_signature",
    "parse_header",
    "verify_signature",
]

# ---------------------------------------------------------------- OAuth signatures of requests to X

_SKEW = 300.0
_PAIR = re.compile(r'\s*([A-Za-z_]+)="([^"]*)"\s*')


class InvalidSignature(Exception):  # noqa: N818  The name describes the request.
    """The error that the signature of a request to X is invalid.

    The error's text says why, but only the sandbox's record of calls shows this text: X answers
    "Unauthorized".
    """


@dataclass(frozen=True, slots=True)
class Credentials:
    """The four OAuth strings of an app and its user; the defaults are valid only in the sandbox."""

    consumer_key: str = "sandbox-consumer-key"
    consumer_secret: str = "sandbox-consumer-secret"  # noqa: S105
    access_token: str = "1-sandbox-access-token"  # noqa: S105
    access_token_secret: str = "sandbox-access-token-secret"  # noqa: S105


@dataclass(slots=True)
class Nonces:
    """The combinations (token, timestamp, nonce) that requests already used, by which a repeated request is
    refused: RFC 5849, section 3.3.
    """

    used: set[tuple[str, str, str]] = field(default_factory=set)

    def add_nonce(self, token: str, timestamp: str, nonce: str) -> None:
        """Record a request's token, timestamp and nonce; raise InvalidSignature if an earlier request had the
        same three.
        """
        if (token, timestamp, nonce) in self.used:
            raise InvalidSignature("the nonce was used before")
        self.used.add((token, timestamp, nonce))


def parse_header(header: str) -> dict[str, str]:
    """Return the decoded ``oauth_*`` values of a request's Authorization header.

    Raises:
        InvalidSignature: the header is not an OAuth header.
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
    """Return the HMAC-SHA1 of a request's method, URL and parameters (RFC 5849, 3.4.1 and 3.4.2)."""
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
    """Check a request's OAuth signature.

    ``url`` has no query or default port. ``parameters`` are the parameters in the request's query and form
    body.

    Raises:
        InvalidSignature: the keys, the time or the signature is wrong, or the nonce was used before.
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


# ---------------------------------------------------------------- the simulated X account

Json = dict[str, Any]

# X allows an edit only this long after a post, https://docs.x.com/x-api/fundamentals/edit-posts
_EDITABLE = timedelta(minutes=30)
_EPOCH_MS = 1_288_834_974_657  # X's ids contain a time in milliseconds since this Unix time.


def _default_rates() -> dict[str, RateWindow | None]:
    quarter, day = 900.0, 86_400.0
    return {
        "POST /2/tweets": RateWindow(100, quarter),
        "POST /2/tweets per day": RateWindow(10_000, day),
        "DELETE /2/tweets/:id": RateWindow(50, quarter),
        "POST /2/media/upload": RateWindow(500, quarter),
        "POST /2/media/metadata": RateWindow(500, quarter),
        "GET /2/tweets/:id": RateWindow(900, quarter),
        "GET /2/users/me": RateWindow(75, quarter),
        "GET /2/users/:id/tweets": RateWindow(900, quarter),
    }


def _default_prices() -> dict[str, Decimal]:
    return {
        "post": Decimal("0.015"),
        "post with url": Decimal("0.200"),
        "delete": Decimal("0.010"),
        "metadata": Decimal("0.005"),
        "read": Decimal("0.001"),
    }


class CreditsDepleted(Exception):  # noqa: N818  This is X's term.
    """The error that the simulated X account has no credits left."""


@dataclass(slots=True)
class Media:
    """A file uploaded to X; ``complete`` says that all its bytes have arrived, ``alt`` is its alt text."""

    id: str
    category: str
    kind: str
    data: bytes = field(default=b"", repr=False)
    total: int = 0
    segments: dict[int, bytes] = field(default_factory=dict, repr=False)
    complete: bool = False
    alt: str | None = None

    @property
    def key(self) -> str:
        """Return the media key by which posts refer to this uploaded file."""
        return f"3_{self.id}" if self.category == "tweet_image" else f"16_{self.id}"


@dataclass(slots=True)
class Tweet:
    """A post on the simulated X.

    ``text`` is as it was sent; ``entities`` are as X detects them, with indices in the text's code points.
    ``price`` is what the post cost in USD. ``previous`` is the version before the last edit.
    """

    id: str
    text: str
    created_at: datetime
    entities: dict[str, list[Json]] = field(default_factory=dict)
    reply_to: str | None = None
    media: tuple[Media, ...] = ()
    price: Decimal = Decimal(0)
    reply_settings: str = "everyone"
    previous: "Tweet | None" = None

    @property
    def history(self) -> list[str]:
        """Return the ids of all versions of the post, oldest first."""
        return [*(self.previous.history if self.previous else ()), self.id]

    @property
    def editable_until(self) -> datetime:
        """Return the time until which the post may be edited: 30 minutes after its first version."""
        return self.previous.editable_until if self.previous else self.created_at + _EDITABLE

    @property
    def links(self) -> list[str]:
        """Return every URL in the post's text that X made a link."""
        return [each["expanded_url"] for each in self.entities.get("urls", [])]


@dataclass(slots=True)
class XState:
    """The whole state of the simulated X.

    ``tweets`` are the existing posts, oldest first. ``spent`` are the prices charged, in USD by kind of call.
    If ``credits_usd`` is None, credits are unlimited. ``premium`` says that the account may edit posts.
    ``reader`` are read-only keys of the same account, None if there are none. ``accept_duplicates`` makes the
    sandbox accept the same text twice, which X refuses: it shows what an unchecked client does.
    ``timeline_lag`` is the number of seconds after which a new post appears on its timeline. ``paid_reads``
    are the pairs of a UTC day and a post whose reads on that day are paid.
    """

    credentials: Credentials = field(default_factory=Credentials)
    reader: Credentials | None = None
    user_id: str = "1000000000000000001"
    username: str = "sandbox"
    name: str = "Sandbox"
    write_access: bool = True
    premium: bool = False
    credits_usd: Decimal | None = None
    length_limit: int = 280
    accept_duplicates: bool = False
    timeline_lag: float = 0.0
    rates: dict[str, RateWindow | None] = field(default_factory=_default_rates)
    prices: dict[str, Decimal] = field(default_factory=_default_prices)
    windows: RateWindows = field(default_factory=RateWindows)
    nonces: Nonces = field(default_factory=Nonces)
    tweets: list[Tweet] = field(default_factory=list)
    deleted: list[Tweet] = field(default_factory=list)
    media: dict[str, Media] = field(default_factory=dict)
    spent: dict[str, Decimal] = field(default_factory=dict)
    paid_reads: set[tuple[str, str]] = field(default_factory=set)
    last_id: int = 0

    @property
    def spend_usd(self) -> Decimal:
        """Return the sum of all prices charged to the account, in USD."""
        return sum(self.spent.values(), Decimal(0))

    def find_credentials(self, token: str | None) -> Credentials:
        """Return the account's read-only keys if ``token`` is their access token, else the writing keys."""
        return self.reader if self.reader and token == self.reader.access_token else self.credentials

    def can_write(self, token: str | None) -> bool:
        """Return whether the keys with the access token ``token`` may post."""
        return self.write_access and self.find_credentials(token) is not self.reader

    def tweet(self, tweet_id: str) -> Tweet | None:
        """Return the latest version of the post that has a version with this id; None if there is none."""
        return next((tweet for tweet in self.tweets if tweet_id in tweet.history), None)

    def next_id(self, now: datetime) -> str:
        """Return a new id as X makes them (milliseconds, then a sequence number), larger than the last id."""
        stamp = (int(now.timestamp() * 1000) - _EPOCH_MS) << 22
        self.last_id = max(self.last_id + 1, stamp)
        return str(self.last_id)

    def charge(self, kind: str, times: int = 1) -> Decimal:
        """Charge the account ``times`` times the price of a call of this kind; return the amount.

        The last call that X allows may make the balance negative.

        Raises:
            CreditsDepleted: The account has no credits left.
        """
        price = self.prices[kind] * times
        if self.credits_usd is not None:
            if price and self.credits_usd <= 0:
                raise CreditsDepleted(kind)
            self.credits_usd -= price
        self.spent[kind] = self.spent.get(kind, Decimal(0)) + price
        return price

    def charge_reads(self, ids: Collection[str], now: datetime) -> None:
        """Charge the account for reading posts, once for each post and UTC day.

        Raises:
            CreditsDepleted: The account has no credits left.
        """
        fresh = {(f"{now:%Y-%m-%d}", each) for each in ids} - self.paid_reads
        self.charge("read", len(fresh))
        self.paid_reads |= fresh
