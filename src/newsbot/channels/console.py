"""The channel that prints posts to standard output, to try a configuration or to pipe posts elsewhere."""

import sys
from uuid import uuid4

from newsbot.channels.settings import ChannelSettings
from newsbot.composing.markup import PLAIN
from newsbot.composing.measures import count_characters
from newsbot.errors import OutcomeUnknown, TooLate
from newsbot.model import Part, Receipt
from newsbot.ports import Capabilities, Channel, FetchImage, Identity
from newsbot.reasons import PlatformCode

__all__ = ["ConsoleChannel", "ConsoleSettings"]


class ConsoleSettings(ChannelSettings):
    """The settings of a console channel: only the keys that every kind of channel has."""

    @property
    def target(self) -> str:
        """Return the name of the place that posts go to: always ``console``, the only standard output."""
        return "console"


class ConsoleChannel(Channel):
    """A channel that prints each part (message) of a post to standard output, followed by an empty line."""

    kind = "console"
    capabilities = Capabilities(measure=count_characters, markup=PLAIN, text=4000, threads=True, summary=700)
    template = "console.txt.j2"
    Settings = ConsoleSettings

    def __init__(self, name: str, settings: ConsoleSettings, fetch_image: FetchImage) -> None:  # noqa: ARG002
        self.name = name
        self.settings = settings

    async def send(
        self,
        part: Part,
        *,
        after: Receipt | None,  # noqa: ARG002  A printed part needs no reply.
        silent: bool = False,  # noqa: ARG002
        key: str = "",  # noqa: ARG002
    ) -> Receipt:
        """Print one part (message) of a post to standard output; return a receipt (proof of sending) with a
        random id.
        """
        encoding = sys.stdout.encoding or "utf-8"
        text = part.text.encode(encoding, "backslashreplace").decode(encoding)
        failure = None
        try:
            sys.stdout.write(f"{text}\n\n")
            sys.stdout.flush()
        # The error means that the disk is full, or that the program that reads the output has ended.
        except (OSError, ValueError) as error:
            failure = OutcomeUnknown(PlatformCode.OUTPUT_FAILED(words=error))
        if failure:
            raise failure
        return Receipt(0, uuid4().hex)

    async def edit(self, part: Part, receipt: Receipt) -> Receipt:  # noqa: ARG002  The port `Channel` has this parameter.
        """Raise TooLate, because printed text can't be edited."""
        raise TooLate(PlatformCode.PRINTED_NOT_EDITABLE())

    async def delete(self, receipt: Receipt) -> None:  # noqa: ARG002  The port `Channel` has this parameter.
        """Raise TooLate, because printed text can't be deleted."""
        raise TooLate(PlatformCode.PRINTED_NOT_REMOVABLE())

    async def identify(self) -> Identity:
        """Return a constant in place of an account's name, because standard output has no account to ask."""
        return Identity("newsbot", "standard output")
