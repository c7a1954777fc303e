"""The Bot API's methods over the state: what each does, and what it refuses."""

import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from newsbot.ports import Clock
from newsbot.sandbox.journal import Refusal
from newsbot.sandbox.telegram.content import (
    CAPTION_LIMIT,
    DELETE_WITHIN,
    TEXT_LIMIT,
    check_keyboard,
    formatted,
    take_photo,
)
from newsbot.sandbox.telegram.parameters import OBJECTS, Upload
from newsbot.sandbox.telegram.polling import Polling
from newsbot.sandbox.telegram.present import chat_full, member, message_json
from newsbot.sandbox.telegram.state import Chat, Message, TelegramState

__all__ = ["Methods"]

Json = dict[str, Any]

_ALBUM = range(2, 11)
_ANSWER_LIMIT = 200


def _bad(what: str, *, violation: bool = False) -> Refusal:
    return Refusal(400, f"Bad Request: {what}", violation=violation)


class Methods:
    """One coroutine per method, named as the method; each takes checked parameters and returns ``result``."""

    def __init__(self, state: TelegramState, clock: Clock) -> None:
        self.state = state
        self.clock = clock
        self.polling = Polling(state)

    def find(self, method: str) -> Callable[[Json, dict[str, Upload]], Awaitable[Any]]:
        """Raises KeyError for what the stand-in does not have."""
        return _TABLE[method].__get__(self)  # type: ignore[no-any-return]  # binding loses the type

    async def get_me(self, _params: Json, _files: dict[str, Upload]) -> Json:
        abilities = {"can_join_groups": True, "can_read_all_group_messages": False}
        return self.state.bot.as_json() | abilities | {"supports_inline_queries": False}

    async def get_chat(self, params: Json, _files: dict[str, Upload]) -> Json:
        return chat_full(self._chat(params["chat_id"], present=True))

    async def get_chat_member(self, params: Json, _files: dict[str, Upload]) -> Json:
        chat = self._chat(params["chat_id"])
        bot = self.state.bot
        if params["user_id"] == bot.id:
            return member(chat, bot.as_json(), bot)
        if params["user_id"] not in chat.members:
            raise _bad("member not found")
        return member(chat, chat.members[params["user_id"]], bot)

    async def send_message(self, params: Json, _files: dict[str, Upload]) -> Json:
        chat = self._sendable(params)
        text, entities = self._text(chat, params)
        message = self._message(chat, params, text, entities)
        message.link_preview_options = params.get("link_preview_options")
        return self._post(chat, message)

    async def send_photo(self, params: Json, _files: dict[str, Upload]) -> Json:
        chat = self._sendable(params, photo=True)
        text, entities = self._caption(chat, params)
        message = self._message(chat, params, text, entities)
        message.photo = await take_photo(self.state, params["photo"])
        return self._post(chat, message)

    async def send_media_group(self, params: Json, files: dict[str, Upload]) -> list[Json]:
        chat = self._sendable(params, photo=True)
        if len(params["media"]) not in _ALBUM:
            raise _bad("wrong number of media in the group: 2 to 10", violation=True)
        messages = [await self._album_item(chat, params, item, files) for item in params["media"]]
        group = str(10**15 + chat.last_id)
        for message in messages:
            message.media_group_id = group
        self._count(chat)
        return [self._append(chat, message) for message in messages]

    async def edit_message_text(self, params: Json, _files: dict[str, Upload]) -> Json:
        chat, message = self._editable(params)
        if message.photo:
            raise _bad("there is no text in the message to edit")
        text, entities = self._text(chat, params)
        preview = params.get("link_preview_options")
        return self._edit(chat, message, params, {"text": text, "entities": entities, "preview": preview})

    async def edit_message_caption(self, params: Json, _files: dict[str, Upload]) -> Json:
        chat, message = self._editable(params)
        if not message.photo:
            raise _bad("there is no caption in the message to edit")
        text, entities = self._caption(chat, params)
        return self._edit(chat, message, params, {"text": text, "entities": entities, "preview": None})

    async def edit_message_reply_markup(self, params: Json, _files: dict[str, Upload]) -> Json:
        chat, message = self._editable(params)
        same = {"text": message.text, "entities": message.entities, "preview": message.link_preview_options}
        return self._edit(chat, message, params, same)

    async def delete_message(self, params: Json, _files: dict[str, Upload]) -> bool:
        chat = self._chat(params["chat_id"], present=True)
        message = chat.message(params["message_id"])
        if message is None:
            raise _bad("message to delete not found")
        age = self.clock.now() - datetime.fromtimestamp(message.date, UTC)
        others = message.sender is not None and message.sender["id"] != self.state.bot.id
        may = chat.can_post_messages if chat.type == "channel" else True
        if age > DELETE_WITHIN or not may or (others and not chat.can_delete_messages):
            raise _bad("message can't be deleted")
        chat.messages.remove(message)
        chat.deleted.append(message)
        return True

    async def get_updates(self, params: Json, _files: dict[str, Upload]) -> list[Json]:
        return await self.polling.get_updates(params)

    async def answer_callback_query(self, params: Json, _files: dict[str, Upload]) -> bool:
        if len(params.get("text", "")) > _ANSWER_LIMIT:
            raise _bad("MESSAGE_TOO_LONG", violation=True)
        if params["callback_query_id"] not in self.state.pressed:
            raise _bad("query is too old and response timeout expired or query ID is invalid")
        self.state.callback_answers.append(params)
        return True

    async def set_my_commands(self, params: Json, _files: dict[str, Upload]) -> bool:
        for command in params["commands"]:
            name = command["command"].removeprefix("/")
            if not (name.isascii() and name.replace("_", "a").isalnum() and name == name.lower()):
                raise _bad("BOT_COMMAND_INVALID", violation=True)
            if not 1 <= len(command["description"]) <= 256:  # noqa: PLR2004  BotCommand's own
                raise _bad("BOT_COMMAND_DESCRIPTION_INVALID", violation=True)
        self.state.commands = params["commands"]
        return True

    async def set_webhook(self, params: Json, _files: dict[str, Upload]) -> bool:
        if params["url"] and not params["url"].startswith("https://"):
            raise _bad("bad webhook: An HTTPS URL must be provided for webhook")
        self.state.webhook = params["url"]
        return await self._drop(params)

    async def delete_webhook(self, params: Json, _files: dict[str, Upload]) -> bool:
        self.state.webhook = ""
        return await self._drop(params)

    async def get_webhook_info(self, _params: Json, _files: dict[str, Upload]) -> Json:
        waiting = len(self.state.updates)
        return {"url": self.state.webhook, "has_custom_certificate": False, "pending_update_count": waiting}

    async def _drop(self, params: Json) -> bool:
        if params.get("drop_pending_updates"):
            self.state.updates.clear()
        return True

    # ------------------------------------------------------------ finding and allowing

    def _chat(self, ref: int | str, *, present: bool = False) -> Chat:
        try:
            chat = self.state.chat(ref)
        except (KeyError, ValueError):
            raise _bad("chat not found") from None
        if present and chat.bot in {"kicked", "left"}:
            what = "was kicked from" if chat.bot == "kicked" else "is not a member of"
            kind = chat.type if chat.type != "private" else "user"
            if kind == "user":
                raise Refusal(403, "Forbidden: bot was blocked by the user")
            raise Refusal(403, f"Forbidden: bot {what} the {kind} chat")
        return chat

    def _sendable(self, params: Json, *, photo: bool = False) -> Chat:
        chat = self._chat(params["chat_id"], present=True)
        if chat.migrated_to:
            why = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refusal(400, why, extra={"migrate_to_chat_id": chat.migrated_to})
        if chat.type == "channel" and (chat.bot != "administrator" or not chat.can_post_messages):
            raise _bad("need administrator rights in the channel chat")
        what = "photos" if photo else "text messages"
        if not chat.can_post_messages or (photo and not chat.can_send_photos):
            raise _bad(f"not enough rights to send {what} to the chat")
        if (thread := params.get("message_thread_id")) and thread not in (chat.topics or ()):
            raise _bad("message thread not found")
        self._pace(chat)
        check_keyboard(params.get("reply_markup"))
        return chat

    def _editable(self, params: Json) -> tuple[Chat, Message]:
        if "chat_id" not in params:
            raise _bad("message identifier is not specified", violation=True)
        chat = self._chat(params["chat_id"], present=True)
        message = chat.message(params.get("message_id", 0))
        if message is None:
            raise _bad("message to edit not found")
        if message.sender is not None and message.sender["id"] != self.state.bot.id:
            raise _bad("message can't be edited")
        check_keyboard(params.get("reply_markup"))
        return chat, message

    def _text(self, chat: Chat, params: Json) -> tuple[str, list[Json]]:
        text, mode = params.get("text", ""), params.get("parse_mode")
        if not text:
            raise _bad("message text is empty", violation=True)
        commands = chat.type != "channel"
        parsed = formatted(text, mode, params.get("entities"), limit=TEXT_LIMIT, commands=commands)
        if not parsed[0]:
            raise _bad("text must be non-empty", violation=True)
        return parsed

    def _caption(self, chat: Chat, params: Json) -> tuple[str, list[Json]]:
        caption, mode = params.get("caption", ""), params.get("parse_mode")
        entities = params.get("caption_entities")
        return formatted(caption, mode, entities, limit=CAPTION_LIMIT, commands=chat.type != "channel")

    # ------------------------------------------------------------ pace

    def _windows(self, chat: Chat) -> list[tuple[str, Any]]:
        pace = self.state.pace
        group = pace.per_group if chat.type in {"group", "supergroup"} else None
        keyed = [("all", pace.overall), (f"chat {chat.id}", pace.per_chat), (f"group {chat.id}", group)]
        return [(key, window) for key, window in keyed if window is not None]

    def _pace(self, chat: Chat) -> None:
        """Refuse with 429 what comes too fast; what is refused does not count."""
        now, windows = self.clock.now().timestamp(), self.state.windows
        wait = max((windows.wait(key, window, now) for key, window in self._windows(chat)), default=0.0)
        if wait > 0:
            seconds = math.ceil(wait)
            why = f"Too Many Requests: retry after {seconds}"
            raise Refusal(429, why, violation=True, extra={"retry_after": seconds})

    def _count(self, chat: Chat) -> None:
        now = self.clock.now().timestamp()
        for key, _ in self._windows(chat):
            self.state.windows.count(key, now)

    # ------------------------------------------------------------ writing

    def _message(self, chat: Chat, params: Json, text: str, entities: list[Json]) -> Message:
        message = Message(0, int(self.clock.now().timestamp()), text, entities)
        message.sender = None if chat.type == "channel" else self.state.bot.as_json()
        message.thread_id = params.get("message_thread_id")
        message.reply_markup = params.get("reply_markup")
        message.silent = params.get("disable_notification", False)
        message.reply_to = self._reply_to(chat, params.get("reply_parameters"))
        return message

    @staticmethod
    def _reply_to(chat: Chat, reply: Json | None) -> int | None:
        if reply is None:
            return None
        if chat.message(reply["message_id"]):
            return int(reply["message_id"])
        if reply.get("allow_sending_without_reply"):
            return None
        raise _bad("message to be replied not found")

    async def _album_item(self, chat: Chat, params: Json, item: Json, files: dict[str, Upload]) -> Message:
        if item.get("type") != "photo" or not item.keys() <= OBJECTS["InputMediaPhoto"].keys():
            raise _bad("can't parse media: only photos are taken here", violation=True)
        text, entities = self._caption(chat, item)
        message = self._message(chat, params, text, entities)
        source: Any = item["media"]
        if source.startswith("attach://"):
            source = files.get(source.removeprefix("attach://"), b"")
        message.photo = await take_photo(self.state, source)
        return message

    def _post(self, chat: Chat, message: Message) -> Json:
        self._pace(chat)  # once more: a photo's fetch takes time
        self._count(chat)
        return self._append(chat, message)

    @staticmethod
    def _append(chat: Chat, message: Message) -> Json:
        message.message_id = chat.next_id()
        chat.messages.append(message)
        return message_json(chat, message)

    def _edit(self, chat: Chat, message: Message, params: Json, new: Json) -> Json:
        markup = params.get("reply_markup")
        before = (message.text, message.entities, message.reply_markup, message.link_preview_options)
        if before == (new["text"], new["entities"], markup, new["preview"]):
            raise _bad(
                "message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message"
            )
        message.text, message.entities, message.reply_markup = new["text"], new["entities"], markup
        message.link_preview_options = new["preview"]
        message.edit_date = int(self.clock.now().timestamp())
        return message_json(chat, message)


_TABLE = {
    "getMe": Methods.get_me,
    "getChat": Methods.get_chat,
    "getChatMember": Methods.get_chat_member,
    "getUpdates": Methods.get_updates,
    "sendMessage": Methods.send_message,
    "sendPhoto": Methods.send_photo,
    "sendMediaGroup": Methods.send_media_group,
    "editMessageText": Methods.edit_message_text,
    "editMessageCaption": Methods.edit_message_caption,
    "editMessageReplyMarkup": Methods.edit_message_reply_markup,
    "deleteMessage": Methods.delete_message,
    "answerCallbackQuery": Methods.answer_callback_query,
    "setMyCommands": Methods.set_my_commands,
    "setWebhook": Methods.set_webhook,
    "deleteWebhook": Methods.delete_webhook,
    "getWebhookInfo": Methods.get_webhook_info,
}
