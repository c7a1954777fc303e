"""Define what a chat command and one call of it are, and read the command's arguments: posts, channels,
sources and times.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup, escape

from newsbot.desk.command_parser import CommandLine, is_article, is_post_id, normalize_text
from newsbot.desk.i18n import N_, Translator
from newsbot.desk.replies import Answer, Refusal
from newsbot.errors import UsageError
from newsbot.model import Post, PostState
from newsbot.newsroom.alerts import AlertFinder
from newsbot.newsroom.approvals import Approvals, PostEditor, Questions
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.corrections import Corrections
from newsbot.newsroom.history import HistoryReader
from newsbot.newsroom.names import UnknownName, find_name
from newsbot.newsroom.notices import Reminders
from newsbot.newsroom.people import ROLES, Invitations, People, Permissions, Person, Role
from newsbot.newsroom.posts import Embargoes, Posts
from newsbot.newsroom.submission import Submission
from newsbot.newsroom.takedowns import SourceBlocks, Withdrawals
from newsbot.newsroom.times.reading import TimeRefused, parse_time
from newsbot.ports import Clock
from newsbot.reasons import UsageCode

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = [
    "Act",
    "Command",
    "CommandCall",
    "DeskContext",
    "Prepare",
    "Preview",
    "TimeRefusal",
    "act_on_every_reference",
    "decode_command_time",
    "decode_timestamp",
    "encode_command_time",
    "find_named_source",
    "find_own_channel",
    "find_posts",
    "hash_posts",
    "is_fingerprint",
    "list_own_channels",
    "make_fingerprint",
    "read_time",
    "refuse_name",
    "require_few_words",
    "require_same_content",
    "require_url",
]

# The pattern of a word with the length and letters of a post's id. If such a word is no valid id, the person
# who sent the command probably mistyped an id.
_LIKE_AN_ID = re.compile(r"[a-hjkmnp-z2-9]{4,6}")
# The data of a button contains this many characters of the hash of its posts' content.
_STAMP_LENGTH = 12


@dataclass(slots=True, repr=False)
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
    editing: PostEditor
    corrections: Corrections
    withdrawals: Withdrawals
    blocks: SourceBlocks
    embargoes: Embargoes
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
        return CommandLine(self.verb, None, normalize_text(self.rest)).words


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
    found = [post for post in _resolve_reference(room, call, reference) if call.who.may_see(post)]
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
        text = N_("There is no post {id}: check its characters. /queue lists what waits.")
        raise Refusal(call.say(text, id=bare))
    text = N_("{id} is no id: one looks like k7mq, an article's like a-k7mq. /queue lists them.")
    raise Refusal(call.say(text, id=reference))


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
            text = N_(
                "{id} is in newsbot's database no more: it was restored from a backup. "
                "If the article came again, it has a new card. /queue lists what waits."
            )
            raise Refusal(Answer(call.say(text, id=article), replaces=True)) from None
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
        text = call.say.label("It changed since: look at it as it is now, then press again.")
        raise Refusal(text, pop=True)


_NONE = {
    "channel": N_("{what} is no channel: there are {known}."),
    "source": N_("{what} is no source: there are {known}."),
}


def find_own_channel(room: DeskContext, call: CommandCall, word: str) -> str:
    """Return the channel that ``word`` names, among the channels that the person who sent the command may act
    on.

    Raises:
        Refusal: The word names no channel, or fits several, or names a channel that the person may not
            act on.
    """
    mine = list_own_channels(room, call)
    try:
        return find_name(word, mine)
    except UnknownName as unknown:
        try:
            other = find_name(word, room.channels)
        except UnknownName:
            raise refuse_name(call, unknown) from None
        raise Refusal(call.say("{channel} is not yours.", channel=other)) from None


def list_own_channels(room: DeskContext, call: CommandCall) -> list[str]:
    """Return the names of the channels that the person who sent this command may act on."""
    return [name for name in room.channels if not call.who.channels or name in call.who.channels]


def find_named_source(room: DeskContext, call: CommandCall, word: str) -> str:
    """Return the source in config.yaml that ``word`` names, in full or by a part of its name.

    Raises:
        Refusal: The word names no source, or fits several.
    """
    try:
        return find_name(word, room.sources, "source")
    except UnknownName as unknown:
        raise refuse_name(call, unknown) from None


def refuse_name(call: CommandCall, unknown: UnknownName) -> Refusal:
    """Return the answer to a command whose argument names no known channel or source, or fits several.

    The answer lists the names that the argument fits or, if it fits none, all known names.
    """
    text = N_("{what} fits {known}: write more of the name.") if unknown.fits else _NONE[unknown.what]
    known = call.say.format_list(unknown.fits or unknown.known) or "-"
    return Refusal(call.say(text, what=unknown.text, known=known))


class TimeRefusal(Refusal):
    """The refusal of a text that newsbot can't read as a time; ``why`` is the reason, a key of the mapping
    `REFUSALS`.
    """

    def __init__(self, answer: Answer, why: str) -> None:
        super().__init__(answer)
        self.why = why


def read_time(room: DeskContext, call: CommandCall, text: str) -> datetime:
    """Return the time that a typed text means, or the time to which the person agreed by pressing the button
    Yes.

    Raises:
        TimeRefusal: The text is no time, or the time is past, or it is probably a mistake (such as a time
            over a year ahead). The answer to a probable mistake has a button Yes.
    """
    if call.agreed is None:
        said_at = call.said_at and min(call.said_at, call.now)
        try:
            return parse_time(text, zone=room.zone, now=call.now, said_at=said_at)
        except TimeRefused as refused:
            raise TimeRefusal(_build_time_question(call, refused), refused.why) from None
    if call.agreed < call.now:
        why = UsageCode.TIME_IS_PAST(text=text, first=call.agreed)
        raise TimeRefusal(Answer(escape(call.say.explain_in_full(why))), "past")
    return call.agreed


def encode_command_time(at: datetime) -> str:
    """Encode the time when a command was written as ``s`` and the seconds since 1970, to store the time in a
    button's data.
    """
    return f"s{int(at.timestamp())}"


def decode_command_time(content: str | None) -> datetime | None:
    """Decode the time when a command was written, which the data of the command's button Yes contains.

    Return None if the data has no such time.
    """
    return decode_timestamp(content[1:]) if content and content.startswith("s") else None


def decode_timestamp(content: str | None) -> datetime | None:
    """Decode a time that a button's data contains as the seconds since 1970, in digits.

    Return None if the data is anything else.
    """
    # Seconds since 1970 have ten digits until the year 2286, so a longer number is no time.
    if not content or not content.isascii() or not content.isdecimal() or len(content) > 10:  # noqa: PLR2004
        return None
    return datetime.fromtimestamp(int(content), UTC)


def make_fingerprint(*values: object) -> str:
    """Return a hash of the values that a question to a person shows, for the data of the question's button.

    The hash is ``=`` and twelve hexadecimal digits.
    """
    return f"={sha256(repr(values).encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def is_fingerprint(content: str) -> bool:
    """Return whether the data of a button has the form of a hash from `make_fingerprint`, which says what a
    question showed.
    """
    return content.startswith("=")


def _build_time_question(call: CommandCall, refused: TimeRefused) -> Answer:
    say, text = call.say, escape(call.say.explain_in_full(refused.reason))
    if not refused.asks:
        return Answer(text)
    at, update = refused.times[0], str(call.update)
    content = str(int(at.timestamp()))
    time, day = say.clock(at), say.date(at)
    button = say.button("Yes, at {time} on {day}", "yes", update, content, time=time, day=day)
    return Answer(text, ((button,),), asks=True)
