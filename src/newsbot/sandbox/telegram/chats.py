"""The Bot API's methods for the bot and its chats: members, pinned messages, chat actions."""

from typing import Any, get_args

from newsbot.sandbox.telegram.parameters import UploadedFile
from newsbot.sandbox.telegram.posting import Method, MethodGroup, bad
from newsbot.sandbox.telegram.serializers import serialize_full_chat, serialize_member
from newsbot.sandbox.telegram.state import CallbackMode, SandboxChat

__all__ = ["ChatMethods"]

Json = dict[str, Any]

_ACTIONS = frozenset(
    {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice"}
    | {"upload_document", "choose_sticker", "find_location", "record_video_note", "upload_video_note"}
)


class ChatMethods(MethodGroup):
    """The methods for the bot and its chats."""

    def methods(self) -> dict[str, Method]:
        """Return the methods by name."""
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
        """Handle getMe, which returns a ``BotFullInfo``."""
        bot = self.state.bot
        abilities = {"can_join_groups": bot.joins_groups, "can_read_all_group_messages": bot.reads_groups}
        settings = {"callback_query_mode": bot.callback_query_mode, "active_usernames": [bot.username]}
        return bot.as_json() | abilities | {"supports_inline_queries": False} | settings

    async def set_my_settings(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Handle setMySettings; settings that are not given stay as they are."""
        bot = self.state.bot
        if params.get("callback_query_mode", "default") not in get_args(CallbackMode):
            raise bad("wrong callback query mode specified", violation=True)
        bot.callback_query_mode = params.get("callback_query_mode", bot.callback_query_mode)
        bot.joins_groups = params.get("can_join_groups", bot.joins_groups)
        bot.reads_groups = params.get("can_read_all_group_messages", bot.reads_groups)
        return True

    async def get_chat(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Handle getChat."""
        return serialize_full_chat(self._get_chat(params["chat_id"], present=True))

    async def get_chat_member(self, params: Json, _files: dict[str, UploadedFile]) -> Json:
        """Handle getChatMember."""
        chat = self._get_chat(params["chat_id"])
        bot = self.state.bot
        if params["user_id"] == bot.id:
            return serialize_member(chat, bot.as_json(), bot)
        if params["user_id"] not in chat.members:
            raise bad("member not found")
        return serialize_member(chat, chat.members[params["user_id"]], bot)

    async def get_chat_administrators(self, params: Json, _files: dict[str, UploadedFile]) -> list[Json]:
        """Handle getChatAdministrators."""
        chat = self._get_chat(params["chat_id"], present=True)
        if chat.type == "private":
            raise bad("there are no administrators in the private chat")
        us = [self.state.bot.as_json()] if chat.bot == "administrator" else []
        people = [chat.members[id_] for id_ in chat.admins if id_ in chat.members]
        return [serialize_member(chat, each, self.state.bot) for each in (*us, *people)]

    async def get_chat_member_count(self, params: Json, _files: dict[str, UploadedFile]) -> int:
        """Handle getChatMemberCount."""
        chat = self._get_chat(params["chat_id"], present=True)
        return len(chat.members) + (chat.bot != "restricted")

    async def send_chat_action(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Handle sendChatAction."""
        chat = self._get_chat(params["chat_id"], present=True)
        if params["action"] not in _ACTIONS:
            raise bad("wrong parameter action in request", violation=True)
        if chat.type == "channel":
            raise bad("chat actions can't be sent to channels")
        self.state.actions.append(params)
        return True

    async def pin_chat_message(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Handle pinChatMessage."""
        chat = self._require_pin_rights(params)
        if chat.message(params["message_id"]) is None:
            raise bad("message to pin not found")
        chat.pinned = [each for each in chat.pinned if each != params["message_id"]] + [params["message_id"]]
        return True

    async def unpin_chat_message(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Handle unpinChatMessage."""
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
