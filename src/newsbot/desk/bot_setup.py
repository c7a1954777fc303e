"""Set the bot's command menus at Telegram, and check the bot's settings for `newsbot check --online`."""

from collections.abc import Collection, Sequence
from datetime import tzinfo

import structlog

from newsbot.desk.bot import ApiError, BotApi, BotProfile, WebhookInfo
from newsbot.desk.commands import COMMANDS
from newsbot.desk.i18n import LANGUAGES, Translator
from newsbot.newsroom.people import GROUP_ROLE, Person, Role, allows

__all__ = ["examine", "set_group_commands", "set_member_commands"]

log = structlog.get_logger(__name__)


async def set_group_commands(api: BotApi, zone: tzinfo) -> None:
    """Set the bot's menu of commands for all groups, in each of the desk's languages."""
    for language in LANGUAGES:
        await api.commands(
            _list_commands(GROUP_ROLE, Translator(language, zone)),
            {"type": "all_group_chats"},
            _get_scope_language(language),
        )


async def set_member_commands(api: BotApi, people: Sequence[Person], zone: tzinfo) -> None:
    """Set the bot's menu of commands in the private chat of each person, by the person's role.

    The menu is set in each of the desk's languages.
    """
    for person in people:
        scope = {"type": "chat", "chat_id": person.id}
        try:
            for language in LANGUAGES:
                await api.commands(
                    _list_commands(person.role, Translator(language, zone)),
                    scope,
                    _get_scope_language(language),
                )
        except ApiError as error:
            if error.away or error.retry_after:
                raise
            log.debug("has no menu until they write to the bot", user=person.id, why=str(error))


def _get_scope_language(language: str) -> str | None:
    """Return the language code with which to set a command menu at Telegram.

    Return None for English, because Telegram shows a menu without a language code in all languages that have
    no menu of their own.
    """
    return language if language != "en" else None


def _list_commands(role: Role, say: Translator) -> list[tuple[str, str]]:
    mine = [command for command in COMMANDS.values() if allows(role, command.name) and not command.hidden]
    return [(command.name, say.translate(command.about)) for command in mine]


_PRIVACY_REMARKS = {
    True: "privacy mode is off: it hears all messages of its groups",
    False: "privacy mode is on: in a group where it is no administrator it hears commands, and replies to it",
}
_PRESS_REMARKS = {
    None: "Telegram does not say how presses come: the desk takes them with their message and without",
    "default": "presses come with their message (callback_query_mode default)",
}
_DETACHED_PRESS_REMARK = (
    "presses may come without their message (callback_query_mode {mode}): such an answer goes to the "
    "presser's own chat. setMySettings with callback_query_mode=default keeps it in the group"
)
_WEBHOOK_PROBLEM = (
    "a webhook is set ({url}), so that polling is answered with 409: end the program that set it; "
    "a service that starts takes it off"
)
_ABSENT = frozenset({"left", "kicked", ""})


async def examine(api: BotApi, chats: Collection[int], *, webhook: str | None) -> tuple[list[str], list[str]]:
    """Check the bot's settings at Telegram, and whether the bot is a member of each of the desk's ``chats``.

    Return the lines that say what is right and those that say what is wrong. ``webhook`` is the webhook's
    address in config.yaml, or None if newsbot polls Telegram for the desk's updates.

    Raises:
        ApiError: Telegram can't be reached.
    """
    me, hook = await api.get_me(), await api.webhook()
    mode = me.callback_mode
    presses = _PRESS_REMARKS.get(mode) or _DETACHED_PRESS_REMARK.format(mode=mode)
    fine, wrong = (
        [f"@{me.name}: {_PRIVACY_REMARKS[me.hears_all]}", presses],
        _find_webhook_problems(hook, webhook),
    )
    for chat_id in chats:
        good, problem = await _check_chat(api, me, chat_id)
        fine += good
        wrong += problem
    return fine, wrong


def _find_webhook_problems(hook: WebhookInfo, wanted: str | None) -> list[str]:
    if wanted is None:
        if not hook.url:
            return []
        return [_WEBHOOK_PROBLEM.format(url=hook.url)]
    if hook.url != wanted:
        now = f"Telegram calls {hook.url}" if hook.url else "Telegram calls no address"
        return [f"{now}, config.yaml says {wanted}: a service that starts sets that"]
    if hook.error and hook.waiting:
        return [f"updates wait ({hook.waiting}), as Telegram's last call to {hook.url} failed: {hook.error}"]
    return []


async def _check_chat(api: BotApi, me: BotProfile, chat_id: int) -> tuple[list[str], list[str]]:
    """Check whether the bot is a member of the desk's chat ``chat_id`` and receives commands there.

    Return the lines that say what is right and those that say what is wrong.
    """
    try:
        status = await api.get_status(chat_id)
    except ApiError as error:
        if error.away or error.retry_after:
            raise
        return [], [f"chat {chat_id}: {error}: add @{me.name} to it, and check the id in desk.chats"]
    if status in _ABSENT:
        closed = "" if me.joins_groups else ", and let it join groups (BotFather, /setjoingroups)"
        return [], [f"chat {chat_id}: the bot is not in it: add @{me.name}{closed}"]
    hears = "all messages" if me.hears_all else "commands, and replies to it"
    if status == "administrator":
        hears = "all messages, as an administrator does"
    return [f"chat {chat_id}: it is {status} there and hears {hears}"], []
