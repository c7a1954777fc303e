"""The common steps of all methods that write: finding the chat, checking rights and rates, storing."""

import math
from collections.abc import Awaitable, Callable
from typing import Any

from newsbot.ports import Clock
from newsbot.sandbox.journal import PlatformError
from newsbot.sandbox.telegram.content import (
    CAPTION_LIMIT,
    TEXT_LIMIT,
    check_keyboard,
    parse_formatted_text,
    resolve_photo,
)
from newsbot.sandbox.telegram.parameters import OBJECTS, UploadedFile
from newsbot.sandbox.telegram.serializers import decode_inline_id, serialize_message
from newsbot.sandbox.telegram.state import Message, SandboxChat, TelegramState

__all__ = ["Method", "MethodGroup", "bad"]

Json = dict[str, Any]
Method = Callable[[Json, dict[str, UploadedFile]], Awaitable[Any]]


def bad(what: str, *, violation: bool = False) -> PlatformError:
    """Build an error 400; ``violation`` has the meaning that it has in `PlatformError`."""
    return PlatformError(400, f"Bad Request: {what}", violation=violation)


class MethodGroup:
    """The common rules for methods that act on a chat."""

    def __init__(self, state: TelegramState, clock: Clock) -> None:
        self.state = state
        self.clock = clock

    # ------------------------------------------------------------ chats and rights

    def _get_chat(self, ref: int | str, *, present: bool = False) -> SandboxChat:
        try:
            chat = self.state.chat(ref)
        except (KeyError, ValueError):
            raise bad("chat not found") from None
        if present and chat.bot in {"kicked", "left"}:
            what = "was kicked from" if chat.bot == "kicked" else "is not a member of"
            kind = chat.type if chat.type != "private" else "user"
            if kind == "user":
                raise PlatformError(403, "Forbidden: bot was blocked by the user")
            raise PlatformError(403, f"Forbidden: bot {what} the {kind} chat")
        if present and not chat.started:
            raise PlatformError(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def _require_send_rights(self, params: Json, *, photo: bool = False) -> SandboxChat:
        chat = self._get_chat(params["chat_id"], present=True)
        if chat.migrated_to:
            why = "Bad Request: group chat was upgraded to a supergroup chat"
            raise PlatformError(400, why, extra={"migrate_to_chat_id": chat.migrated_to})
        if chat.type == "channel" and (chat.bot != "administrator" or not chat.can_post_messages):
            raise bad("need administrator rights in the channel chat")
        what = "photos" if photo else "text messages"
        if not chat.can_post_messages or (photo and not chat.can_send_photos):
            raise bad(f"not enough rights to send {what} to the chat")
        if (thread := params.get("message_thread_id")) and thread not in (chat.topics or ()):
            raise bad("message thread not found")
        self._check_rate(chat)
        check_keyboard(params.get("reply_markup"))
        return chat

    def _get_editable_message(self, params: Json) -> tuple[SandboxChat, Message]:
        if "inline_message_id" in params:
            try:
                chat_id, message_id = decode_inline_id(params["inline_message_id"])
            except ValueError:
                raise bad("MESSAGE_ID_INVALID", violation=True) from None
            params |= {"chat_id": chat_id, "message_id": message_id}
        if "chat_id" not in params:
            raise bad("message identifier is not specified", violation=True)
        chat = self._get_chat(params["chat_id"], present=True)
        message = chat.message(params.get("message_id", 0))
        if message is None:
            raise bad("message to edit not found")
        if message.sender is not None and message.sender["id"] != self.state.bot.id:
            raise bad("message can't be edited")
        check_keyboard(params.get("reply_markup"))
        return chat, message

    def _parse_text(self, chat: SandboxChat, params: Json) -> tuple[str, list[Json]]:
        text, mode = params.get("text", ""), params.get("parse_mode")
        if not text:
            raise bad("message text is empty", violation=True)
        commands = chat.type != "channel"
        parsed = parse_formatted_text(text, mode, params.get("entities"), limit=TEXT_LIMIT, commands=commands)
        if not parsed[0]:
            raise bad("text must be non-empty", violation=True)
        return parsed

    def _parse_caption(self, chat: SandboxChat, params: Json) -> tuple[str, list[Json]]:
        caption, mode = params.get("caption", ""), params.get("parse_mode")
        entities = params.get("caption_entities")
        return parse_formatted_text(
            caption, mode, entities, limit=CAPTION_LIMIT, commands=chat.type != "channel"
        )

    # ------------------------------------------------------------ rate limits

    def _list_windows(self, chat: SandboxChat) -> list[tuple[str, Any]]:
        pace = self.state.pace
        group = pace.per_group if chat.type in {"group", "supergroup"} else None
        keyed = [("all", pace.overall), (f"chat {chat.id}", pace.per_chat), (f"group {chat.id}", group)]
        return [(key, window) for key, window in keyed if window is not None]

    def _check_rate(self, chat: SandboxChat) -> None:
        """Refuse with 429 a message that comes too early; a refused message does not count."""
        now, windows = self.clock.now().timestamp(), self.state.windows
        wait_seconds = max(
            (windows.wait_seconds(key, window, now) for key, window in self._list_windows(chat)), default=0.0
        )
        if wait_seconds > 0:
            seconds = math.ceil(wait_seconds)
            why = f"Too Many Requests: retry after {seconds}"
            raise PlatformError(429, why, violation=True, extra={"retry_after": seconds})

    def _count_message(self, chat: SandboxChat) -> None:
        now = self.clock.now().timestamp()
        for key, _ in self._list_windows(chat):
            self.state.windows.count(key, now)

    # ------------------------------------------------------------ messages

    def _build_message(self, chat: SandboxChat, params: Json, text: str, entities: list[Json]) -> Message:
        message = Message(0, int(self.clock.now().timestamp()), text, entities)
        message.sender = None if chat.type == "channel" else self.state.bot.as_json()
        message.thread_id = params.get("message_thread_id")
        message.reply_markup = params.get("reply_markup")
        message.silent = params.get("disable_notification", False)
        message.reply_to = self._resolve_reply(chat, params.get("reply_parameters"))
        return message

    @staticmethod
    def _resolve_reply(chat: SandboxChat, reply: Json | None) -> int | None:
        if reply is None:
            return None
        if chat.message(reply["message_id"]):
            return int(reply["message_id"])
        if reply.get("allow_sending_without_reply"):
            return None
        raise bad("message to be replied not found")

    async def _build_album_item(
        self, chat: SandboxChat, params: Json, item: Json, files: dict[str, UploadedFile]
    ) -> Message:
        if item.get("type") != "photo" or not item.keys() <= OBJECTS["InputMediaPhoto"].keys():
            raise bad("can't parse media: only photos are taken here", violation=True)
        text, entities = self._parse_caption(chat, item)
        message = self._build_message(chat, params, text, entities)
        source: Any = item["media"]
        if source.startswith("attach://"):
            source = files.get(source.removeprefix("attach://"), b"")
        message.photo = await resolve_photo(self.state, source)
        return message

    def _post(self, chat: SandboxChat, message: Message) -> Json:
        self._check_rate(chat)  # Fetching a photo takes time, so the rate is checked again.
        self._count_message(chat)
        return self._append(chat, message)

    @staticmethod
    def _append(chat: SandboxChat, message: Message) -> Json:
        message.message_id = chat.next_id()
        chat.messages.append(message)
        return serialize_message(chat, message)

    def _edit(
        self, chat: SandboxChat, message: Message, params: Json, new: Json, *, other: bool = False
    ) -> Json | bool:
        """Change a message; ``other`` means that it has another photo.

        Returns the message, or True if the call named it by its inline id.
        """
        markup = params.get("reply_markup")
        before = (message.text, message.entities, message.reply_markup, message.link_preview_options)
        if not other and before == (new["text"], new["entities"], markup, new["preview"]):
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message"
            )
        message.text, message.entities, message.reply_markup = new["text"], new["entities"], markup
        message.link_preview_options = new["preview"]
        message.edit_date = int(self.clock.now().timestamp())
        return True if "inline_message_id" in params else serialize_message(chat, message)
