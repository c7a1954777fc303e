"""The state of the simulated X: account, posts, media and credits, without HTTP."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from newsbot.sandbox.pace import RateWindow, RateWindows
from newsbot.sandbox.x.oauth import Credentials, Nonces

__all__ = ["Credentials", "CreditsDepleted", "Media", "Tweet", "XState"]

Json = dict[str, Any]

_EPOCH_MS = 1_288_834_974_657  # The first millisecond of X's snowflake ids.


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
    """The account's credits do not cover this call."""


@dataclass(slots=True)
class Media:
    """A media upload: ``complete`` once all bytes are there, ``alt`` as set by /2/media/metadata."""

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
        """The media key, as posts refer to it."""
        return f"3_{self.id}" if self.category == "tweet_image" else f"16_{self.id}"


@dataclass(slots=True)
class Tweet:
    """A post: ``text`` as it was sent, ``entities`` as X detected them, with indices in its code points.

    ``price`` is its price in USD.
    """

    id: str
    text: str
    created_at: datetime
    entities: dict[str, list[Json]] = field(default_factory=dict)
    reply_to: str | None = None
    media: tuple[Media, ...] = ()
    price: Decimal = Decimal(0)
    reply_settings: str = "everyone"

    @property
    def links(self) -> list[str]:
        """Every address that became a link."""
        return [each["expanded_url"] for each in self.entities.get("urls", [])]


@dataclass(slots=True)
class XState:
    """The whole state of the simulated X.

    ``tweets`` are the existing posts, oldest first. ``spent`` is by kind of call. ``credits_usd`` None means
    unlimited credits. ``reader`` are read-only keys of the same account, None if there are none.
    ``accept_duplicates`` differs from X: it shows what an unchecked client does. ``timeline_lag`` is the
    number of seconds after which a post shows on its timeline. ``paid_reads`` records which post was paid on
    which UTC day.
    """

    credentials: Credentials = field(default_factory=Credentials)
    reader: Credentials | None = None
    user_id: str = "1000000000000000001"
    username: str = "sandbox"
    name: str = "Sandbox"
    write_access: bool = True
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
        """The sum of all prices charged, in USD."""
        return sum(self.spent.values(), Decimal(0))

    def find_credentials(self, token: str | None) -> Credentials:
        """Return the read-only keys if ``token`` is theirs, else the account's own."""
        return self.reader if self.reader and token == self.reader.access_token else self.credentials

    def can_write(self, token: str | None) -> bool:
        """Return whether the keys of a call, given by their token, may post."""
        return self.write_access and self.find_credentials(token) is not self.reader

    def tweet(self, tweet_id: str) -> Tweet | None:
        """Return the post with this id, or None."""
        return next((tweet for tweet in self.tweets if tweet.id == tweet_id), None)

    def next_id(self, now: datetime) -> str:
        """Return a new snowflake id (milliseconds, then a sequence), always larger than the last."""
        stamp = (int(now.timestamp() * 1000) - _EPOCH_MS) << 22
        self.last_id = max(self.last_id + 1, stamp)
        return str(self.last_id)

    def charge(self, kind: str, times: int = 1) -> Decimal:
        """Charge a call, and return its price. Raises CreditsDepleted if the credits do not suffice."""
        price = self.prices[kind] * times
        if self.credits_usd is not None:
            if price > self.credits_usd:
                raise CreditsDepleted(kind)
            self.credits_usd -= price
        self.spent[kind] = self.spent.get(kind, Decimal(0)) + price
        return price

    def charge_reads(self, ids: Collection[str], now: datetime) -> None:
        """Charge the reads of a page, each post once per UTC day. Raises CreditsDepleted."""
        fresh = {(f"{now:%Y-%m-%d}", each) for each in ids} - self.paid_reads
        self.charge("read", len(fresh))
        self.paid_reads |= fresh
