"""Every failure newsbot knows, one class per decision a caller can take.

::

    NewsbotError                      one clear line for a person
    ├── ConfigError                   config.yaml or a template is wrong; carries every Mistake
    ├── UsageError                    a command names something that is not there or can't be done now
    │   └── InvalidTransition         the post is no longer in the state that the move starts from
    │       └── VoteRefused           an approval does not count
    ├── SourceError                   a source gave nothing usable this time; try again later
    │   ├── FetchError                the bytes could not be had
    │   │   └── ForbiddenAddress      the guard refused the address or the scheme
    │   └── ParseError                the bytes are not what they should be
    ├── ReadError                     an article has no body that could be read
    ├── ComposeError                  a template failed, or a post can't be made to fit
    ├── SendError                     how a call to a platform ended; exactly one of:
    │   ├── NotSent                   surely not sent: try again later
    │   │   ├── RateLimited           surely not sent: not before retry_after
    │   │   ├── MediaRefused          surely not sent: send it again without its photo
    │   │   └── ChannelRefused        surely not sent, and nothing else will be: pause the channel
    │   │       └── OutOfCredits      the account has to be paid up first: look again, but rarely
    │   ├── Refused                   this post is refused for good: failed
    │   │   ├── Duplicate             the platform says that this text is out already
    │   │   ├── MessageGone           what was to be edited is not there any more
    │   │   └── TooLate               it is out too long to be edited or deleted, or never could be
    │   └── OutcomeUnknown            nothing proves either: unknown, never sent again by itself
    ├── ListenError                   the address to listen on is taken or not this machine's
    └── LedgerError                   the database can't be used
        ├── LedgerBusy                locked by another for too long
        ├── LedgerGone                the SQLite file was taken away or replaced, or is damaged
        ├── SlotTaken                 another post has taken the slot meanwhile: plan again
        ├── LedgerTooNew              written by a newer version
        └── LedgerTaken               another service runs on this SQLite file
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = [
    "ChannelRefused",
    "ComposeError",
    "ConfigError",
    "Duplicate",
    "FetchError",
    "ForbiddenAddress",
    "InvalidTransition",
    "LedgerBusy",
    "LedgerError",
    "LedgerGone",
    "LedgerTaken",
    "LedgerTooNew",
    "ListenError",
    "MediaRefused",
    "MessageGone",
    "Mistake",
    "NewsbotError",
    "NotSent",
    "OutOfCredits",
    "OutcomeUnknown",
    "ParseError",
    "RateLimited",
    "ReadError",
    "Refused",
    "SendError",
    "SlotTaken",
    "SourceError",
    "TooLate",
    "UsageError",
    "VoteRefused",
]


class NewsbotError(Exception):
    """The root. ``str(error)`` is one line: what, where, how to mend it; never a secret.

    ``code`` is the short word that programs see in JSON (``{code, message}``).
    """

    code = "error"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in what the newsroom wrote: ``line`` is 1-based, ``key`` a dotted path."""

    file: str
    line: int | None
    key: str
    message: str
    mend: str = ""

    def __str__(self) -> str:
        """``config.yaml:12: channels.x-main.kind: what is wrong. How to mend it.``"""
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        return f"{where}:{key} {self.message}" + (f" {self.mend}" if self.mend else "")


class ConfigError(NewsbotError):
    """All mistakes at once, in the order of the file."""

    code = "config"

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


class UsageError(NewsbotError):
    code = "usage"


class AlreadyPosted(UsageError):  # noqa: N818  says what happened
    """``post_ids`` are the article's posts that are out, or wait."""

    def __init__(self, message: str, post_ids: tuple[str, ...]) -> None:
        super().__init__(message)
        self.post_ids = post_ids


class InvalidTransition(UsageError):  # noqa: N818  the word the design uses
    code = "state"


class VoteRefused(InvalidTransition):
    """``why`` it does not count: the post is approved already (``done``) or by this person (``again``), was
    ``changed`` since they looked, or is their ``own edit``. ``by`` are those whose votes count, the last of
    them ``at`` then.
    """

    def __init__(
        self,
        message: str,
        why: Literal["done", "again", "changed", "own edit"],
        by: tuple[str, ...] = (),
        at: datetime | None = None,
    ) -> None:
        super().__init__(message)
        self.why = why
        self.by = by
        self.at = at


class SourceError(NewsbotError):
    code = "source"


class FetchError(SourceError):
    """``status`` is the HTTP status where there was an answer."""

    code = "fetch"

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class ForbiddenAddress(FetchError):  # noqa: N818  says what happened
    code = "forbidden-address"


class ParseError(SourceError):
    code = "parse"


class ReadError(NewsbotError):
    code = "read"


class ComposeError(NewsbotError):
    code = "compose"


class SendError(NewsbotError):
    """How a call ended. Messages carry the platform's own words, redacted, and what to do about it."""

    code = "send"


class NotSent(SendError):  # noqa: N818  a decision, not a noun
    code = "not-sent"


class RateLimited(NotSent):
    """``retry_after`` in seconds; ``key`` is the pace key that it is about (None: the channel's own)."""

    code = "rate-limited"

    def __init__(self, message: str, *, retry_after: float, key: str | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.key = key


class MediaRefused(NotSent):
    code = "media-refused"


class ChannelRefused(NotSent):
    code = "channel-refused"


class OutOfCredits(ChannelRefused):
    code = "out-of-credits"


class Refused(SendError):  # noqa: N818
    code = "refused"


class Duplicate(Refused):
    """After an earlier call for the same part whose outcome is unknown, this may be that call's own work."""

    code = "duplicate"


class MessageGone(Refused):
    code = "gone"


class TooLate(Refused):
    code = "too-late"


class OutcomeUnknown(SendError):  # noqa: N818
    code = "unknown"


class ListenError(NewsbotError):
    code = "listen"


class LedgerError(NewsbotError):
    code = "ledger"


class LedgerBusy(LedgerError):  # noqa: N818
    code = "ledger-busy"


class LedgerGone(LedgerError):  # noqa: N818  says what happened
    code = "ledger-gone"


class SlotTaken(LedgerError):  # noqa: N818  says what happened
    code = "slot-taken"


class LedgerTooNew(LedgerError):  # noqa: N818
    code = "ledger-too-new"


class LedgerTaken(LedgerError):  # noqa: N818
    code = "ledger-taken"
