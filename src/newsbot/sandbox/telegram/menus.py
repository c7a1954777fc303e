"""The bot's command menus, by scope and language, and its answers to pressed buttons."""

import json
import re
from typing import Any

from newsbot.sandbox.telegram.parameters import OBJECTS, UploadedFile
from newsbot.sandbox.telegram.posting import Method, bad
from newsbot.sandbox.telegram.state import SandboxChat, TelegramState

__all__ = ["MenuMethods", "find_menu"]

Json = dict[str, Any]

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
    """The Bot API's methods for command menus and callback queries."""

    def __init__(self, state: TelegramState) -> None:
        self.state = state

    def methods(self) -> dict[str, Method]:
        """Return the methods by name."""
        return {
            "setMyCommands": self.set_my_commands,
            "getMyCommands": self.get_my_commands,
            "deleteMyCommands": self.delete_my_commands,
            "answerCallbackQuery": self.answer_callback_query,
        }

    async def set_my_commands(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Handle setMyCommands; an empty list deletes the commands."""
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
        """Handle getMyCommands."""
        return self.state.menus.get(self._parse_menu_key(params), [])

    async def delete_my_commands(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Handle deleteMyCommands."""
        self.state.menus.pop(self._parse_menu_key(params), None)
        return True

    async def answer_callback_query(self, params: Json, _files: dict[str, UploadedFile]) -> bool:
        """Handle answerCallbackQuery. As at Telegram, a query can be answered only once."""
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
            raise bad("chat not found")  # Channels have no menus.
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

    They are the first list that is set; in each scope, the person's language comes first.
    """
    language = state.people.get(user_id, {}).get("language_code", "")
    for scope in _list_scopes(chat, user_id):
        for key in ((scope, language), (scope, "")):
            if key in state.menus:
                return state.menus[key]
    return []


def _list_scopes(chat: SandboxChat, user_id: int) -> list[str]:
    """Return the scopes, the narrowest first: core.telegram.org/bots/api#botcommandscope."""
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
