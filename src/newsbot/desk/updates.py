"""Read Telegram's updates (messages and button presses), each by itself, so that a malformed update does not
hide the others.

The fields that say who wrote, where, when and in whose name decide what an update may do. Each of them must
have its documented type and range, or newsbot refuses the whole update. Characters that a database can't
store are replaced.

newsbot acts on a person's own, current messages and button presses; it rejects other updates with an answer,
or ignores them. A plain handler of python-telegram-bot would also act on edited and forwarded messages, on
messages from anonymous admins, channels and other bots, and on messages that are weeks old (observed). A
field that restricts an update (it was edited or forwarded, or written in another name) counts whenever it is
present, whatever its value: a damaged field never grants a right.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from newsbot.desk.i18n import N_

__all__ = [
    "STALE",
    "Addressee",
    "IgnoredUpdate",
    "MalformedUpdate",
    "RejectedUpdate",
    "UnreadableUpdate",
    "UserInput",
    "classify",
    "clean_text",
    "find_addressee",
    "get_update_id",
    "is_stale",
    "read_json",
    "read_updates",
]

Json = dict[str, Any]

LARGEST_ID = 2**52 - 1
"""The largest id of a person or chat at Telegram: https://core.telegram.org/bots/api#user"""

# The characters that newsbot can't store: NUL, which PostgreSQL refuses, and lone surrogates, which can't be
# encoded as UTF-8.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SHOWN = 40  # The most characters of an update's field name that an error message shows.


# The name of this exception does not end in "Error", because it describes the update.
class MalformedUpdate(ValueError):  # noqa: N818
    """The error that a field of an update is not as the Bot API documents it; the error's message
    names the field and the type of the field's value.
    """

    def __init__(self, field: str, value: object) -> None:
        super().__init__(f"{field[:_SHOWN]} is of type {type(value).__name__} or out of range")


def read_object(holder: Json, field: str) -> Json:
    """Return the JSON object in a required field of an update.

    Raises:
        MalformedUpdate: the field is missing or is no JSON object.
    """
    value = holder.get(field)
    if not isinstance(value, dict):
        raise MalformedUpdate(field, value)
    return value


def read_integer(holder: Json, field: str, lowest: int, highest: int) -> int:
    """Return the integer, from ``lowest`` to ``highest``, in a required field of an update.

    Raises:
        MalformedUpdate: the field is missing, is no integer, or is out of range.
    """
    value = holder.get(field)
    # isinstance takes True and False for integers, so the type itself is compared.
    if type(value) is not int or not lowest <= value <= highest:
        raise MalformedUpdate(field, value)
    return value


def read_id(holder: Json) -> int:
    """Return the ``id`` of a person or chat; ``holder`` is the JSON object of an update that describes the
    person or chat.

    Raises:
        MalformedUpdate: the id is missing or not valid.
    """
    return read_integer(holder, "id", -LARGEST_ID, LARGEST_ID)


def read_text(holder: Json, field: str, longest: int) -> str:
    """Return the text in a field of an update; "" if the field is missing.

    Raises:
        MalformedUpdate: the field is no text, or is longer than ``longest`` characters.
    """
    value = holder.get(field, "")
    if not isinstance(value, str) or len(value) > longest:
        raise MalformedUpdate(field, value)
    return clean_text(value)


def read_optional_text(holder: Json, field: str, longest: int) -> str | None:
    """Return the text in an update's field that decides nothing, such as a person's name, cut to ``longest``
    characters.

    Return None if the field is no text.
    """
    value = holder.get(field)
    return clean_text(value[:longest]) if isinstance(value, str) else None


def clean_text(text: str) -> str:
    """Return a text in which U+FFFD replaces each character that a database or an encoding refuses."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


# The largest id of an update that newsbot accepts; the Bot API's server stores these ids in 32 bits.
_LARGEST = 2**31 - 1
_BEGIN = re.compile(r'"result"\s*:\s*\[')
_FINE = re.compile(r'"ok"\s*:\s*true\b')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},]', re.DOTALL)
_NUMBER = re.compile(r'"update_id"\s*:\s*(\d{1,10})(?![\d.eE])')


@dataclass(frozen=True, slots=True)
class UnreadableUpdate:
    """An update whose JSON can't be parsed, because the JSON is nested too deeply or contains a number with
    too many digits.
    """

    update_id: int | None


def read_json(body: bytes | str) -> Any:
    """Return the value of the JSON text ``body``.

    Raises:
        ValueError: the text is no JSON, or is nested too deeply for the parser.
    """
    try:
        return json.loads(body)
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None


def read_updates(body: bytes) -> list[object]:
    """Return the updates of a getUpdates response; an update that can't be parsed is an `UnreadableUpdate`.

    Raises:
        ValueError: the body is no valid response to getUpdates.
    """
    try:
        answer = read_json(body)
    except ValueError:
        return [_read_update(each) for each in _split_elements(body.decode(errors="replace"))]
    found = answer.get("result") if isinstance(answer, dict) and answer.get("ok") is True else None
    if not isinstance(found, list):
        # The function raises ValueError and not TypeError, because callers expect a ValueError for every
        # invalid response.
        raise ValueError("the answer is none of the Bot API's")  # noqa: TRY004
    return found


def _read_update(text: str) -> object:
    try:
        return read_json(text)
    except ValueError:
        found = _NUMBER.search(text)
        return UnreadableUpdate(int(found[1]) if found else None)


def _split_elements(text: str) -> Iterator[str]:
    """Yield the unparsed JSON of each update in a response to getUpdates.

    Raises:
        ValueError: the response is cut off, or is no valid response to getUpdates.
    """
    begin = _BEGIN.search(text)
    if begin is None or not _FINE.search(text):
        raise ValueError("the answer is none of the Bot API's")
    depth, start = 0, begin.end()
    for token in _TOKEN.finditer(text, start):
        ends = depth == 0 and token[0] in {",", "]"}
        if ends and text[start : token.start()].strip():
            yield text[start : token.start()]
        if ends and token[0] == "]":
            return
        start = token.end() if ends else start
        depth += (token[0] in {"[", "{"}) - (token[0] in {"]", "}"})
    raise ValueError("the answer ended too early")


def get_update_id(update: object) -> int | None:
    """Return an update's id; None if it has no id, or one that Telegram can't have assigned."""
    if isinstance(update, UnreadableUpdate):
        number: object = update.update_id
    else:
        number = update.get("update_id") if isinstance(update, dict) else None
    return number if type(number) is int and 0 < number <= _LARGEST else None


STALE = timedelta(minutes=10)

# The id of @GroupAnonymousBot, which Telegram names as the sender of messages by anonymous admins.
_ANONYMOUS = 1087968824
# The id of @Channel_Bot, which Telegram names as the sender of messages signed by a channel.
_CHANNEL = 136817688
# The id of the account by which Telegram forwards a channel's posts into its discussion group.
_TELEGRAM = 777000

_GROUPS = frozenset({"group", "supergroup"})
# The most characters of a message that newsbot accepts: twice Telegram's limit,
# because Telegram counts the text without markup.
_LONGEST_TEXT = 4096 * 2
# The most bytes of a button's data: https://core.telegram.org/bots/api#inlinekeyboardbutton
_LONGEST_DATA = 64
_LONGEST_NAME = 64
_LARGEST_MESSAGE = 2**31 - 1
_LATEST = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())
# If the name of a field begins with one of these words, the update is about a business account or a guest,
# and newsbot ignores it.
_FOREIGN = ("business", "edited_business", "deleted_business", "guest")
_NOT_SPOKEN = frozenset(
    {"is_automatic_forward", "business_connection_id", "sender_business_bot", "guest_query_id"}
)
_QUERY_ID = re.compile(r"[\w-]{1,64}", re.ASCII)
_INLINE_ID = re.compile(r"[\w=+/-]{1,128}", re.ASCII)
_USERNAME = re.compile(r"\w{1,64}", re.ASCII)

_REJECTIONS = {
    "edited": N_("I don't act on edited messages: send the command again."),
    "forwarded": N_("I don't act on forwarded commands: type it yourself."),
    "via bot": N_("I don't act on what another bot wrote for you: type it yourself."),
    "anonymous admin": N_(
        "You write anonymously here, so I can't tell who you are: switch that off, or write to me in private."
    ),
    "channel-signed": N_("You write as a channel here, so I can't tell who you are: write as yourself."),
    "a button without data": N_(
        "This button does not say what it is for: type the command instead, /help lists them."
    ),
}


@dataclass(frozen=True, slots=True)
class UserInput:
    """A message or button press by which a person in their own name asks the desk to do something.

    ``at`` is the time when the message was written. For a button press, it is the time of the message with
    the button. Telegram may report a press without that message (then ``message_id`` is 0): then ``chat_id``
    is the person's private chat, and ``inline_id`` is the message's inline id if Telegram sent one.
    ``origin`` is the chat and the message id of a channel's post, if the person forwarded one.
    """

    update_id: int
    kind: Literal["said", "pressed"]
    user_id: int
    name: str
    language: str | None
    chat_id: int
    private: bool
    text: str
    at: datetime
    message_id: int
    reply_to: int | None = None
    query_id: str | None = None
    thread_id: int | None = None
    origin: tuple[int | str | None, int] | None = None
    inline_id: str | None = None


@dataclass(frozen=True, slots=True)
class RejectedUpdate:
    """An update on which the desk does not act; newsbot sends the text ``word`` as the answer.

    The answer goes to the chat of the update if the person who sent the update is known, or if the person's
    name is hidden.
    """

    update_id: int
    why: str
    user_id: int
    chat_id: int
    reply_to: int
    query_id: str | None = None

    @property
    def word(self) -> str:
        """Return the untranslated text which says why the desk (the editors' chat) does not act on the
        update.
        """
        return _REJECTIONS[self.why]


@dataclass(frozen=True, slots=True)
class IgnoredUpdate:
    """An update that the desk ignores without an answer; ``why`` is the reason that newsbot writes to its
    log.
    """

    update_id: int
    why: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """The person and chat to which newsbot sends the error message about an update that it could not read."""

    user_id: int
    chat_id: int
    query_id: str | None = None


def classify(update: object, *, chats: Collection[int]) -> UserInput | RejectedUpdate | IgnoredUpdate:
    """Decide whether one Telegram update is a person's input, is rejected, or is ignored.

    ``chats`` are the ids of the desk's groups.

    Raises:
        MalformedUpdate: the update is not what the Bot API documents, so it must have no effect.
    """
    number = get_update_id(update)
    if number is None or not isinstance(update, dict):
        raise MalformedUpdate("update_id", update)
    kinds = update.keys() - {"update_id"}
    if any(name.startswith(_FOREIGN) for name in kinds):
        return IgnoredUpdate(number, "business or guest")
    if kinds & {"channel_post", "edited_channel_post"}:
        return IgnoredUpdate(number, "channel post")
    if "edited_message" in kinds:
        return _reject(number, read_object(update, "edited_message"), "edited", chats)
    if kinds >= {"callback_query", "message"}:
        raise MalformedUpdate("update", update)
    if "callback_query" in kinds:
        return _read_press(number, read_object(update, "callback_query"), chats)
    if "message" not in kinds:
        return IgnoredUpdate(number, "no message")
    return _read_message(number, read_object(update, "message"), chats)


def is_stale(heard: UserInput, now: datetime) -> bool:
    """Return whether a message was written more than ten minutes before ``now``, or more than ten minutes
    after ``now``.

    A button press is never stale, because Telegram does not report when the person pressed the button.
    """
    return heard.kind == "said" and abs(now - heard.at) > STALE


def find_addressee(update: object, *, chats: Collection[int]) -> Addressee | None:
    """Return the person and chat to tell that an update can't be read; None if the update does not say both.

    The chat is the person's private chat or one of ``chats``, the desk's groups.
    """
    found = _find_object(update, ("message", "edited_message", "callback_query"))
    user = _read_optional_integer(_find_object(found, ("from",)), "id")
    if found is None or user is None:
        return None
    message = _find_object(found, ("message",)) or found
    chat = _read_optional_integer(_find_object(message, ("chat",)), "id")
    query = found.get("id")
    query_id = query if isinstance(query, str) and _QUERY_ID.fullmatch(query) else None
    if chat == user or chat in chats:
        return Addressee(user, chat or 0, query_id)
    return Addressee(user, user, query_id) if query_id else None


def _find_object(holder: object, names: Collection[str]) -> Json | None:
    given = holder if isinstance(holder, dict) else {}
    return next((found for name in names if isinstance(found := given.get(name), dict)), None)


def _read_optional_integer(holder: Json | None, field: str) -> int | None:
    value = holder.get(field) if holder else None
    return value if type(value) is int and abs(value) <= LARGEST_ID else None


def _read_message(
    number: int, message: Json, chats: Collection[int]
) -> UserInput | RejectedUpdate | IgnoredUpdate:
    marked = _reject_marked(number, message, chats)
    if marked is not None:
        return marked
    sender = read_object(message, "from")
    if _is_bot(sender):
        return IgnoredUpdate(number, "another bot")
    if "via_bot" in message:
        return _reject(number, message, "via bot", chats)
    text, origin = _read_message_text(message), None
    if any(name.startswith("forward") for name in message):
        origin = _read_origin(message)
        if origin is None or text.lstrip().startswith("/"):
            return _reject(number, message, "forwarded", chats)
    at = read_integer(message, "date", 1, _LATEST)
    return _build_input(number, "said", sender, message, text, at, origin=origin)


def _build_input(
    number: int,
    kind: Literal["said", "pressed"],
    sender: Json,
    message: Json | None,
    text: str,
    at: int,
    **more: Any,
) -> UserInput:
    """Build a person's input from the fields that messages and button presses have in common.

    ``message`` is None for a button press that Telegram reports without the message that has the button.
    """
    chat_id, private = _read_chat(message, sender)
    return UserInput(
        number,
        kind,
        _read_person_id(sender),
        _format_name(sender),
        read_optional_text(sender, "language_code", _LONGEST_NAME),
        chat_id,
        private,
        text,
        datetime.fromtimestamp(at, UTC),
        0 if message is None else _read_message_id(message),
        None if message is None else _read_reply_to(message, chat_id),
        thread_id=None if message is None else _read_thread_id(message),
        **more,
    )


def _reject_marked(
    number: int, message: Json, chats: Collection[int]
) -> RejectedUpdate | IgnoredUpdate | None:
    """Reject or ignore a message that was edited, or was not written by a person in their own name.

    Return None for any other message.
    """
    sender = message.get("from")
    if sender is None and "from" not in message:
        return IgnoredUpdate(number, "no sender")
    known = sender.get("id") if isinstance(sender, dict) else None
    if known == _ANONYMOUS:
        return _reject(number, message, "anonymous admin", chats)
    if known == _TELEGRAM or message.keys() & _NOT_SPOKEN:
        return IgnoredUpdate(number, "automatic forward, business or guest")
    if known == _CHANNEL or "sender_chat" in message:
        return _reject(number, message, "channel-signed", chats)
    if "edit_date" in message:
        return _reject(number, message, "edited", chats)
    return None


def _reject(number: int, message: Json, why: str, chats: Collection[int]) -> RejectedUpdate | IgnoredUpdate:
    """Reject a command in the desk's groups or in a private chat with the bot, for the reason ``why``.

    Ignore any other message.
    """
    if not _read_message_text(message).lstrip().startswith("/"):
        return IgnoredUpdate(number, why)
    chat = read_object(message, "chat")
    chat_id = read_id(chat)
    if chat.get("type") != "private" and chat_id not in chats:
        return IgnoredUpdate(number, why)
    sender = message.get("from", {})
    if not isinstance(sender, dict):
        raise MalformedUpdate("from", sender)
    user = read_id(sender) if sender else 0
    if chat.get("type") == "private" and chat_id != user:
        return IgnoredUpdate(number, why)
    return RejectedUpdate(number, why, user, chat_id, _read_message_id(message))


def _read_press(
    number: int, query: Json, chats: Collection[int]
) -> UserInput | RejectedUpdate | IgnoredUpdate:
    """Read a button press, which Telegram reports either with the message that has the button, or only with
    the button's data.

    The bot's setting ``callback_query_mode`` decides how Telegram reports presses. For a press without the
    message, newsbot checks the person's rights as usual, and sends the answer to the person's private chat.
    """
    sender = read_object(query, "from")
    if _is_bot(sender):
        return IgnoredUpdate(number, "another bot's press")
    query_id = _read_matching(query, "id", _QUERY_ID)
    message = read_object(query, "message") if "message" in query else None
    chat_id, private = _read_chat(message, sender)
    if not private and chat_id not in chats:
        return IgnoredUpdate(number, "a button in a chat that is none of the desk's")
    inline = _read_matching(query, "inline_message_id", _INLINE_ID) if "inline_message_id" in query else None
    # The date is 0 without the message with the button; Telegram also reports it as 0 if the message is so
    # old that the bot can't see it any more.
    at = 0 if message is None else read_integer(message, "date", 0, _LATEST)
    data = read_text(query, "data", _LONGEST_DATA)
    heard = _build_input(number, "pressed", sender, message, data, at, query_id=query_id, inline_id=inline)
    if data:
        return heard
    why = "a button without data"
    return RejectedUpdate(number, why, heard.user_id, chat_id, heard.message_id, query_id)


def _read_matching(holder: Json, field: str, form: re.Pattern[str]) -> str:
    value = holder.get(field)
    if not isinstance(value, str) or not form.fullmatch(value):
        raise MalformedUpdate(field, value)
    return value


def _is_bot(sender: Json) -> bool:
    value = sender.get("is_bot")
    if not isinstance(value, bool):
        raise MalformedUpdate("is_bot", value)
    return value


def _read_person_id(sender: Json) -> int:
    return read_integer(sender, "id", 1, LARGEST_ID)


def _read_chat(message: Json | None, sender: Json) -> tuple[int, bool]:
    """Return the id of the chat of a message, and whether the chat is the sender's private chat.

    Without a message, return the sender's private chat.

    Raises:
        MalformedUpdate: The chat is neither private nor a group, or not as documented.
    """
    if message is None:
        return _read_person_id(sender), True
    chat = read_object(message, "chat")
    chat_id, kind = read_id(chat), chat.get("type")
    if kind == "private" and chat_id == sender.get("id"):
        return chat_id, True
    if isinstance(kind, str) and kind in _GROUPS and chat_id < 0:
        return chat_id, False
    raise MalformedUpdate("chat", chat)


def _read_message_id(message: Json) -> int:
    return read_integer(message, "message_id", 0, _LARGEST_MESSAGE)


def _read_message_text(message: Json) -> str:
    return read_text(message, "text", _LONGEST_TEXT) or read_text(message, "caption", _LONGEST_TEXT)


def _read_reply_to(message: Json, chat_id: int) -> int | None:
    """Return the id of the message to which a message replies, because a command in a reply is about that
    message.

    Return None if the message is no reply.
    """
    if "reply_to_message" not in message:
        return None
    answered = read_object(message, "reply_to_message")
    if "chat" in answered and read_id(read_object(answered, "chat")) != chat_id:
        raise MalformedUpdate("reply_to_message", answered)
    return _read_message_id(answered)


def _read_thread_id(message: Json) -> int | None:
    """Return the id of the forum topic in which to answer; None for the main topic or a damaged field."""
    value = message.get("message_thread_id")
    if message.get("is_topic_message") is not True or type(value) is not int:
        return None
    return value if 0 < value <= _LARGEST_MESSAGE else None


def _read_origin(message: Json) -> tuple[int | str | None, int] | None:
    """Return the chat (its user name or id) and the message id of a channel's post that a message forwards.

    Return None if the message forwards anything else.
    """
    origin = _find_object(message, ("forward_origin",)) or {}
    chat, number = _find_object(origin, ("chat",)), _read_optional_integer(origin, "message_id")
    if origin.get("type") != "channel" or chat is None or number is None:
        return None
    name = chat.get("username")
    if isinstance(name, str) and _USERNAME.fullmatch(name):
        return name, number
    found = _read_optional_integer(chat, "id")
    return None if found is None else (found, number)


def _format_name(user: Json) -> str:
    parts = (read_optional_text(user, name, _LONGEST_NAME) for name in ("first_name", "last_name"))
    return " ".join(part for part in parts if part) or str(user.get("id"))
