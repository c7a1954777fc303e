"""Commands to try newsbot by: demo, sandbox."""

from contextlib import ExitStack, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from newsbot.cli import output
from newsbot.cli.articles import Json
from newsbot.cli.progress import working

if TYPE_CHECKING:
    from newsbot.app.demo import Report
    from newsbot.sandbox import Sandbox

__all__ = ["register"]

_STARTING = "Starting the stand-ins, a sample site and newsbot ..."

Port = Annotated[
    int, typer.Option(min=0, max=65533, help="The page's port, Telegram's and X's next to it; 0: any.")
]


def register(app: typer.Typer) -> None:
    """Add these commands to ``app``."""
    for command in (demo, sandbox):
        app.command()(command)


def demo(
    once: Annotated[bool, typer.Option(help="Publish all, wait until every post is sent, and end.")] = False,
    port: Port = 0,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Where to work; a temporary folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Watch articles come in and posts go out, on this machine, with stand-ins for Telegram and X."""
    import asyncio

    from newsbot.app.demo import demo_once

    work = nullcontext(str(folder)) if folder else TemporaryDirectory(prefix="newsbot-demo-")
    with work as place:
        if once:
            with working(_STARTING) as now:
                report = asyncio.run(demo_once(Path(place), port, now))
            _tell(report, json=json)
            return
        _watch(Path(place), port)
        output.say("Ended.")


def _watch(place: Path, port: int) -> None:
    import asyncio

    from newsbot.app.demo import demo as watch

    with ExitStack() as until_ready:
        until_ready.enter_context(working(_STARTING))

        def ready(url: str) -> None:
            until_ready.close()
            _invite(url, place)

        asyncio.run(watch(place, port, ready))


def _invite(url: str, place: Path) -> None:
    from newsbot.app.stage import own_command

    output.say(f"\nOpen {url}\n")
    output.say("An article comes every few seconds; its posts appear there. Ctrl-C ends it.")
    output.say("The same posts on the command line, in another terminal:\n")
    output.say(f"  {own_command('--config', str(place / 'config.yaml'))} posts\n")


def _tell(report: "Report", *, json: bool) -> None:
    if json:
        output.write_json({"channels": report.channels, "problems": report.problems})
    else:
        for name, count in report.channels.items():
            output.say(f"{name}: {count['sent']} of {count['articles']} articles sent{_threads(count)}")
    for problem in report.problems:
        output.complain(problem)
    if report.problems:
        raise typer.Exit(1)


def _threads(count: dict[str, int]) -> str:
    """Why there are more messages than articles."""
    if not count["threads"]:
        return ""
    return f", as {count['arrived']} messages: {count['threads']} long enough for a thread of its own"


def sandbox(port: Port = 0) -> None:
    """Run stand-ins for Telegram and X with a page that shows each chat and timeline."""
    import asyncio

    from newsbot.sandbox.page import Page
    from newsbot.sandbox.page.__main__ import READER, UNFRIENDLY, serve, trial_sandbox

    stand_ins = trial_sandbox()

    def ready(urls: dict[str, str]) -> None:
        keys = stand_ins.x.credentials
        output.say(f"Open {urls['page']}\n")
        output.say("For config.yaml, in place of its channels:\n")
        output.say(f"channels:\n  telegram-main:\n    kind: telegram\n    api: {urls['telegram']}")
        output.say(f'    token: "{stand_ins.telegram.bot.token}"\n    chat: "@sandbox"')
        output.say(f'    # chat: "@{UNFRIENDLY}"     # the bot may not post there: try what that says')
        output.say(f"  x-main:\n    kind: x\n    api: {urls['x']}")
        for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret"):
            output.say(f"    {name}: {getattr(keys, name)}")
        output.say(
            f"    # access_token: {READER.access_token}     # these two may only read: try what that says"
        )
        output.say(f"    # access_token_secret: {READER.access_token_secret}")
        output.say("\nAnd for a desk, beside them; write in the page's group Newsroom as Ada:\n")
        output.say(f'desk:\n  api: {urls["telegram"]}\n  token: "{stand_ins.telegram.bot.token}"')
        output.say(f"  chats: [{_newsroom(stand_ins)}]\n  people: {{111: admin, 222: editor, 333: viewer}}")
        output.say("\nWith --port N the addresses stay the same. Ctrl-C ends it.")

    asyncio.run(serve(Page(stand_ins), stand_ins, port, ready))


def _newsroom(stand_ins: "Sandbox") -> int:
    """The number of the editors' group."""
    return next(chat.id for chat in stand_ins.telegram.chats.values() if chat.title == "Newsroom")
