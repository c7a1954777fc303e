"""X's account, posts, media and money as a stand-in has them; no HTTP."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from newsbot.sandbox.pace import RateWindow, RateWindows
from newsbot.sandbox.x.oauth import Credentials, Nonces

__all__ = ["Credentials", "CreditsDepleted", "Media", "Tweet", "XState"]

Json = dict[str, Any]

_EPOCH_MS = 1_288_834_974_657  # the first millisecond of a snowflake id


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


class CreditsDepleted(Exception):  # noqa: N818  X's word for it
    """The account can't pay for this call."""


@dataclass(slots=True)
class Media:
    """``complete`` once all bytes are here; ``alt`` as set by /2/media/metadata."""

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
        return f"3_{self.id}" if self.category == "tweet_image" else f"16_{self.id}"


@dataclass(slots=True)
class Tweet:
    """``text`` as it was posted; ``entities`` is what X made of it, indices in code points of ``text``.

    ``price`` is what it cost, in USD.
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
    """``tweets`` stand, oldest first; ``spent`` goes by kind of call; ``credits_usd`` None: no end.

    ``reader`` are keys of the same account that may only read, None: there are none.
    ``accept_duplicates`` is not X's way: it shows what a client does that nobody stops. ``timeline_lag``:
    seconds after which a post shows on its timeline. ``paid_reads``: which post was paid on which UTC day.
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
        return sum(self.spent.values(), Decimal(0))

    def find_credentials(self, token: str | None) -> Credentials:
        """Those that a call says it is signed with; ours where it names none that is known."""
        return self.reader if self.reader and token == self.reader.access_token else self.credentials

    def can_write(self, token: str | None) -> bool:
        """With the tokens that a call is signed with."""
        return self.write_access and self.find_credentials(token) is not self.reader

    def tweet(self, tweet_id: str) -> Tweet | None:
        return next((tweet for tweet in self.tweets if tweet.id == tweet_id), None)

    def next_id(self, now: datetime) -> str:
        """A snowflake: milliseconds, then a sequence; always larger than the one before."""
        stamp = (int(now.timestamp() * 1000) - _EPOCH_MS) << 22
        self.last_id = max(self.last_id + 1, stamp)
        return str(self.last_id)

    def charge(self, kind: str, times: int = 1) -> Decimal:
        """Book a call and return its price. Raises OutOfCredits where the credits don't reach."""
        price = self.prices[kind] * times
        if self.credits_usd is not None:
            if price > self.credits_usd:
                raise CreditsDepleted(kind)
            self.credits_usd -= price
        self.spent[kind] = self.spent.get(kind, Decimal(0)) + price
        return price

    def charge_reads(self, ids: Collection[str], now: datetime) -> None:
        """Book the reads of a page, each post once in a UTC day. Raises OutOfCredits."""
        fresh = {(f"{now:%Y-%m-%d}", each) for each in ids} - self.paid_reads
        self.charge("read", len(fresh))
        self.paid_reads |= fresh
