"""The bot's menus of commands, by scope and language, and its answers to pressed buttons."""

import json
import re
from typing import Any

from newsbot.sandbox.telegram.parameters import OBJECTS, Upload
from newsbot.sandbox.telegram.posting import Method, bad
from newsbot.sandbox.telegram.state import Chat, TelegramState

__all__ = ["Menus", "menu_for"]

Json = dict[str, Any]

_MOST = 100
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


class Menus:
    def __init__(self, state: TelegramState) -> None:
        self.state = state

    def methods(self) -> dict[str, Method]:
        return {
            "setMyCommands": self.set_my_commands,
            "getMyCommands": self.get_my_commands,
            "deleteMyCommands": self.delete_my_commands,
            "answerCallbackQuery": self.answer_callback_query,
        }

    async def set_my_commands(self, params: Json, _files: dict[str, Upload]) -> bool:
        """None at all is as good as deleting them."""
        key = self._key(params)
        commands = [_command(each) for each in params["commands"]]
        if len(commands) > _MOST:
            raise bad("BOT_COMMANDS_TOO_MUCH", violation=True)
        if not commands:
            self.state.menus.pop(key, None)
        else:
            self.state.menus[key] = commands
        return True

    async def get_my_commands(self, params: Json, _files: dict[str, Upload]) -> list[Json]:
        return self.state.menus.get(self._key(params), [])

    async def delete_my_commands(self, params: Json, _files: dict[str, Upload]) -> bool:
        self.state.menus.pop(self._key(params), None)
        return True

    async def answer_callback_query(self, params: Json, _files: dict[str, Upload]) -> bool:
        """Once: after that the query is gone, as it is at Telegram."""
        if len(params.get("text", "")) > _ANSWER_LIMIT:
            raise bad("MESSAGE_TOO_LONG", violation=True)
        query = self.state.queries.pop(params["callback_query_id"], None)
        if query is None:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        self.state.callback_answers.append(params | {"user": query.get("from", {}).get("id", 0)})
        return True

    def _key(self, params: Json) -> tuple[str, str]:
        scope, language = params.get("scope", {"type": "default"}), params.get("language_code", "")
        if scope.get("type") not in _SCOPES or scope.keys() - {"type"} != _SCOPES[scope["type"]]:
            raise bad("can't parse BotCommandScope: unsupported type or fields", violation=True)
        if language and not re.fullmatch("[a-z]{2}", language):
            raise bad("invalid language code specified", violation=True)
        if "chat_id" in scope:
            scope = scope | {"chat_id": self._chat(scope["chat_id"]).id}
        return _scope(**scope), language

    def _chat(self, ref: int | str) -> Chat:
        try:
            chat = self.state.chat(ref)
        except (KeyError, ValueError):
            raise bad("chat not found") from None
        if chat.type == "channel":
            raise bad("chat not found")  # menus are no matter of channels
        return chat


def _scope(**scope: str | int) -> str:
    return json.dumps(scope, sort_keys=True)


def _command(given: Json) -> Json:
    if not _NAME.fullmatch(given["command"]) or not given.keys() <= OBJECTS["BotCommand"].keys():
        raise bad("BOT_COMMAND_INVALID", violation=True)
    if len(given["description"]) not in _DESCRIPTION:
        raise bad("BOT_COMMAND_DESCRIPTION_INVALID", violation=True)
    return given | {"command": given["command"].removeprefix("/")}


def menu_for(state: TelegramState, chat: Chat, user_id: int) -> list[Json]:
    """What this person sees in this chat: the first list that is set, each scope in their language first."""
    language = state.people.get(user_id, {}).get("language_code", "")
    for scope in _seen(chat, user_id):
        for key in ((scope, language), (scope, "")):
            if key in state.menus:
                return state.menus[key]
    return []


def _seen(chat: Chat, user_id: int) -> list[str]:
    """Scopes, the narrowest first: core.telegram.org/bots/api#botcommandscope."""
    if chat.type == "private":
        return [
            _scope(type="chat", chat_id=chat.id),
            _scope(type="all_private_chats"),
            _scope(type="default"),
        ]
    admin = user_id in chat.admins
    return [
        _scope(type="chat_member", chat_id=chat.id, user_id=user_id),
        *([_scope(type="chat_administrators", chat_id=chat.id)] if admin else []),
        _scope(type="chat", chat_id=chat.id),
        *([_scope(type="all_chat_administrators")] if admin else []),
        _scope(type="all_group_chats"),
        _scope(type="default"),
    ]
