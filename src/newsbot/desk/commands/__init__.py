"""The table of all chat commands of the desk, and the commands about the desk itself: help, language, web
pages and invitations.
"""

from markupsafe import Markup

from newsbot.desk.commands.channels import CHANNEL_COMMANDS
from newsbot.desk.commands.corrections import AFTER, AWAY
from newsbot.desk.commands.posting import POSTING
from newsbot.desk.commands.posts import POST_COMMANDS
from newsbot.desk.commands.queries import LOOKING
from newsbot.desk.context import Command, CommandCall, DeskContext
from newsbot.desk.i18n import LANGUAGES, N_, Translator
from newsbot.desk.replies import Answer, Button, Refusal, build_button_data, join_lines
from newsbot.newsroom.people import Role, allows

__all__ = ["COMMANDS"]


def help_(_room: DeskContext, call: CommandCall) -> Answer:
    """Answer /help: list the commands that the person's role allows, one on each line."""
    say = call.say
    rows = [
        say.command(command.name, command.usage) + " - " + say(command.about)
        for command in COMMANDS.values()
        if allows(call.who.role, command.name) and not command.hidden
    ]
    tip = say(
        "A command alone lists what it can be done to. Reply to a card with new text to change the post."
    )
    return Answer(join_lines([*rows, Markup(), tip]))


def start(_room: DeskContext, call: CommandCall) -> Answer:
    """Answer /start: greet the person who sent the command by name, and name the person's role."""
    role = call.say.translate(call.who.role.name.lower())
    return Answer(
        call.say(
            "Hello {name}. You are {role} here. /help lists what you can do.", name=call.who.name, role=role
        )
    )


def lang(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /lang: set the language in which the desk writes to the person who sent the command.

    Without an argument, offer a button for each language.
    """
    code = call.words[0].lower() if call.words else ""
    if code not in LANGUAGES:
        unknown = call.say("{text} is no language here.", text=call.words[0]) + " " if call.words else ""
        rows = tuple((Button(name, build_button_data("lang", each)),) for each, name in LANGUAGES.items())
        return Answer(unknown + call.say("Which language?"), rows)
    room.ledger.desk.save_language(call.who.id, code)
    return Answer(Translator(code, room.zone).say("From now on I speak English with you."))


def web(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /web with the address of newsbot's web pages; without such pages, say which setting in
    config.yaml opens them.
    """
    if room.web is None:
        return Answer(call.say("There are no pages: web.listen in config.yaml opens them."))
    return Answer(call.say("The pages: {address}", address=room.web))


def invite(room: DeskContext, call: CommandCall) -> Answer:
    """Answer /invite with a link by which the first person to open it gets a role at the desk; the link is
    valid for a day.

    If the command does not name a role, offer a button for each role.
    """
    wanted = call.words[0].lower() if call.words else ""
    roles = [role.name.lower() for role in Role]
    if wanted not in roles:
        rows = tuple((Button(call.say.translate(each), build_button_data("invite", each)),) for each in roles)
        return Answer(call.say("Invite whom?"), rows)
    secret, until = room.invitations.make(wanted, call.who.by)
    if not room.bot:
        raise Refusal(call.say("I don't know my own name yet: try again in a moment."))
    text = call.say(
        "The first person to open this until {time} becomes {role} here: {link}",
        time=call.say.time(until),
        role=call.say.translate(wanted),
        link=f"https://t.me/{room.bot}?start={secret}",
    )
    kept = call.say(
        "An invitation was made; its link was not shown, so make another: /invite {role}", role=wanted
    )
    return Answer(text, kept=str(kept))


_OWN = (
    Command("invite", N_("a link that lets somebody in"), invite, N_("viewer|editor|admin")),
    Command("lang", N_("your language"), lang, N_("CODE")),
    Command("web", N_("where the pages are"), web, writes=False),
    Command("help", N_("this list"), help_, writes=False),
    Command("start", "", start, writes=False, hidden=True),
)
_ROLES = (N_("viewer"), N_("editor"), N_("admin"))

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (*LOOKING, *POSTING, *POST_COMMANDS, *AFTER, *AWAY, *CHANNEL_COMMANDS, *_OWN)
}
"""The desk's chat commands by name, in the order in which /help lists them."""
