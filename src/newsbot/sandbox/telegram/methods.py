"""The simulated Bot API's methods for the bot, chats, command menus, button presses and messages.

Chats have members, pinned messages and chat actions; a command menu belongs to a scope and a language.
"""

import json
import re
from datetime import UTC, datetime
from typing import Any, get_args

from newsbot.sandbox.telegram.parameters import OBJECTS, UploadedFile
from newsbot.sandbox.telegram.posting import DELETE_WINDOW, Method, MethodGroup, bad, resolve_photo
from newsbot.sandbox.telegram.serializers import serialize_full_chat, serialize_member, serialize_origin
from newsbot.sandbox.telegram.state import CallbackMode, Message, SandboxChat, TelegramState

__all__ = ["ChatMethods", "CopyMethods", "MenuMethods", "MessageMethods", "find_menu"]

# ---------------------------------------------------------------- methods for the bot and its chats

Json = dict[str, Any]

_ACTIONS = frozenset(
    {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"}
    | {"upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"}
)


class ChatMethods(MethodGroup):
    """The simulated Bot API's methods for the bot and its chats."""

    def methods(self) -> dict[str, Method]:
        """Return the functions of the Bot API's methods for the bot and its chats, by the methods' names."""
        return {
            "getMe": self.get_me,
            "setMySettings": self.set_my_settings,
            "getChat": self.get_chat,
            "getChatMember": self.get_chat_member,
            "getChatAdministrators": self.get_chat_administrators,
            "getChatMemberCount": self.get_chat_member_count,
            "sendChatAction": self.send_chat_action,
            "pinChatMessage": self.pin_chat_message,
            "unpinChatMessage": self.unpin_chat_message,
        }

    async def get_me(self, _params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Answer the Bot API's getMe with a ``User`` object that has the bot's settings."""
        bot = self.state.bot
        abilities = {"can_join_groups": bot.joins_groups, "can_read_all_group_messages": bot.reads_groups}
        settings = {"callback_query_mode": bot.callback_query_mode, "active_usernames": [bot.username]}
        return bot.as_json() | abilities | {"supports_inline_queries": False} | settings

    async def set_my_settings(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's setMySettings: change only the given settings of the simulated bot."""
        bot = self.state.bot
        if params.get("callback_query_mode", "default") not in get_args(CallbackMode):
            raise bad("wrong callback query mode specified", violation=True)
        bot.callback_query_mode = params.get("callback_query_mode", bot.callback_query_mode)
        bot.joins_groups = params.get("can_join_groups", bot.joins_groups)
        bot.reads_groups = params.get("can_read_all_group_messages", bot.reads_groups)
        return True

    async def get_chat(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Answer the Bot API's getChat with a ``ChatFullInfo`` object."""
        return serialize_full_chat(self._get_chat(params["chat_id"], present=True))

    async def get_chat_member(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Answer the Bot API's getChatMember with a ``ChatMember`` object."""
        chat = self._get_chat(params["chat_id"])
        bot = self.state.bot
        if params["user_id"] == bot.id:
            return serialize_member(chat, bot.as_json(), bot)
        if params["user_id"] not in chat.members:
            raise bad("member not found")
        return serialize_member(chat, chat.members[params["user_id"]], bot)

    async def get_chat_administrators(self, params: Json, _files: dict[str, UploadedFile]) -> list[Json]:
        """Answer the Bot API's getChatAdministrators with ``ChatMember`` objects."""
        chat = self._get_chat(params["chat_id"], present=True)
        if chat.type == "private":
            raise bad("there are no administrators in the private chat")
        us = [self.state.bot.as_json()] if chat.bot == "administrator" else []
        people = [chat.members[id_] for id_ in chat.admins if id_ in chat.members]
        return [serialize_member(chat, each, self.state.bot) for each in (*us, *people)]

    async def get_chat_member_count(self, params: Json, _files: dict[str, UploadedFile]) -> int:
        """Answer the Bot API's getChatMemberCount with the number of the chat's members, the bot included."""
        chat = self._get_chat(params["chat_id"], present=True)
        return len(chat.members) + (chat.bot != "restricted")

    async def send_chat_action(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's sendChatAction by recording the action ("typing" ...)."""
        chat = self._get_chat(params["chat_id"], present=True)
        if params["action"] not in _ACTIONS:
            raise bad("wrong parameter action in request", violation=True)
        if chat.type == "channel":
            raise bad("chat actions can't be sent to channels")
        self.state.actions.append(params)
        return True

    async def pin_chat_message(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's pinChatMessage: pin a message in the simulated chat."""
        chat = self._require_pin_rights(params)
        if chat.message(params["message_id"]) is None:
            raise bad("message to pin not found")
        chat.pinned = [each for each in chat.pinned if each != params["message_id"]] + [params["message_id"]]
        return True

    async def unpin_chat_message(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's unpinChatMessage: unpin the given message, or the last one that was pinned."""
        chat = self._require_pin_rights(params)
        gone = params.get("message_id") or (chat.pinned[-1] if chat.pinned else None)
        if gone not in chat.pinned:
            raise bad("message to unpin not found")
        chat.pinned.remove(gone)
        return True

    def _require_pin_rights(self, params: Json) -> SandboxChat:
        chat = self._get_chat(params["chat_id"], present=True)
        if chat.type != "private" and chat.bot != "administrator":
            raise bad("not enough rights to manage pinned messages in the chat")
        return chat


# ---------------------------------------------------------------- methods for menus and button presses


_MAX_COMMANDS = 100
_DESCRIPTION = range(1, 257)
_NAME = re.compile(r"/?[a-z0-9_]{1,32}")
_ANSWER_LIMIT = 200
_SCOPES: dict[str, set[str]] = {
    "default": set(),
    "all_private_chats": set(),
    "all_group_chats": set(),
    "all_chat_administrators": set(),
    "chat": {"chat_id"},
    "chat_administrators": {"chat_id"},
    "chat_member": {"chat_id", "user_id"},
}


class MenuMethods:
    """The simulated Bot API's methods for command menus and answers to button presses."""

    def __init__(self, state: TelegramState) -> None:
        self.state = state

    def methods(self) -> dict[str, Method]:
        """Return the functions of the Bot API's methods for menus and button presses, by the methods'
        names.
        """
        return {
            "setMyCommands": self.set_my_commands,
            "getMyCommands": self.get_my_commands,
            "deleteMyCommands": self.delete_my_commands,
            "answerCallbackQuery": self.answer_callback_query,
        }

    async def set_my_commands(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's setMyCommands: store a command menu; an empty list deletes it."""
        key = self._parse_menu_key(params)
        commands = [_check_command(each) for each in params["commands"]]
        if len(commands) > _MAX_COMMANDS:
            raise bad("BOT_COMMANDS_TOO_MUCH", violation=True)
        if not commands:
            self.state.menus.pop(key, None)
        else:
            self.state.menus[key] = commands
        return True

    async def get_my_commands(self, params: Json, _files: dict[str, UploadedFile]) -> list[Json]:
        """Answer the Bot API's getMyCommands with the commands of one menu; [] if the menu is not set."""
        return self.state.menus.get(self._parse_menu_key(params), [])

    async def delete_my_commands(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's deleteMyCommands: delete one command menu."""
        self.state.menus.pop(self._parse_menu_key(params), None)
        return True

    async def answer_callback_query(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's answerCallbackQuery: record the bot's only answer to a button press."""
        if len(params.get("text", "")) > _ANSWER_LIMIT:
            raise bad("MESSAGE_TOO_LONG", violation=True)
        query = self.state.queries.pop(params["callback_query_id"], None)
        if query is None:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        self.state.callback_answers.append(params | {"user": query.get("from", {}).get("id", 0)})
        return True

    def _parse_menu_key(self, params: Json) -> tuple[str, str]:
        scope, language = params.get("scope", {"type": "default"}), params.get("language_code", "")
        if scope.get("type") not in _SCOPES or scope.keys() - {"type"} != _SCOPES[scope["type"]]:
            raise bad("can't parse BotCommandScope: unsupported type or fields", violation=True)
        if language and not re.fullmatch("[a-z]{2}", language):
            raise bad("invalid language code specified", violation=True)
        if "chat_id" in scope:
            scope = scope | {"chat_id": self._get_chat(scope["chat_id"]).id}
        return _encode_scope(**scope), language

    def _get_chat(self, ref: int | str) -> SandboxChat:
        try:
            chat = self.state.chat(ref)
        except (KeyError, ValueError):
            raise bad("chat not found") from None
        if chat.type == "channel":
            # A channel is refused, because Telegram's channels have no command menus.
            raise bad("chat not found")
        return chat


def _encode_scope(**scope: str | int) -> str:
    return json.dumps(scope, sort_keys=True)


def _check_command(given: Json) -> Json:
    if not _NAME.fullmatch(given["command"]) or not given.keys() <= OBJECTS["BotCommand"].keys():
        raise bad("BOT_COMMAND_INVALID", violation=True)
    if len(given["description"]) not in _DESCRIPTION:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID", violation=True)
    return given | {"command": given["command"].removeprefix("/")}


def find_menu(state: TelegramState, chat: SandboxChat, user_id: int) -> list[Json]:
    """Return the commands that a person sees in a chat.

    The commands are those of the narrowest scope that has a menu; in each scope, a menu in the person's
    language comes before a menu without a language.
    """
    language = state.people.get(user_id, {}).get("language_code", "")
    for scope in _list_scopes(chat, user_id):
        for key in ((scope, language), (scope, "")):
            if key in state.menus:
                return state.menus[key]
    return []


def _list_scopes(chat: SandboxChat, user_id: int) -> list[str]:
    """Return the scopes whose command menu a person in a chat may see, the narrowest first.

    Source: https://core.telegram.org/bots/api#botcommandscope
    """
    if chat.type == "private":
        return [
            _encode_scope(type="chat", chat_id=chat.id),
            _encode_scope(type="all_private_chats"),
            _encode_scope(type="default"),
        ]
    admin = user_id in chat.admins
    return [
        _encode_scope(type="chat_member", chat_id=chat.id, user_id=user_id),
        *([_encode_scope(type="chat_administrators", chat_id=chat.id)] if admin else []),
        _encode_scope(type="chat", chat_id=chat.id),
        *([_encode_scope(type="all_chat_administrators")] if admin else []),
        _encode_scope(type="all_group_chats"),
        _encode_scope(type="default"),
    ]


# ---------------------------------------------------------------- the Bot API's methods for messages


_ALBUM = range(2, 11)


class MessageMethods(MethodGroup):
    """The simulated Bot API's methods that send, edit and delete messages; each returns its ``result``."""

    def methods(self) -> dict[str, Method]:
        """Return the functions of the Bot API's methods for messages, by the methods' names."""
        return {
            "sendMessage": self.send_message,
            "sendPhoto": self.send_photo,
            "sendMediaGroup": self.send_media_group,
            "editMessageText": self.edit_message_text,
            "editMessageCaption": self.edit_message_caption,
            "editMessageMedia": self.edit_message_media,
            "editMessageReplyMarkup": self.edit_message_reply_markup,
            "deleteMessage": self.delete_message,
            "deleteMessages": self.delete_messages,
        }

    async def send_message(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Answer the Bot API's sendMessage: store a text message in the simulated chat."""
        chat = self._require_send_rights(params)
        text, entities = self._parse_text(chat, params)
        message = self._build_message(chat, params, text, entities)
        message.link_preview_options = params.get("link_preview_options")
        return self._post(chat, message)

    async def send_photo(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Answer the Bot API's sendPhoto: store a message with a photo in the simulated chat."""
        chat = self._require_send_rights(params, photo=True)
        text, entities = self._parse_caption(chat, params)
        message = self._build_message(chat, params, text, entities)
        message.photo = await resolve_photo(self.state, params["photo"])
        return self._post(chat, message)

    async def send_media_group(self, params: Json, files: dict[str, UploadedFile]) -> list[Json]:
        """Answer the Bot API's sendMediaGroup: store an album of 2 to 10 photos in the simulated chat."""
        chat = self._require_send_rights(params, photo=True)
        if len(params["media"]) not in _ALBUM:
            raise bad("wrong number of media in the group: 2 to 10", violation=True)
        messages = [await self._build_album_item(chat, params, item, files) for item in params["media"]]
        group = str(10**15 + chat.last_id)
        for message in messages:
            message.media_group_id = group
        self._count_message(chat)
        return [self._append(chat, message) for message in messages]

    async def edit_message_text(self, params: Json, _files: dict[str, UploadedFile]) -> Json | bool:
        """Answer the Bot API's editMessageText: replace a message's text and buttons."""
        chat, message = self._get_editable_message(params)
        if message.photo:
            raise bad("there is no text in the message to edit")
        text, entities = self._parse_text(chat, params)
        preview = params.get("link_preview_options")
        return self._edit(chat, message, params, {"text": text, "entities": entities, "preview": preview})

    async def edit_message_caption(self, params: Json, _files: dict[str, UploadedFile]) -> Json | bool:
        """Answer the Bot API's editMessageCaption: replace a photo's caption and its message's buttons."""
        chat, message = self._get_editable_message(params)
        if not message.photo:
            raise bad("there is no caption in the message to edit")
        text, entities = self._parse_caption(chat, params)
        return self._edit(chat, message, params, {"text": text, "entities": entities, "preview": None})

    async def edit_message_media(self, params: Json, files: dict[str, UploadedFile]) -> Json | bool:
        """Answer the Bot API's editMessageMedia: replace a message's photo, caption and buttons."""
        chat, message = self._get_editable_message(params)
        new = await self._build_album_item(chat, {}, params["media"], files)
        before, message.photo = message.photo, new.photo
        changed = {"text": new.text, "entities": new.entities, "preview": None}
        return self._edit(chat, message, params, changed, other=before is not new.photo)

    async def edit_message_reply_markup(self, params: Json, _files: dict[str, UploadedFile]) -> Json | bool:
        """Answer the Bot API's editMessageReplyMarkup: replace a message's buttons."""
        chat, message = self._get_editable_message(params)
        same = {"text": message.text, "entities": message.entities, "preview": message.link_preview_options}
        return self._edit(chat, message, params, same)

    async def delete_message(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's deleteMessage: delete a message if its age and the bot's rights allow it."""
        chat = self._get_chat(params["chat_id"], present=True)
        message = chat.message(params["message_id"])
        if message is None:
            raise bad("message to delete not found")
        age = self.clock.now() - datetime.fromtimestamp(message.date, UTC)
        others = message.sender is not None and message.sender["id"] != self.state.bot.id
        may = chat.can_post_messages if chat.type == "channel" else True
        if age > DELETE_WINDOW or not may or (others and not chat.can_delete_messages):
            raise bad("message can't be deleted")
        chat.messages.remove(message)
        chat.deleted.append(message)
        return True

    async def delete_messages(self, params: Json, files: dict[str, UploadedFile]) -> bool:
        """Answer the Bot API's deleteMessages: delete the messages that exist, and ignore the others."""
        chat = self._get_chat(params["chat_id"], present=True)
        for message_id in params["message_ids"]:
            if chat.message(message_id):
                await self.delete_message({"chat_id": chat.id, "message_id": message_id}, files)
        return True


class CopyMethods(MethodGroup):
    """The simulated Bot API's methods that forward and copy messages."""

    def methods(self) -> dict[str, Method]:
        """Return the functions of the Bot API's methods that forward and copy messages, by the methods'
        names.
        """
        return {"forwardMessage": self.forward_message, "copyMessage": self.copy_message}

    async def forward_message(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Answer the Bot API's forwardMessage: store a copy of a message that names the message's author."""
        chat, (source, original) = self._require_send_rights(params), self._find_original(params, "forward")
        message = self._build_copy(chat, params, original)
        message.more = {"forward_origin": serialize_origin(source, original, hidden=False)}
        return self._post(chat, message)

    async def copy_message(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Answer the Bot API's copyMessage: store a copy of a message, with a new caption if given."""
        chat, (_, original) = self._require_send_rights(params), self._find_original(params, "copy")
        message = self._build_copy(chat, params, original)
        if original.photo and "caption" in params:
            message.text, message.entities = self._parse_caption(chat, params)
        return {"message_id": self._post(chat, message)["message_id"]}

    def _find_original(self, params: Json, what: str) -> tuple[SandboxChat, Message]:
        source = self._get_chat(params["from_chat_id"], present=True)
        original = source.message(params["message_id"])
        if original is None:
            raise bad(f"message to {what} not found")
        return source, original

    def _build_copy(self, chat: SandboxChat, params: Json, original: Message) -> Message:
        message = self._build_message(chat, params, original.text, original.entities)
        message.photo, message.link_preview_options = original.photo, original.link_preview_options
        return message
