"""The command menus: for groups what an editor may, for each person what they may, in every language."""

from collections.abc import Sequence
from datetime import tzinfo

import structlog

from newsbot.desk.bot import Api, ApiError
from newsbot.desk.commands import COMMANDS
from newsbot.desk.people import Person, Role
from newsbot.desk.words import LANGUAGES, Words

__all__ = ["of_groups", "of_people"]

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
