"""The channel that prints posts to standard output, to try a configuration or to pipe posts elsewhere."""

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
        """The constant place ``console``, as there is one standard output."""
        return "console"


class ConsoleChannel:
    """A channel that prints each part to standard output, followed by an empty line."""

    kind = "console"
    limits = Limits("plain", 4000, None, "text", 0, 700)
    template = "console.txt.j2"
    Settings = ConsoleSettings

    def __init__(self, name: str, settings: ConsoleSettings, fetch_image: FetchImage) -> None:  # noqa: ARG002
        self.name = name
        self.settings = settings
        self.deadline = 5.0

    def price(self, parts: Sequence[Part]) -> Decimal | None:  # noqa: ARG002  required by the port
        """Return None: printing is free."""
        return None

    def rates(self) -> tuple[Rate, ...]:
        """Return no rate limits."""
        return ()

    def price_of(self, what: PricedCall) -> Decimal | None:  # noqa: ARG002  required by the port
        """Return None: printing is free."""
        return None

    def rates_of(self, what: AmendmentCall) -> tuple[Rate, ...]:  # noqa: ARG002  required by the port
        """Return no rate limits."""
        return ()

    async def open(self) -> None:
        """Do nothing: standard output is open already."""

    async def send(self, part: Part, *, after: Receipt | None, silent: bool = False) -> Receipt:  # noqa: ARG002  printed parts need no reply
        """Print one part and return its receipt."""
        encoding = sys.stdout.encoding or "utf-8"
        text = part.text.encode(encoding, "backslashreplace").decode(encoding)
        failure = None
        try:
            sys.stdout.write(f"{text}\n\n")
            sys.stdout.flush()
        except (OSError, ValueError) as error:  # The disk may be full or the pipe closed.
            failure = OutcomeUnknown(f"standard output: {error}; part of the post may be out")
        if failure:
            raise failure
        return Receipt(0, uuid4().hex)

    async def edit(self, part: Part, receipt: Receipt) -> Receipt:  # noqa: ARG002  required by the port
        """Raise TooLate: printed text can't be edited."""
        raise TooLate("what was printed can't be edited")

    async def delete(self, receipt: Receipt) -> None:  # noqa: ARG002  required by the port
        """Raise TooLate: printed text can't be deleted."""
        raise TooLate("what was printed can't be taken back")

    async def look(
        self,
        sought: Sequence[SoughtPart],  # noqa: ARG002  required by the port
        *,
        since: datetime,  # noqa: ARG002
        mark: str | None,  # noqa: ARG002
        pages: PageFetcher,  # noqa: ARG002
        allowance: ReadAllowance,  # noqa: ARG002
    ) -> SearchResult | None:
        """Return None: printed text can't be searched."""
        return None

    def permalink(self, remote_id: str) -> str | None:  # noqa: ARG002  required by the port
        """Return None: printed text has no address."""
        return None

    async def identify(self) -> Identity:
        """Return the constant identity of this channel."""
        return Identity("newsbot", "standard output")

    async def close(self) -> None:
        """Do nothing: the channel holds no resources."""
