"""The state of the simulated Telegram without HTTP: chats, messages, people and the bot."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from newsbot.sandbox.calls import RateWindow, RateWindows

__all__ = [
    "ADMIN",
    "EDITOR",
    "STRANGER",
    "VIEWER",
    "CallbackMode",
    "Message",
    "SandboxBot",
    "SandboxChat",
    "SandboxWebhook",
    "StoredPhoto",
    "TelegramRates",
    "TelegramState",
    "build_default_chats",
    "build_private_chats",
    "person",
]

Json = dict[str, Any]
ChatType = Literal["private", "group", "supergroup", "channel"]
CallbackMode = Literal["default", "auto", "inline"]
BotStatus = Literal["administrator", "member", "restricted", "left", "kicked"]

_OPT_IN_KINDS = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""The kinds of updates that a bot receives only if ``allowed_updates`` names them."""

_HISTORY_LENGTH = 1000


class _Clearable(Protocol):
    def clear(self) -> None: ...


@dataclass(slots=True)
class SandboxBot:
    """The simulated bot.

    A client must send the bot's ``token``. ``reads_groups`` means that the bot receives all messages of its
    groups (Telegram's privacy mode is off). ``callback_query_mode`` (Bot API 10.5) decides when the update
    about a button press contains the message: always (default), unless the bot can't see the message (auto),
    or never (inline).
    """

    token: str = "123456:TEST-sandbox"  # noqa: S105  This token is valid only in the sandbox.
    first_name: str = "Sandbox"
    username: str = "sandbox_bot"
    reads_groups: bool = False
    joins_groups: bool = True
    callback_query_mode: CallbackMode = "default"

    @property
    def id(self) -> int:
        """Return the bot's user id, which is the first part of its token."""
        return int(self.token.partition(":")[0])

    def as_json(self) -> Json:
        """Return the bot as the Bot API's ``User`` object."""
        return {"id": self.id, "is_bot": True, "first_name": self.first_name, "username": self.username}


@dataclass(slots=True)
class StoredPhoto:
    """A photo that was uploaded to the simulated Telegram; its ``file_id`` can be sent again."""

    file_id: str
    kind: str
    width: int
    height: int
    data: bytes = field(repr=False)
    url: str | None = None


@dataclass(slots=True)
class Message:
    """A message in a chat of the simulated Telegram.

    ``text`` is the parsed text or a photo's caption; the positions of its ``entities`` are in UTF-16 units.
    ``more`` are further fields of the Bot API's ``Message``, such as forward_origin, via_bot and sender_chat.
    """

    message_id: int
    date: int
    text: str
    entities: list[Json] = field(default_factory=list)
    photo: StoredPhoto | None = None
    sender: Json | None = None  # The message's author; None if a channel posted it.
    reply_to: int | None = None
    thread_id: int | None = None
    reply_markup: Json | None = None
    link_preview_options: Json | None = None
    media_group_id: str | None = None
    edit_date: int | None = None
    silent: bool = False
    more: Json = field(default_factory=dict)

    @property
    def links(self) -> list[str]:
        """Return every URL in the text that a reader could tap, whether marked as a link or detected."""
        units = self.text.encode("utf-16-le")
        found = []
        for entity in self.entities:
            shown = units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])]
            if entity["type"] in {"url", "text_link"}:
                found.append(entity.get("url") or shown.decode("utf-16-le"))
        return found


@dataclass(slots=True)
class SandboxChat:
    """A chat of the simulated Telegram.

    ``bot`` is the bot's status in the chat; only an administrator has the rights. ``members`` are user
    objects by id. ``topics`` are the thread ids of a forum. ``migrated_to`` is the id of the supergroup that
    a group became. ``admins`` are the members who administer the chat. ``started`` means that the person of a
    private chat has written to the bot; before that, the bot may not write there.
    """

    id: int
    type: ChatType
    title: str
    username: str | None = None
    bot: BotStatus = "administrator"
    can_post_messages: bool = True
    can_send_photos: bool = True
    can_delete_messages: bool = True
    topics: tuple[int, ...] | None = None
    migrated_to: int | None = None
    members: dict[int, Json] = field(default_factory=dict)
    admins: list[int] = field(default_factory=list)
    started: bool = True
    pinned: list[int] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    deleted: list[Message] = field(default_factory=list)
    last_id: int = 0

    def message(self, message_id: int) -> Message | None:
        """Return the chat's message with the id ``message_id``; None if the chat has no such message."""
        return next((m for m in self.messages if m.message_id == message_id), None)

    def next_id(self) -> int:
        """Reserve and return the id for the chat's next message."""
        self.last_id += 1
        return self.last_id

    def as_json(self) -> Json:
        """Return the chat as the Bot API's ``Chat`` object."""
        name = "first_name" if self.type == "private" else "title"
        out: Json = {"id": self.id, "type": self.type, name: self.title}
        if self.username:
            out["username"] = self.username
        if self.topics is not None:
            out["is_forum"] = True
        return out


@dataclass(slots=True)
class TelegramRates:
    """Telegram's rate limits on the bot's messages; None switches a limit off. Groups include supergroups."""

    overall: RateWindow | None = field(default_factory=lambda: RateWindow(30, 1.0))
    per_chat: RateWindow | None = field(default_factory=lambda: RateWindow(1, 1.0))
    per_group: RateWindow | None = field(default_factory=lambda: RateWindow(20, 60.0))


@dataclass(slots=True)
class SandboxWebhook:
    """The bot's webhook, to which the simulated Telegram sends the bot's updates.

    ``retry`` is the number of seconds after which an update that the webhook did not accept is sent for the
    second time.
    """

    url: str = ""
    secret: str = ""
    certificate: bytes = b""
    connections: int = 40
    retry: float = 1.0
    error: str = ""
    error_at: int = 0


@dataclass(slots=True)
class TelegramState:
    """The whole state of the simulated Telegram.

    ``chats`` are by id; the method `chat` finds a chat by id or ``@name``. ``other_tokens`` are also
    accepted: they belong to bots that share the chats. ``preview_lag`` is the number of seconds after which a
    message shows on its channel's public page. ``updates`` wait for the bot, ``replays`` are delivered again
    even if the bot has confirmed them, and ``history`` has the newest of all updates. ``allowed`` are the
    kinds of updates that the bot asked for. ``commands`` is the command menu without scope and language;
    ``menus`` has all menus, by scope (as JSON) and language. ``queries`` are the button presses that wait for
    the bot's answer.
    """

    bot: SandboxBot = field(default_factory=SandboxBot)
    other_tokens: set[str] = field(default_factory=set)
    chats: dict[int, SandboxChat] = field(default_factory=dict)
    people: dict[int, Json] = field(default_factory=dict)
    pace: TelegramRates = field(default_factory=TelegramRates)
    windows: RateWindows = field(default_factory=RateWindows)
    updates: list[Json] = field(default_factory=list)
    replays: list[Json] = field(default_factory=list)
    history: deque[Json] = field(default_factory=lambda: deque(maxlen=_HISTORY_LENGTH))
    arrival_times: dict[int, float] = field(default_factory=dict)
    allowed: list[str] = field(default_factory=list)
    uploads: dict[str, StoredPhoto] = field(default_factory=dict)
    menus: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    actions: list[Json] = field(default_factory=list)
    callback_answers: list[Json] = field(default_factory=list)
    pressed: set[str] = field(default_factory=set)
    queries: dict[str, Json] = field(default_factory=dict)
    hook: SandboxWebhook = field(default_factory=SandboxWebhook)
    last_update: int = 0
    last_query: int = 4_000_000_000
    preview_lag: float = 0.0
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def webhook(self) -> str:
        """Return the URL of the bot's webhook; "" if no webhook is set."""
        return self.hook.url

    @property
    def commands(self) -> list[Json]:
        """Return the bot's command menu for the default scope, without a language; [] if none is set."""
        return self.menus.get(('{"type": "default"}', ""), [])

    def add(self, chats: Iterable[SandboxChat]) -> None:
        """Add chats to the simulated Telegram, with the people who are their members."""
        for chat in chats:
            self.chats[chat.id] = chat
            self.people |= {id_: each for id_, each in chat.members.items() if not each.get("is_bot")}

    def chat(self, ref: int | str) -> SandboxChat:
        """Return the chat with an id or ``@name`` (in any case); raise KeyError if there is no such chat."""
        if isinstance(ref, str) and ref.startswith("@"):
            name = ref[1:].casefold()
            found = [c for c in self.chats.values() if (c.username or "").casefold() == name]
            if not found:
                raise KeyError(ref)
            return found[0]
        return self.chats[int(ref)]

    def update(self, kind: str, value: Json) -> Json:
        """Queue an update for the bot if it asked for this ``kind``, a field of the Bot API's ``Update``.

        Return the update, or {} if it was not queued.
        """
        wanted = kind in self.allowed if self.allowed else kind not in _OPT_IN_KINDS
        if not wanted:
            return {}
        self.last_update += 1
        update = {"update_id": self.last_update, kind: value}
        self.updates.append(update)
        self.history.append(update)
        self.arrival_times[self.last_update] = self.now().timestamp()
        return update

    def confirm(self, update_ids: Iterable[int]) -> None:
        """Delete updates from the bot's queue, because the bot has confirmed them or they have expired."""
        gone = set(update_ids)
        self.updates[:] = [each for each in self.updates if each["update_id"] not in gone]
        for update_id in gone:
            self.arrival_times.pop(update_id, None)

    def clear_events(self) -> None:
        """Delete updates, uploads and rate limit counts; keep chats, people, menus and the webhook.

        New ids continue after the last ones, so that no id is used twice.
        """
        kept: tuple[_Clearable, ...] = (
            self.updates,
            self.replays,
            self.history,
            self.arrival_times,
            self.uploads,
        )
        kept += (self.windows, self.actions, self.callback_answers, self.pressed, self.queries)
        for each in kept:
            each.clear()


def person(id_: int, first_name: str, language: str = "en") -> Json:
    """Return a person as the Bot API's ``User`` object."""
    return {"id": id_, "is_bot": False, "first_name": first_name, "language_code": language}


ADMIN = person(111, "Ada")
EDITOR = person(222, "Bilal", "ur")
VIEWER = person(333, "Carmen", "es")
STRANGER = person(444, "Dana")
"""A person whom newsbot's desk does not know.

The people whom the desk knows are those of the documentation's example: 111 admin, 222 editor, 333 viewer.
"""


def build_private_chats(people: Iterable[Json]) -> list[SandboxChat]:
    """Return each person's private chat with the bot; in `STRANGER`'s chat nobody has written yet."""
    return [
        SandboxChat(
            each["id"],
            "private",
            each["first_name"],
            bot="member",
            members={each["id"]: each},
            started=each is not STRANGER,
        )
        for each in people
    ]


def build_default_chats() -> list[SandboxChat]:
    """Return the chats that the sandbox has by default: a public channel, a private supergroup, a group, a
    forum with two topics, and private chats.
    """
    newsroom = {each["id"]: each for each in (ADMIN, EDITOR, VIEWER)}
    here: Json = {"members": newsroom, "admins": [ADMIN["id"]]}
    return [
        SandboxChat(-1001000000001, "channel", "Sandbox", "sandbox"),
        SandboxChat(-1001000000002, "supergroup", "Newsroom", **here),
        SandboxChat(-1000003, "group", "Night shift", bot="member", **here),
        SandboxChat(-1001000000004, "supergroup", "Forum", topics=(12, 13), **here),
        *build_private_chats((ADMIN, EDITOR, VIEWER, STRANGER)),
    ]
