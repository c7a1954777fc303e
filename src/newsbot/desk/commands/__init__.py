"""The table of all chat commands of the desk, each with its role, its help and the function that runs it."""

from newsbot.desk.commands.account import OWN
from newsbot.desk.commands.channels import CHANNEL_COMMANDS
from newsbot.desk.commands.corrections import AFTER
from newsbot.desk.commands.posting import POSTING
from newsbot.desk.commands.posts import POST_COMMANDS
from newsbot.desk.commands.queries import LOOKING
from newsbot.desk.commands.takedowns import AWAY
from newsbot.desk.context import Command

__all__ = ["COMMANDS"]

COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (*LOOKING, *POSTING, *POST_COMMANDS, *AFTER, *AWAY, *CHANNEL_COMMANDS, *OWN)
}
"""The desk's chat commands by name, in the order in which /help lists them."""
