"""Answer people whom the desk does not know. newsbot sends such a person a text only for /start in a private
chat.
"""

import structlog

from newsbot.desk import bot_setup
from newsbot.desk.bot import ApiError
from newsbot.desk.chat_queue import LogLimiter
from newsbot.desk.command_parser import CommandLine, parse_line
from newsbot.desk.context import DeskContext
from newsbot.desk.i18n import Translator, choose_language
from newsbot.desk.messenger import Messenger
from newsbot.desk.replies import Answer
from newsbot.desk.updates import UserInput
from newsbot.ports import LedgerRunner
from newsbot.ports.desk import DeskPerson

__all__ = ["Onboarding"]

log = structlog.get_logger(__name__)


class Onboarding:
    """The component of the desk that answers messages and button presses of people whom the desk does not
    know.
    """

    def __init__(self, room: DeskContext, on_ledger: LedgerRunner, voice: Messenger) -> None:
        self._room = room
        self._on_ledger = on_ledger
        self._voice = voice
        self._sparing = LogLimiter()

    def is_answered(self, heard: UserInput) -> bool:
        """Return whether newsbot answers a message or button press of a person unknown to the desk.

        newsbot answers /start in a private chat, and every button press.
        """
        if heard.query_id:
            return True
        line = parse_line(heard.text)
        if line is None:
            return False
        if heard.private and line.name == "start":
            return True
        self.note(heard.user_id, chat=heard.chat_id)
        return False

    def note(self, user_id: int, **more: object) -> None:
        """Log that a command of a person unknown to the desk was ignored, at most ten times a minute."""
        if self._sparing.allow_line():
            log.info("a stranger's command was passed over", user=user_id, **more)

    async def answer_stranger(self, heard: UserInput) -> None:
        """Answer the /start or button press of a person unknown to the desk.

        A /start with a valid invitation makes the person a user of the desk.
        """
        if heard.query_id:
            await self._voice.api.answer(heard.query_id)
            log.info("a stranger's press was passed over", user=heard.user_id)
            return
        line = parse_line(heard.text)
        if line is None:
            return
        say = Translator(choose_language(heard.language, self._voice.language), self._room.zone)
        joined = await self._join(heard, line) if line.rest else None
        log.info("a stranger typed /start", user=heard.user_id, joined=joined is not None)
        text = (
            say("Welcome, {name}. You are {role} here. /help lists what you can do.", name=heard.name,
                role=say.translate(joined.role or ""))
            if joined
            else say("This is a newsroom's desk. Ask one of its admins for an invitation; your id is {id}.",
                     id=heard.user_id)
        )  # fmt: skip
        await self._voice.say(heard.chat_id, Answer(text))

    async def _join(self, heard: UserInput, line: CommandLine) -> DeskPerson | None:
        known = DeskPerson(heard.user_id, heard.name)
        joined = await self._on_ledger(self._room.invitations.accept, line.rest.strip(), known)
        if joined:
            self._room.people.replace_known(await self._on_ledger(self._room.ledger.desk.list_people))
            await self.welcome(heard.user_id)
        return joined

    async def welcome(self, user_id: int) -> None:
        """Set the menu of commands in the private chat of a new user of the desk.

        Telegram allows this once the person has written to the bot.
        """
        person = self._room.people.find(user_id)
        try:
            await bot_setup.set_member_commands(self._voice.api, [person] if person else [], self._room.zone)
        except ApiError as error:
            log.warning("a menu could not be set", user=user_id, error=str(error))
