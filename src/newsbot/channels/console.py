"""Posts printed where newsbot runs: for trying a configuration, and for piping elsewhere."""

import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

from newsbot.channels.images import FetchImage
from newsbot.channels.settings import ChannelSettings
from newsbot.errors import OutcomeUnknown, TooLate
from newsbot.model import Limits, Part, Receipt
from newsbot.ports import (
    AmendmentCall,
    Identity,
    PageFetcher,
    PricedCall,
    Rate,
    ReadAllowance,
    SearchResult,
    SoughtPart,
)

__all__ = ["ConsoleChannel", "ConsoleSettings"]


class ConsoleSettings(ChannelSettings):
    """Only what every channel has."""

    @property
    def target(self) -> str:
        return "console"


class ConsoleChannel:
    """Each part goes to standard output, followed by an empty line."""

    kind = "console"
    limits = Limits("plain", 4000, None, "text", 0, 700)
    template = "console.txt.j2"
    Settings = ConsoleSettings

    def __init__(self, name: str, settings: ConsoleSettings, fetch_image: FetchImage) -> None:  # noqa: ARG002  no photos
        self.name = name
        self.settings = settings
        self.deadline = 5.0

    def price(self, parts: Sequence[Part]) -> Decimal | None:  # noqa: ARG002  the port's
        return None

    def rates(self) -> tuple[Rate, ...]:
        return ()

    def price_of(self, what: PricedCall) -> Decimal | None:  # noqa: ARG002  the port's
        return None

    def rates_of(self, what: AmendmentCall) -> tuple[Rate, ...]:  # noqa: ARG002  the port's
        return ()

    async def open(self) -> None:
        """Standard output is."""

    async def send(self, part: Part, *, after: Receipt | None, silent: bool = False) -> Receipt:  # noqa: ARG002  the order is the thread
        encoding = sys.stdout.encoding or "utf-8"
        text = part.text.encode(encoding, "backslashreplace").decode(encoding)
        failure = None
        try:
            sys.stdout.write(f"{text}\n\n")
            sys.stdout.flush()
        except (OSError, ValueError) as error:  # a full disk, a closed pipe
            failure = OutcomeUnknown(f"standard output: {error}; part of the post may be out")
        if failure:
            raise failure
        return Receipt(0, uuid4().hex)

    async def edit(self, part: Part, receipt: Receipt) -> Receipt:  # noqa: ARG002  the port's
        raise TooLate("what was printed can't be edited")

    async def delete(self, receipt: Receipt) -> None:  # noqa: ARG002  the port's
        raise TooLate("what was printed can't be taken back")

    async def look(
        self,
        sought: Sequence[SoughtPart],  # noqa: ARG002  the port's
        *,
        since: datetime,  # noqa: ARG002
        mark: str | None,  # noqa: ARG002
        pages: PageFetcher,  # noqa: ARG002
        allowance: ReadAllowance,  # noqa: ARG002
    ) -> SearchResult | None:
        """What was printed can't be read."""
        return None

    def permalink(self, remote_id: str) -> str | None:  # noqa: ARG002  the port's
        return None

    async def identify(self) -> Identity:
        return Identity("newsbot", "standard output")

    async def close(self) -> None:
        """Nothing is held."""
