"""``python -m newsbot.sandbox.page``: the simulated platforms and their page as a separate process."""

import argparse
import asyncio
import json
import re
import signal
import sys
from collections.abc import Callable, Sequence

from newsbot.errors import ListenError, UsageError
from newsbot.reasons import UsageCode
from newsbot.sandbox.page.panel import LedgerView
from newsbot.sandbox.page.routes import SandboxPage, attach_page
from newsbot.sandbox.server import Sandbox
from newsbot.sandbox.telegram.state import (
    ADMIN,
    EDITOR,
    STRANGER,
    VIEWER,
    SandboxBot,
    SandboxChat,
    build_private_chats,
)
from newsbot.sandbox.x.state import Credentials

__all__ = [
    "CHANNEL_WITHOUT_RIGHTS",
    "READ_ONLY_CREDENTIALS",
    "create_demo_sandbox",
    "create_trial_sandbox",
    "main",
    "serve",
]

CHANNEL_WITHOUT_RIGHTS = "noadmin"
"""The public name of the simulated Telegram channel in which the bot may not post."""

READ_ONLY_CREDENTIALS = Credentials(
    access_token="1-sandbox-read-only",  # noqa: S106  These keys are valid only in the sandbox.
    access_token_secret="sandbox-read-only-secret",  # noqa: S106  These keys are valid only in the sandbox.
)
"""Keys of the simulated X account that may only read, to see how newsbot reports that."""


_CHANNEL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{4,31}")
"""The pattern of a channel's public name, from https://telegram.org/faq#usernames-and-t-me."""

_EXTRA_CHANNEL_ID = -1001000000101
"""The chat id of the first additional channel; the ids of further channels decrease from this one."""


def create_demo_sandbox() -> Sandbox:
    """Create the demo's sandbox: the sample site's channels, its newsroom's chat and people, an X account."""
    people = {each["id"]: each for each in (ADMIN, EDITOR, VIEWER)}
    chats = [
        SandboxChat(-1001000000011, "channel", "The Ellery Tide", "ellerytide"),
        SandboxChat(-1001000000012, "channel", "ایلری ٹائیڈ", "ellerytide_ur"),
        SandboxChat(-1001000000013, "supergroup", "Newsroom", members=people, admins=[ADMIN["id"]]),
        *build_private_chats((ADMIN, EDITOR, VIEWER, STRANGER)),
    ]
    sandbox = Sandbox(chats=chats, username="ellerytide")
    sandbox.telegram.bot = SandboxBot(first_name="newsbot", username="ellerytide_bot")
    sandbox.x.name = "The Ellery Tide"
    return sandbox


def create_trial_sandbox(channels: Sequence[str] = ()) -> Sandbox:
    """Create the sandbox of the command `newsbot sandbox`, in which newcomers can make two typical mistakes.

    The mistakes are to post to `CHANNEL_WITHOUT_RIGHTS` and to use `READ_ONLY_CREDENTIALS`. ``channels`` are
    the names (with or without @) of additional channels, in which the bot may post.

    Raises:
        UsageError: Telegram does not allow such a name, or another chat has it.
    """
    sandbox = Sandbox()
    sandbox.telegram.add(
        [SandboxChat(-1001000000005, "channel", "No admin here", CHANNEL_WITHOUT_RIGHTS, bot="left")]
    )
    for number, given in enumerate(channels):
        name = given.removeprefix("@")
        _check_name(name, sandbox)
        sandbox.telegram.add([SandboxChat(_EXTRA_CHANNEL_ID - number, "channel", name, name)])
    sandbox.x.reader = READ_ONLY_CREDENTIALS
    return sandbox


def _check_name(name: str, sandbox: Sandbox) -> None:
    if not _CHANNEL_NAME.fullmatch(name):
        raise UsageError(UsageCode.NO_SANDBOX_NAME(name=f"@{name}"))
    if any(name.lower() == (chat.username or "").lower() for chat in sandbox.telegram.chats.values()):
        raise UsageError(UsageCode.SANDBOX_NAME_TAKEN(name=f"@{name}"))


def main() -> None:
    """Start a sandbox with its page, print its addresses as JSON, and serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m newsbot.sandbox.page", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the page here, the platforms next to it; 0: any")
    parser.add_argument("--database", help="the ledger whose posts are shown")
    parser.add_argument("--command", default="newsbot", help="what an editor types to act on them")
    parser.add_argument("--site", help="the sample site, to ask for articles")
    parser.add_argument("--demo", action="store_true", help="with the sample site's channels")
    asked = parser.parse_args()
    sandbox = create_demo_sandbox() if asked.demo else Sandbox()
    newsroom = LedgerView(asked.database, asked.command) if asked.database else None
    page = SandboxPage(sandbox, newsroom=newsroom, site=asked.site)
    try:
        asyncio.run(serve(page, sandbox, asked.port, _print_json))
    except ListenError as error:
        sys.exit(str(error))


async def serve(
    page: SandboxPage, sandbox: Sandbox, port: int, ready: Callable[[dict[str, str]], None]
) -> None:
    """Serve the sandbox and its page until SIGTERM or SIGINT; call ``ready`` with the addresses.

    Raises:
        ListenError: A port is taken.
    """
    over = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, over.set)
    attach_page(page, sandbox.admin)
    await sandbox.start(port)
    admin = sandbox.admin_url
    urls = {"page": admin.removesuffix("_sandbox"), "admin": admin}
    platforms = {"telegram": sandbox.telegram_url, "x": sandbox.x_url, "model": sandbox.model_url}
    ready(urls | platforms)
    await over.wait()
    await sandbox.stop()


def _print_json(urls: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(urls) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
