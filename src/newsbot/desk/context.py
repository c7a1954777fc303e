"""The types of a chat command and of one call of a chat command, and the newsroom's objects that commands
use.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from newsbot.desk.command_parser import CommandLine, is_article, is_post_id, plain
from newsbot.desk.i18n import N_, Translator
from newsbot.desk.replies import Answer, Refusal
from newsbot.errors import UsageError
from newsbot.model import Post, PostState
from newsbot.newsroom.alerts import AlertFinder
from newsbot.newsroom.approvals import Approvals, Questions
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.history import HistoryReader
from newsbot.newsroom.notices import Reminders
from newsbot.newsroom.people import ROLES, Invitations, People, Permissions, Person, Role
from newsbot.newsroom.posts import Posts
from newsbot.newsroom.submission import Submission
from newsbot.ports import Clock

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = [
    "Act",
    "Command",
    "CommandCall",
    "DeskContext",
    "Prepare",
    "Preview",
    "act_on_every_reference",
    "find_posts",
    "hash_posts",
    "require_few_words",
    "require_same_content",
    "require_url",
]

# The pattern of a word with the length and letters of a post's id. If such a word is no valid id, the person
# who sent the command probably mistyped an id.
_LIKE_AN_ID = re.compile(r"[a-hjkmnp-z2-9]{4,6}")
# The number of characters of the hash of posts' content that the data of a button contains.
_STAMP_LENGTH = 12


@dataclass(slots=True)
class DeskContext:
    """The objects, stores and settings of the newsroom that the desk's commands use.

    ``channels`` maps the names of channels to their kinds, and ``budgets`` maps the names of channels to USD
    a month. ``bot`` is the bot's user name, empty until Telegram has reported it.
    """

    ledger: "Ledger"
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
    permissions: Permissions
    invitations: Invitations
    reminders: Reminders
    database: str = ""
    web: str | None = None
    bot: str = ""
    bot_id: int = 0
    # The objects that carry out what editors order about published posts, sources and embargoes, by the
    # object's name.
    uses: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandCall:
    """One call of a chat command by a person, typed or by a button.

    ``rest`` is the text of the arguments in their own script, without invisible characters; ``typed`` is the
    same text unchanged. ``content`` is the value that the pressed button is bound to, such as the hash of its
    posts, or None for a typed command. ``offset`` is the number of list entries before the requested page.
    ``prepared`` is the result of the command's function ``prepare``. ``update`` is the id of the Telegram
    update. ``confirmed`` says that the person answered the command's question by the button Yes. ``said_at``
    is the time when the command was written, which can be some time ago. ``agreed`` is the time in the data
    of the pressed button Yes, and ``shown`` the hash in that data of what the question showed.
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
    shown: str | None = None
    prepared: Any = None
    typed: str = ""

    @property
    def words(self) -> list[str]:
        """Return the words of the command's arguments, without punctuation around them and with all digits as
        0 to 9.
        """
        return CommandLine(self.verb, None, plain(self.rest)).words


class Preview(NamedTuple):
    """What a destructive command would do: the HTML ``text`` that a question shows, and the ``fingerprint``
    (hash) of the values in the text.
    """

    text: Markup
    fingerprint: str


Act = Callable[[DeskContext, CommandCall], Answer]
Prepare = Callable[[DeskContext, CommandCall], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Command:
    """The definition of one chat command of the desk.

    /help shows ``about`` and ``usage``. A call without arguments offers the posts in the states ``lists``.
    ``writes`` says that the command changes the ledger, in one transaction with storing its outcome.
    ``stops`` says that the command needs no confirmation even if it was written long ago, because it only
    prevents publication. ``confirms`` is the label of the button Yes that has to be pressed first, below the
    question ``warns``; ``shows`` returns what the command would delete, or None if the command needs no
    question. If that changes before the person presses Yes, newsbot asks again. ``prepare`` fetches what the
    command needs before its transaction begins. ``hidden`` says that only buttons call the command.
    """

    name: str
    about: str
    act: Act
    usage: str = ""
    lists: Collection[PostState] = ()
    writes: bool = True
    stops: bool = False
    confirms: str = ""
    warns: str = N_("This can't be taken back. Sure?")
    shows: Callable[[DeskContext, CommandCall], Preview | None] | None = None
    prepare: Prepare | None = None
    hidden: bool = False

    @property
    def role(self) -> Role:
        """Return the lowest role that a person needs to use the command."""
        return ROLES[self.name]


def find_posts(room: DeskContext, call: CommandCall, reference: str) -> list[Post]:
    """Return the posts, the oldest first, that an id or link names and that the person who sent the command
    may see.

    Raises:
        Refusal: There is no such post that the person may see.
    """
    found = [post for post in _resolve_reference(room, call, reference) if call.who.sees(post)]
    if not found:
        raise Refusal(call.say("{id} is nothing of yours: /queue lists what waits.", id=reference))
    return found


def act_on_every_reference(act: Act) -> Act:
    """Return a function that runs a command for each of several typed ids or links by calling ``act``, and
    joins the answers.

    If ``act`` refuses one id or link, the function still runs the command for the others.

    Raises:
        Refusal: The function raises it if ``act`` refused all of the ids and links.
    """

    def act_on_all(room: DeskContext, call: CommandCall) -> Answer:
        references = list(dict.fromkeys(call.words))
        if call.pressed or len(references) <= 1:
            return act(room, call)
        answers, refused = list[Answer](), list[Answer]()
        for reference in references:
            try:
                answers.append(act(room, replace(call, rest=reference, typed=reference)))
            except Refusal as refusal:
                refused.append(refusal.answer)
        every = [*answers, *refused]
        text = Markup("\n\n").join(Markup(answer.text) for answer in every)
        answer = Answer(text, tuple(row for each in every for row in each.buttons))
        if not answers:
            raise Refusal(answer)
        return answer

    return act_on_all


def require_few_words(call: CommandCall, most: int) -> None:
    """Refuse a command that was typed with more than ``most`` words of arguments, because newsbot would
    ignore the further words.

    Raises:
        Refusal: The command was typed with more words.
    """
    if len(call.words) > most:
        more = " ".join(call.words[most:])
        name = Markup(call.verb)
        raise Refusal(call.say("Nothing was done: /{name} does not take this: {more}", name=name, more=more))


def require_url(call: CommandCall, word: str) -> None:
    """Refuse a word that is no http or https URL, because newsbot would read a file of this machine if the
    word is a path.

    Raises:
        Refusal: The word is no http or https URL.
    """
    if not word.lower().startswith(("http://", "https://")):
        raise Refusal(call.say("{what} is no address: begin it with https://", what=word))


def _resolve_reference(room: DeskContext, call: CommandCall, reference: str) -> list[Post]:
    ledger, bare = room.ledger, reference.strip().lower()
    if is_post_id(bare):
        try:
            return [ledger.posts.get_post(bare)]
        except UsageError:
            raise Refusal(call.say("There is no post {id}: /queue lists what waits.", id=bare)) from None
    if is_article(bare):
        return _list_article_posts(room, call, bare)
    if "://" in reference:
        try:
            found = room.stories.find(reference)
        except UsageError:
            raise Refusal(call.say("We never posted {link}.", link=reference)) from None
        return [ledger.posts.get_post(found)] if is_post_id(found) else _list_article_posts(room, call, found)
    if _LIKE_AN_ID.fullmatch(bare):
        raise Refusal(
            call.say("There is no post {id}: check its characters. /queue lists what waits.", id=bare)
        )
    raise Refusal(
        call.say(
            "{id} is no id: one looks like k7mq, an article's like a-k7mq. /queue lists them.", id=reference
        )
    )


def _list_article_posts(room: DeskContext, call: CommandCall, article: str) -> list[Post]:
    """Return the posts of the article with the id ``article``, the oldest first.

    Raises:
        Refusal: There is no such article, or the article has no posts.
    """
    if posts := room.ledger.posts.list_posts(article_id=article, limit=None):
        return posts[::-1]
    try:
        room.ledger.articles.get_article(article)
    except UsageError:
        if call.pressed:
            text = call.say(
                "{id} is in newsbot's database no more: it was restored from a backup. "
                "If the article came again, it has a new card. /queue lists what waits.",
                id=article,
            )
            raise Refusal(Answer(text, replaces=True)) from None
        raise Refusal(call.say("There is no article {id}: /queue lists what waits.", id=article)) from None
    raise Refusal(call.say("{id} was never queued: no post of it waits or is out.", id=article))


def hash_posts(posts: Collection[Post]) -> str:
    """Return a hash of the posts' present content, for the data of a button that acts on these posts."""
    whole = "".join(sorted(post.content for post in posts))
    return sha256(whole.encode()).hexdigest()[:_STAMP_LENGTH]


def require_same_content(call: CommandCall, posts: Collection[Post]) -> None:
    """Check that the posts still have the content that they had when the pressed button was made.

    Raises:
        Refusal: The content of a post has changed.
    """
    if call.content is not None and call.content != hash_posts(posts):
        raise Refusal(
            Answer(call.say.label("It changed since: look at it as it is now, then press again."), pop=True)
        )
