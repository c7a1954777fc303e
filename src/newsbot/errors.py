"""All errors of newsbot, with one class for each decision that a caller can take.

::

    NewsbotError                      one clear line for a person
    ├── ConfigError                   config.yaml or a template is wrong; carries every Mistake
    ├── UsageError                    a command names something that is not there or can't be done now
    │   ├── AlreadyPosted             the article has posts already
    │   ├── NotPermitted              it needs another role, or concerns other people's channels
    │   └── InvalidTransition         the post is no longer in the state that the transition starts from
    │       └── VoteRefused           an approval does not count
    ├── SourceError                   a source returned nothing usable this time; try again later
    │   ├── FetchError                the download failed
    │   │   └── ForbiddenAddress      the guard refused the address or the scheme
    │   └── ParseError                the downloaded bytes can't be parsed
    ├── ReadError                     no body could be read from an article
    ├── SummarizerError               a summarizer gave no answer: ask the next one
    ├── ComposeError                  a template failed, or a post can't be made to fit
    ├── SendError                     how a call to a platform ended; exactly one of:
    │   ├── NotSent                   surely not sent: try again later
    │   │   ├── NotCalled             no call was made: send it at its turn
    │   │   ├── RateLimited           surely not sent: try again after retry_after
    │   │   ├── MediaRefused          surely not sent: send it again without its photo
    │   │   └── ChannelRefused        surely not sent, and nothing else will be: pause the channel
    │   │       └── OutOfCredits      the account has no credits left: check again, but rarely
    │   ├── Refused                   the platform refused this post for good: it has failed
    │   │   ├── Duplicate             the platform says that this text is out already
    │   │   ├── MessageGone           the message to edit does not exist any more
    │   │   └── TooLate               the message is too old to be edited or deleted, or never could be
    │   └── OutcomeUnknown            it may be out or not: unknown, never sent again automatically
    ├── ListenError                   the address to listen on is in use or not this machine's
    └── LedgerError                   the database can't be used
        ├── LedgerBusy                another process has locked it for too long
        ├── LedgerGone                the SQLite file was moved away or replaced, or is damaged
        ├── SlotTaken                 another post has taken the slot in the meantime: plan again
        ├── CommandTaken              another service answers the desk's command: do nothing
        ├── LedgerTooNew              a newer version has written it
        └── LedgerTaken               another instance runs on this SQLite file
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from newsbot.reasons import Code, Reason

__all__ = [
    "ChannelRefused",
    "CommandTaken",
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
    "NotCalled",
    "NotPermitted",
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
    "SummarizerError",
    "TooLate",
    "UsageError",
    "VoteRefused",
]


class NewsbotError(Exception):
    """The base class of all errors of newsbot.

    ``str(error)`` is one line for a person: what, where, and how to fix it. It never contains a secret.
    ``code`` is the short word that programs see in JSON (``{code, message}``).
    """

    code = "error"

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return str(self.reason)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a file that the newsroom wrote, such as config.yaml.

    ``line`` counts from 1, and ``key`` is a dotted path. ``message`` says what is wrong, and ``mend`` how to
    fix it ("" if ``message`` says that too).
    """

    file: str
    line: int | None
    key: str
    message: str
    mend: str = ""

    def __str__(self) -> str:
        """Format the mistake as ``config.yaml:12: channels.x-main.kind: what is wrong. How to fix it.``"""
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        return f"{where}:{key} {self.message}" + (f" {self.mend}" if self.mend else "")


class ConfigError(NewsbotError):
    """config.yaml or a template is wrong; ``mistakes`` are all its mistakes, in the order of the file."""

    code = "config"

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(Code.TEXT(words="\n".join(str(mistake) for mistake in mistakes)))
        self.mistakes = mistakes


class UsageError(NewsbotError):
    """A command names something that doesn't exist, or asks for something that can't be done now."""

    code = "usage"


class NotPermitted(UsageError):  # noqa: N818  The name of the class says what happened.
    """A person may not use the command that the person gave; ``role`` is the role that the command needs.

    ``role`` is None if the person has that role, so that the command is refused for another cause, such as a
    channel of other people.
    """

    code = "not-permitted"

    def __init__(self, reason: Reason, role: str | None = None) -> None:
        super().__init__(reason)
        self.role = role


class AlreadyPosted(UsageError):  # noqa: N818  The name of the class says what happened.
    """The error that an article has posts already; ``post_ids`` are its posts, published or still waiting."""

    def __init__(self, reason: Reason, post_ids: tuple[str, ...]) -> None:
        super().__init__(reason)
        self.post_ids = post_ids


class InvalidTransition(UsageError):  # noqa: N818  The name of the class says what happened.
    """The post is not, or no longer, in a state in which the requested event can happen to the post."""

    code = "state"


class VoteRefused(InvalidTransition):
    """The error that a person's approval of a post does not count.

    ``why`` is the reason: the post is approved already (``done``) or by this person (``again``), was
    ``changed`` since this person saw it, or has a text that this person wrote (``own edit``). ``by`` are the
    people whose approvals count, and ``at`` is the time of the last of these approvals.
    """

    def __init__(
        self,
        reason: Reason,
        why: Literal["done", "again", "changed", "own edit"],
        by: tuple[str, ...] = (),
        at: datetime | None = None,
    ) -> None:
        super().__init__(reason)
        self.why = why
        self.by = by
        self.at = at


class _AdapterError(NewsbotError):
    """An error that adapters (sources, channels, summarizers) raise.

    An adapter that is not part of newsbot may give a plain text instead of a reason.
    """

    def __init__(self, reason: Reason | str) -> None:
        super().__init__(reason if isinstance(reason, Reason) else Code.TEXT(words=reason))


class SourceError(_AdapterError):
    """A news source returned nothing usable this time; the caller tries again later."""

    code = "source"


class FetchError(SourceError):
    """A download from a source or an article's site failed.

    ``status`` is the HTTP status, None if there was no response. ``retry_after`` is the pause in seconds that
    the server asked for, None if it asked for no pause. ``temporary`` is True if the host can't be reached or
    reports its own failure, so that a retry a minute later may succeed.
    """

    code = "fetch"

    def __init__(
        self,
        reason: Reason | str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        temporary: bool = False,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after
        self.temporary = temporary or status in {408, 429, 500, 502, 503, 504}


class ForbiddenAddress(FetchError):  # noqa: N818  The name of the class says what happened.
    """The address guard of the HTTP client refused a URL's host address (a private one) or its scheme."""

    code = "forbidden-address"


class ParseError(SourceError):
    """The bytes that were downloaded from a source can't be parsed."""

    code = "parse"


class ReadError(_AdapterError):
    """No article text could be extracted from a web page or a source's entry."""

    code = "read"


class SummarizerError(_AdapterError):
    """A summarizer returned no usable summary; the caller asks the next summarizer of the configured list.

    ``cost_usd`` is what the call cost; None if that is not known, so that its reserved money stays reserved.
    ``answered`` says that the summarizer works: it answered, but its answer can't be used.
    """

    code = "summarizer"

    def __init__(
        self, reason: Reason | str, *, cost_usd: Decimal | None = None, answered: bool = False
    ) -> None:
        super().__init__(reason)
        self.cost_usd = cost_usd
        self.answered = answered


class ComposeError(NewsbotError):
    """A post can't be composed: its template failed, or it can't be made to fit its channel's limits."""

    code = "compose"


class SendError(_AdapterError):
    """A call to a platform failed. The message has the platform's words, without secrets, and what to do."""

    code = "send"


class NotSent(SendError):  # noqa: N818  The name of the class says how the call ended.
    """A call to a platform surely published nothing; newsbot tries again later."""

    code = "not-sent"


class NotCalled(NotSent):
    """newsbot stopped before it made a call to a platform; another service may make the call at once."""

    code = "not-sent"


class RateLimited(NotSent):
    """A call to a platform exceeded a rate limit, so the platform published nothing.

    ``retry_after`` is the pause in seconds; ``key`` names the exceeded rate limit (None: the channel's own
    rate limit).
    """

    code = "rate-limited"

    def __init__(self, reason: Reason | str, *, retry_after: float, key: str | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.key = key


class MediaRefused(NotSent):
    """The platform refused the post's photo and published nothing; newsbot omits the photo next time."""

    code = "media-refused"


class ChannelRefused(NotSent):
    """The platform refuses all posts of the channel; newsbot pauses the channel."""

    code = "channel-refused"


class OutOfCredits(ChannelRefused):
    """The account that newsbot uses on the platform has no credits left.

    newsbot asks only rarely whether the channel accepts posts again, because each such probe costs money.
    """

    code = "out-of-credits"


class Refused(SendError):  # noqa: N818
    """The platform refused a post for good, so newsbot does not call the platform for this post again."""

    code = "refused"


class Duplicate(Refused):
    """The platform says that a message with this text is published already.

    If an earlier call for the same part of a post has an unknown outcome, that call may have published the
    message.
    """

    code = "duplicate"


class MessageGone(Refused):
    """The published message that a call wants to edit or delete does not exist any more."""

    code = "gone"


class TooLate(Refused):
    """The published message is too old to be edited or deleted, or is of a kind that never can be."""

    code = "too-late"


class OutcomeUnknown(SendError):  # noqa: N818
    """Nothing proves whether a call to the platform published a post; newsbot never sends the post again by
    itself.
    """

    code = "unknown"


class ListenError(NewsbotError):
    """The service can't listen on the configured address: it is in use or not an address of this machine."""

    code = "listen"


class LedgerError(NewsbotError):
    """The ledger (newsbot's database of what was seen and sent) can't be used."""

    code = "ledger"


class LedgerBusy(LedgerError):  # noqa: N818
    """Another process or thread has kept the database locked for longer than newsbot waits."""

    code = "ledger-busy"


class LedgerGone(LedgerError):  # noqa: N818  The name of the class says what happened.
    """The SQLite file was moved away or replaced while newsbot used it, or is damaged."""

    code = "ledger-gone"


class SlotTaken(LedgerError):  # noqa: N818  The name of the class says what happened.
    """Another post has taken the channel's time slot since the caller planned this post; plan it again."""

    code = "slot-taken"


class CommandTaken(LedgerError):  # noqa: N818  The name says what happened, so it does not end in "Error".
    """Another service has become the desk of the Telegram bot, and answers the command that this service was
    about to carry out.
    """


class LedgerTooNew(LedgerError):  # noqa: N818
    """The database was written by a newer version of newsbot, whose tables this version doesn't know."""

    code = "ledger-too-new"


class LedgerTaken(LedgerError):  # noqa: N818
    """Another instance of newsbot runs on this ledger's database."""

    code = "ledger-taken"
