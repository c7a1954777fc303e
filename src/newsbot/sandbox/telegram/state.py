"""Telegram's chats, messages and bot as a stand-in has them; no HTTP, no rules of calls."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from newsbot.sandbox.pace import Window, Windows

__all__ = ["Bot", "Chat", "Message", "Pace", "TelegramState", "Upload", "default_chats"]

Json = dict[str, Any]
ChatType = Literal["private", "group", "supergroup", "channel"]
BotStatus = Literal["administrator", "member", "restricted", "left", "kicked"]


@dataclass(slots=True)
class Bot:
    """``token`` is what the client must show."""

    token: str = "123456:TEST-sandbox"  # noqa: S105  opens nothing but the stand-in
    first_name: str = "Sandbox"
    username: str = "sandbox_bot"

    @property
    def id(self) -> int:
        return int(self.token.partition(":")[0])

    def as_json(self) -> Json:
        return {"id": self.id, "is_bot": True, "first_name": self.first_name, "username": self.username}


@dataclass(slots=True)
class Upload:
    """A photo that the stand-in has taken; ``file_id`` can be sent again."""

    file_id: str
    kind: str
    width: int
    height: int
    data: bytes = field(repr=False)
    url: str | None = None


@dataclass(slots=True)
class Message:
    """``text`` is the text or, with a photo, the caption, as parsed; ``entities`` in UTF-16 units."""

    message_id: int
    date: int
    text: str
    entities: list[Json] = field(default_factory=list)
    photo: Upload | None = None
    sender: Json | None = None  # None: the channel itself
    reply_to: int | None = None
    thread_id: int | None = None
    reply_markup: Json | None = None
    link_preview_options: Json | None = None
    media_group_id: str | None = None
    edit_date: int | None = None
    silent: bool = False

    @property
    def links(self) -> list[str]:
        """Every address a reader could tap, whether meant or detected."""
        units = self.text.encode("utf-16-le")
        found = []
        for entity in self.entities:
            shown = units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])]
            if entity["type"] in {"url", "text_link"}:
                found.append(entity.get("url") or shown.decode("utf-16-le"))
        return found


@dataclass(slots=True)
class Chat:
    """``bot`` is the bot's standing; a right only counts for an administrator, as at Telegram.

    ``members`` are user objects by id; ``topics`` the thread ids of a forum; ``migrated_to`` the id of the
    supergroup that a group became.
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
    messages: list[Message] = field(default_factory=list)
    deleted: list[Message] = field(default_factory=list)
    last_id: int = 0

    def message(self, message_id: int) -> Message | None:
        return next((m for m in self.messages if m.message_id == message_id), None)

    def next_id(self) -> int:
        self.last_id += 1
        return self.last_id

    def as_json(self) -> Json:
        """A ``Chat`` of the Bot API."""
        name = "first_name" if self.type == "private" else "title"
        out: Json = {"id": self.id, "type": self.type, name: self.title}
        if self.username:
            out["username"] = self.username
        if self.topics is not None:
            out["is_forum"] = True
        return out


@dataclass(slots=True)
class Pace:
    """How often messages may be sent; None switches a rate off. A group is a group or a supergroup."""

    overall: Window | None = field(default_factory=lambda: Window(30, 1.0))
    per_chat: Window | None = field(default_factory=lambda: Window(1, 1.0))
    per_group: Window | None = field(default_factory=lambda: Window(20, 60.0))


def default_chats() -> list[Chat]:
    """A public channel, a private supergroup, a group, a forum with two topics, and a person."""
    editor = {"id": 111, "is_bot": False, "first_name": "Ada"}
    return [
        Chat(-1001000000001, "channel", "Sandbox", "sandbox"),
        Chat(-1001000000002, "supergroup", "Newsroom", members={111: editor}),
        Chat(-1000003, "group", "Night shift", bot="member", members={111: editor}),
        Chat(-1001000000004, "supergroup", "Forum", topics=(12, 13), members={111: editor}),
        Chat(111, "private", "Ada", bot="member", members={111: editor}),
    ]


@dataclass(slots=True)
class TelegramState:
    """All that the stand-in remembers. ``chats`` by id; `chat` finds by id or ``@name``.

    ``other_tokens`` are taken as well: of bots that share the chats. ``preview_lag``: seconds after which a
    message shows on its channel's public page.
    """

    bot: Bot = field(default_factory=Bot)
    other_tokens: set[str] = field(default_factory=set)
    chats: dict[int, Chat] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    windows: Windows = field(default_factory=Windows)
    updates: list[Json] = field(default_factory=list)
    uploads: dict[str, Upload] = field(default_factory=dict)
    commands: list[Json] = field(default_factory=list)
    callback_answers: list[Json] = field(default_factory=list)
    pressed: set[str] = field(default_factory=set)
    webhook: str = ""
    last_update: int = 0
    preview_lag: float = 0.0

    def add(self, chats: Iterable[Chat]) -> None:
        for chat in chats:
            self.chats[chat.id] = chat

    def chat(self, ref: int | str) -> Chat:
        """By id or ``@name`` (any case). Raises KeyError."""
        if isinstance(ref, str) and ref.startswith("@"):
            name = ref[1:].casefold()
            found = [c for c in self.chats.values() if (c.username or "").casefold() == name]
            if not found:
                raise KeyError(ref)
            return found[0]
        return self.chats[int(ref)]

    def update(self, kind: str, value: Json) -> Json:
        """Queue something for `getUpdates`; ``kind`` is a field of ``Update``."""
        self.last_update += 1
        update = {"update_id": self.last_update, kind: value}
        self.updates.append(update)
        return update
