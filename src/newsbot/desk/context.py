"""What commands work with: the newsroom's use cases, and one call of one of them."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal
from hashlib import sha256
from typing import Any

from markupsafe import Markup

from newsbot.desk.command_parser import is_article, is_post_id, plain
from newsbot.desk.i18n import Translator
from newsbot.desk.people import People, Person, Role
from newsbot.desk.replies import Answer, Refusal
from newsbot.errors import UsageError
from newsbot.model import Post, PostState
from newsbot.newsroom.alerts import AlertFinder
from newsbot.newsroom.approvals import Approvals
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.history import HistoryReader
from newsbot.newsroom.posts import Posts, Questions
from newsbot.newsroom.submission import Submission
from newsbot.ports import Clock, Ledger

__all__ = ["Act", "Command", "CommandCall", "DeskContext", "bound", "find_posts", "hash_posts", "require_url"]

_STAMP_LENGTH = 12  # characters of a hash that a button carries


@dataclass(slots=True)
class DeskContext:
    """The newsroom as the desk sees it. ``channels`` maps names to kinds, ``budgets`` to USD a month.

    ``bot`` is its name at Telegram, empty until that is known.
    """

    ledger: Ledger
    clock: Clock
    zone: tzinfo
    posts: Posts
    approvals: Approvals
    composition: Composition
    submission: Submission
    stories: HistoryReader
    troubles: AlertFinder
    questions: Questions
    channels: Mapping[str, str]
    sources: Collection[str]
    budgets: Mapping[str, Decimal]
    people: People
    database: str = ""
    web: str | None = None
    bot: str = ""
    bot_id: int = 0
    uses: Mapping[str, Any] = field(default_factory=dict)  # the use cases of what is out, by name


@dataclass(frozen=True, slots=True)
class CommandCall:
    """One command of one person.

    ``rest`` is what stands behind it, in its own script, and ``typed`` the same to the last invisible
    character; ``content`` what a button was bound to, None where
    it was typed; ``offset`` the page; ``prepared`` what was fetched for it before; ``update`` the
    number of what was said; ``confirmed``: its question was answered by yes. ``said_at`` is when the words
    were said, since when time can have passed; ``agreed`` the time on the button that said yes to it.
    """

    who: Person
    say: Translator
    verb: str
    rest: str
    now: datetime
    chat_id: int
    private: bool = True
    content: str | None = None
    pressed: bool = False
    offset: int = 0
    update: int = 0
    confirmed: bool = False
    said_at: datetime | None = None
    agreed: datetime | None = None
    prepared: Any = None
    typed: str = ""

    @property
    def words(self) -> list[str]:
        """The rest, word by word, in plain digits and bare of punctuation."""
        from newsbot.desk.command_parser import CommandLine  # noqa: PLC0415  a value's own parser

        return CommandLine(self.verb, None, plain(self.rest)).words


Act = Callable[[DeskContext, CommandCall], Answer]
Prepare = Callable[[DeskContext, CommandCall], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table.

    ``about`` and ``usage`` are for /help. ``lists`` are the states of the posts that a bare command asks
    about. ``writes``: it changes something, in one transaction with its outcome. ``stops``: it is never
    refused for age. ``confirms``: the label of the button that it asks for first, and ``shows`` what the
    question shows: all that the command would take away; None where it would take nothing.
    """

    name: str
    role: Role
    about: str
    act: Act
    usage: str = ""
    lists: tuple[PostState, ...] = ()
    writes: bool = True
    stops: bool = False
    confirms: str = ""
    shows: Callable[[DeskContext, CommandCall], Markup | None] | None = None
    prepare: Prepare | None = None
    hidden: bool = False


def find_posts(room: DeskContext, call: CommandCall, reference: str) -> list[Post]:
    """The posts that an id or link means, as far as they are this person's to see; oldest first.

    Raises:
        Refusal: it means none.
    """
    found = [post for post in _resolve_reference(room, call, reference) if call.who.sees(post)]
    if not found:
        raise Refusal(call.say("{id} is nothing of yours: /queue lists what waits.", id=reference))
    return found


def require_url(call: CommandCall, word: str) -> None:
    """Let only an address of the web pass: a path would be a file on this machine.

    Raises:
        Refusal: it is none.
    """
    if not word.lower().startswith(("http://", "https://")):
        raise Refusal(call.say("{what} is no address: begin it with https://", what=word))


def _resolve_reference(room: DeskContext, call: CommandCall, reference: str) -> list[Post]:
    ledger, bare = room.ledger, reference.strip().lower()
    if is_post_id(bare):
        try:
            return [ledger.post(bare)]
        except UsageError:
            raise Refusal(call.say("There is no post {id}: /queue lists what waits.", id=bare)) from None
    if is_article(bare):
        return _list_article_posts(room, call, bare)
    if "://" in reference:
        try:
            found = room.stories.find(reference)
        except UsageError:
            raise Refusal(call.say("We never posted {link}.", link=reference)) from None
        return [ledger.post(found)] if is_post_id(found) else _list_article_posts(room, call, found)
    raise Refusal(
        call.say(
            "{id} is no id: one looks like k7mq, an article's like a-k7mq. /queue lists them.", id=reference
        )
    )


def _list_article_posts(room: DeskContext, call: CommandCall, article: str) -> list[Post]:
    """The posts of an article, oldest first.

    Raises:
        Refusal: there is no such article, or it has none.
    """
    if posts := room.ledger.posts(article_id=article, limit=None):
        return posts[::-1]
    try:
        room.ledger.kept(article)
    except UsageError:
        raise Refusal(call.say("There is no article {id}: /queue lists what waits.", id=article)) from None
    raise Refusal(call.say("{id} was never queued: no post of it waits or is out.", id=article))


def hash_posts(posts: Collection[Post]) -> str:
    """What a button on these posts is bound to."""
    whole = "".join(sorted(post.content for post in posts))
    return sha256(whole.encode()).hexdigest()[:_STAMP_LENGTH]


def bound(call: CommandCall, posts: Collection[Post]) -> None:
    """Refuse a button that was made for other content than the posts have now."""
    if call.content is not None and call.content != hash_posts(posts):
        raise Refusal(
            Answer(call.say.label("It changed since: look at it as it is now, then press again."), pop=True)
        )
