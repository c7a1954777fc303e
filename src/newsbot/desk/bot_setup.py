"""How the bot is set up at Telegram: its command menus, and the checks of `check --online`."""

from collections.abc import Collection, Sequence
from datetime import tzinfo

import structlog

from newsbot.desk.bot import Api, ApiError, Me, Webhook
from newsbot.desk.commands import COMMANDS
from newsbot.desk.i18n import LANGUAGES, Words
from newsbot.desk.people import Person, Role

__all__ = ["examine", "of_groups", "of_people"]

log = structlog.get_logger(__name__)


async def of_groups(api: Api, zone: tzinfo) -> None:
    """In all of them alike."""
    for language in LANGUAGES:
        await api.commands(
            _rows(Role.EDITOR, Words(language, zone)), {"type": "all_group_chats"}, _code(language)
        )


async def of_people(api: Api, people: Sequence[Person], zone: tzinfo) -> None:
    """Also of one whose role is new."""
    for person in people:
        scope = {"type": "chat", "chat_id": person.id}
        try:
            for language in LANGUAGES:
                await api.commands(_rows(person.role, Words(language, zone)), scope, _code(language))
        except ApiError as error:
            if error.away or error.retry_after:
                raise
            log.debug("has no menu until they write to the bot", user=person.id, why=str(error))


def _code(language: str) -> str | None:
    """English is what all see whose own language the desk does not speak."""
    return language if language != "en" else None


def _rows(role: Role, say: Words) -> list[tuple[str, str]]:
    mine = [command for command in COMMANDS.values() if command.role <= role and not command.hidden]
    return [(command.name, say.known(command.about)) for command in mine]


_HEARS = {
    True: "privacy mode is off: it hears all messages of its groups",
    False: "privacy mode is on: it hears commands, and replies to it, in its groups",
}
_PRESSES = {
    None: "Telegram does not say how presses come: the desk takes them with their message and without",
    "default": "presses come with their message (callback_query_mode default)",
}
_WITHOUT = (
    "presses may come without their message (callback_query_mode {mode}): such an answer goes to the "
    "presser's own chat. setMySettings with callback_query_mode=default keeps it in the group"
)
_HOOKED = (
    "a webhook is set ({url}), so that polling is answered with 409: end the program that set it; "
    "a service that starts takes it off"
)
_ABSENT = frozenset({"left", "kicked", ""})


async def examine(api: Api, chats: Collection[int], *, webhook: str | None) -> tuple[list[str], list[str]]:
    """``webhook`` is the address in config.yaml, None for polling. Raises ApiError where the bot is away."""
    me, hook = await api.me(), await api.webhook()
    mode = me.callback_mode
    presses = _PRESSES.get(mode) or _WITHOUT.format(mode=mode)
    fine, wrong = [f"@{me.name}: {_HEARS[me.hears_all]}", presses], _webhook_problems(hook, webhook)
    for chat_id in chats:
        good, problem = await _standing(api, me, chat_id)
        fine += good
        wrong += problem
    return fine, wrong


def _webhook_problems(hook: Webhook, wanted: str | None) -> list[str]:
    if wanted is None:
        if not hook.url:
            return []
        return [_HOOKED.format(url=hook.url)]
    if hook.url != wanted:
        now = f"Telegram calls {hook.url}" if hook.url else "Telegram calls no address"
        return [f"{now}, config.yaml says {wanted}: a service that starts sets that"]
    if hook.error and hook.waiting:
        return [f"updates wait ({hook.waiting}), as Telegram's last call to {hook.url} failed: {hook.error}"]
    return []


async def _standing(api: Api, me: Me, chat_id: int) -> tuple[list[str], list[str]]:
    """Whether the bot is in a chat of the desk's, and what it may see there."""
    try:
        status = await api.standing(chat_id)
    except ApiError as error:
        if error.away or error.retry_after:
            raise
        return [], [f"chat {chat_id}: {error}: add @{me.name} to it, and check the id in desk.chats"]
    if status in _ABSENT:
        closed = "" if me.joins_groups else ", and let it join groups (BotFather, /setjoingroups)"
        return [], [f"chat {chat_id}: the bot is not in it: add @{me.name}{closed}"]
    hears = "all messages" if me.hears_all or status == "administrator" else "commands, and replies to it"
    return [f"chat {chat_id}: it is {status} there and hears {hears}"], []
