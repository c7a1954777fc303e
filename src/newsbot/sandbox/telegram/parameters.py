"""The parameters of the simulated Bot API's methods as data, and the check of a call against this data.

The data follows the documentation of Bot API 10.1, for setMySettings that of 10.5. ``!`` marks a required
parameter, ``|`` separates alternative types. Objects that are not in `OBJECTS` are accepted unchecked.
"""

import json
from typing import Any

from newsbot.sandbox.calls import PlatformError

__all__ = ["METHODS", "OBJECTS", "UploadedFile", "parse_parameters"]

_TARGET = {
    "business_connection_id": "String",
    "chat_id": "Integer|String!",
    "message_thread_id": "Integer",
    "direct_messages_topic_id": "Integer",
}
_DELIVERY = {
    "disable_notification": "Boolean",
    "protect_content": "Boolean",
    "allow_paid_broadcast": "Boolean",
    "message_effect_id": "String",
    "reply_parameters": "ReplyParameters",
}
_KEYBOARDS = "InlineKeyboardMarkup|ReplyKeyboardMarkup|ReplyKeyboardRemove|ForceReply"
_SENDING = {
    **_DELIVERY,
    "suggested_post_parameters": "SuggestedPostParameters",
    "reply_markup": _KEYBOARDS,
}
_COPIED = {
    "chat_id": "Integer|String!",
    "message_thread_id": "Integer",
    "direct_messages_topic_id": "Integer",
    "from_chat_id": "Integer|String!",
    "message_id": "Integer!",
    "video_start_timestamp": "Integer",
}
_SEEN = {
    "disable_notification": "Boolean",
    "protect_content": "Boolean",
    "message_effect_id": "String",
    "suggested_post_parameters": "SuggestedPostParameters",
}
_CAPTION = {
    "caption": "String",
    "parse_mode": "String",
    "caption_entities": "Array of MessageEntity",
    "show_caption_above_media": "Boolean",
}
_MENU = {"scope": "BotCommandScope", "language_code": "String"}
_EDITED = {
    "business_connection_id": "String",
    "chat_id": "Integer|String",
    "message_id": "Integer",
    "inline_message_id": "String",
    "reply_markup": "InlineKeyboardMarkup",
}

METHODS: dict[str, dict[str, str]] = {
    "getMe": {},
    "setMySettings": {
        "can_join_groups": "Boolean",
        "can_read_all_group_messages": "Boolean",
        "callback_query_mode": "String",
    },
    "getChat": {"chat_id": "Integer|String!"},
    "getChatMember": {"chat_id": "Integer|String!", "user_id": "Integer!"},
    "getChatAdministrators": {"chat_id": "Integer|String!", "return_bots": "Boolean"},
    "getChatMemberCount": {"chat_id": "Integer|String!"},
    "getUpdates": {
        "offset": "Integer",
        "limit": "Integer",
        "timeout": "Integer",
        "allowed_updates": "Array of String",
    },
    "sendMessage": {
        **_TARGET,
        **_SENDING,
        "text": "String!",
        "parse_mode": "String",
        "entities": "Array of MessageEntity",
        "link_preview_options": "LinkPreviewOptions",
    },
    "sendPhoto": {
        **_TARGET,
        **_SENDING,
        **_CAPTION,
        "photo": "InputFile|String!",
        "has_spoiler": "Boolean",
    },
    "sendMediaGroup": {
        **_TARGET,
        **_DELIVERY,
        "media": "Array of InputMediaAudio|Array of InputMediaDocument|Array of InputMediaLivePhoto"
        "|Array of InputMediaPhoto|Array of InputMediaVideo!",
    },
    "editMessageText": {
        **_EDITED,
        "text": "String",
        "parse_mode": "String",
        "entities": "Array of MessageEntity",
        "link_preview_options": "LinkPreviewOptions",
        "rich_message": "InputRichMessage",
    },
    "editMessageCaption": {**_EDITED, **_CAPTION},
    "editMessageReplyMarkup": _EDITED,
    "editMessageMedia": {**_EDITED, "media": "InputMedia!"},
    "forwardMessage": {**_COPIED, **_SEEN},
    "copyMessage": {
        **_COPIED,
        **_CAPTION,
        **_DELIVERY,
        "suggested_post_parameters": "SuggestedPostParameters",
        "reply_markup": _KEYBOARDS,
    },
    "deleteMessage": {"chat_id": "Integer|String!", "message_id": "Integer!"},
    "deleteMessages": {"chat_id": "Integer|String!", "message_ids": "Array of Integer!"},
    "sendChatAction": {
        "business_connection_id": "String",
        "chat_id": "Integer|String!",
        "message_thread_id": "Integer",
        "action": "String!",
    },
    "pinChatMessage": {
        "business_connection_id": "String",
        "chat_id": "Integer|String!",
        "message_id": "Integer!",
        "disable_notification": "Boolean",
    },
    "unpinChatMessage": {
        "business_connection_id": "String",
        "chat_id": "Integer|String!",
        "message_id": "Integer",
    },
    "answerCallbackQuery": {
        "callback_query_id": "String!",
        "text": "String",
        "show_alert": "Boolean",
        "url": "String",
        "cache_time": "Integer",
    },
    "setMyCommands": {"commands": "Array of BotCommand!", **_MENU},
    "getMyCommands": _MENU,
    "deleteMyCommands": _MENU,
    "setWebhook": {
        "url": "String!",
        "certificate": "InputFile",
        "ip_address": "String",
        "max_connections": "Integer",
        "allowed_updates": "Array of String",
        "drop_pending_updates": "Boolean",
        "secret_token": "String",
    },
    "deleteWebhook": {"drop_pending_updates": "Boolean"},
    "getWebhookInfo": {},
}

OBJECTS: dict[str, dict[str, str]] = {
    "LinkPreviewOptions": {
        "is_disabled": "Boolean",
        "url": "String",
        "prefer_small_media": "Boolean",
        "prefer_large_media": "Boolean",
        "show_above_text": "Boolean",
    },
    "ReplyParameters": {
        "message_id": "Integer!",
        "chat_id": "Integer|String",
        "allow_sending_without_reply": "Boolean",
        "quote": "String",
        "quote_parse_mode": "String",
        "quote_entities": "Array of MessageEntity",
        "quote_position": "Integer",
        "checklist_task_id": "Integer",
        "poll_option_id": "String",
    },
    "MessageEntity": {
        "type": "String!",
        "offset": "Integer!",
        "length": "Integer!",
        "url": "String",
        "user": "User",
        "language": "String",
        "custom_emoji_id": "String",
        "unix_time": "Integer",
        "date_time_format": "String",
    },
    "InputMediaPhoto": {"type": "String!", "media": "String!", **_CAPTION, "has_spoiler": "Boolean"},
    "InlineKeyboardMarkup": {"inline_keyboard": "Array of Array of InlineKeyboardButton!"},
    "InlineKeyboardButton": {
        "text": "String!",
        "icon_custom_emoji_id": "String",
        "style": "String",
        "url": "String",
        "callback_data": "String",
        "web_app": "WebAppInfo",
        "login_url": "LoginUrl",
        "switch_inline_query": "String",
        "switch_inline_query_current_chat": "String",
        "switch_inline_query_chosen_chat": "SwitchInlineQueryChosenChat",
        "copy_text": "CopyTextButton",
        "callback_game": "CallbackGame",
        "pay": "Boolean",
    },
    "ReplyKeyboardMarkup": {
        "keyboard": "Array of Array of KeyboardButton!",
        "is_persistent": "Boolean",
        "resize_keyboard": "Boolean",
        "one_time_keyboard": "Boolean",
        "input_field_placeholder": "String",
        "selective": "Boolean",
    },
    "CopyTextButton": {"text": "String!"},
    "ReplyKeyboardRemove": {"remove_keyboard": "Boolean!", "selective": "Boolean"},
    "ForceReply": {
        "force_reply": "Boolean!",
        "input_field_placeholder": "String",
        "selective": "Boolean",
    },
    "BotCommand": {"command": "String!", "description": "String!"},
}

_UNSUPPORTED = {"InputMediaAudio", "InputMediaDocument", "InputMediaLivePhoto", "InputMediaVideo"}
Json = dict[str, Any]


class UploadedFile(bytes):
    """The bytes of a file that a request to the simulated Bot API uploaded."""


def parse_parameters(method: str, given: Json, files: dict[str, UploadedFile], *, text: bool) -> Json:
    """Return the parameters of a call of ``method``, converted to their documented types.

    ``given`` are the call's values; ``text`` means that all of them are strings, as in a form.

    Raises:
        PlatformError: A parameter is unknown, missing or of a wrong type: status 400, recorded as a
            violation.
    """
    table = METHODS[method]
    for name in given.keys() | files.keys():
        if name not in table and not _is_attached(name, given, files):
            raise _parameter_error(f"unknown parameter {name!r}")
    values = {name: _parse_value(table[name], name, given[name], text=text) for name in given}
    for name, kind in table.items():
        if name in files:
            values[name] = _get_file(kind, name, files[name])
        elif isinstance(values.get(name), str) and values[name].startswith("attach://"):
            values[name] = _get_file(kind, name, files.get(values[name].removeprefix("attach://")))
        elif kind.endswith("!") and name not in values and name != "text":
            raise PlatformError(400, f"Bad Request: parameter {name!r} is required", violation=True)
    return values


def _is_attached(name: str, given: Json, files: dict[str, UploadedFile]) -> bool:
    """Return whether any parameter of the call refers to the uploaded file ``name`` by ``attach://name``."""
    return name in files and any(f"attach://{name}" in str(value) for value in given.values())


def _get_file(kind: str, name: str, data: UploadedFile | None) -> UploadedFile:
    if data is None or "InputFile" not in kind:
        raise _parameter_error(f"parameter {name!r} is not a file")
    return data


def _parameter_error(what: str) -> PlatformError:
    return PlatformError(400, f"Bad Request: {what}", violation=True)


def _parse_value(kind: str, name: str, value: Any, *, text: bool) -> Any:
    plain = kind.rstrip("!")
    if text:
        value = _parse_text_value(plain, name, value)
    if not _has_type(plain, value):
        raise _parameter_error(f"parameter {name!r} is {value!r:.80}, not of type {plain}")
    return value


def _parse_text_value(kind: str, name: str, value: str) -> Any:
    if "String" in kind.split("|"):
        number = "Integer" in kind and value.lstrip("-").isdigit()
        return int(value) if number else value
    try:
        return json.loads(value.lower() if kind == "Boolean" else value)
    except ValueError:
        raise _parameter_error(f"parameter {name!r} is {value!r:.80}, not of type {kind}") from None


def _has_type(kind: str, value: Any) -> bool:
    return any(_has_single_type(one, value) for one in kind.split("|"))


def _has_single_type(kind: str, value: Any) -> bool:
    if kind.startswith("Array of "):
        inner = kind.removeprefix("Array of ")
        return isinstance(value, list) and all(_has_single_type(inner, item) for item in value)
    if kind == "Integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in {"String", "InputFile"}:
        return isinstance(value, str) and kind == "String"
    if kind == "Boolean":
        return isinstance(value, bool)
    return isinstance(value, dict) and kind not in _UNSUPPORTED and _is_object_of(kind, value)


def _is_object_of(kind: str, value: Json) -> bool:
    table = OBJECTS.get(kind)
    if table is None:
        return True
    required = {name for name, one in table.items() if one.endswith("!")}
    return required <= value.keys() <= table.keys() and all(
        _has_type(table[name].rstrip("!"), item) for name, item in value.items()
    )
