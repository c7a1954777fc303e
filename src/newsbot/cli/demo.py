"""Commands to try newsbot by: demo, sandbox."""

from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from newsbot.cli import output
from newsbot.cli.articles import Json

if TYPE_CHECKING:
    from newsbot.app.demo import Report

__all__ = ["register"]

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

    from newsbot.app.demo import demo as watch
    from newsbot.app.demo import demo_once

    work = nullcontext(str(folder)) if folder else TemporaryDirectory(prefix="newsbot-demo-")
    with work as place:
        if once:
            _tell(asyncio.run(demo_once(Path(place), port)), json=json)
            return
        output.say("Starting the stand-ins, a sample site and newsbot ...")
        asyncio.run(watch(Path(place), port, lambda url: _invite(url, Path(place))))
        output.say("Ended.")


def _invite(url: str, place: Path) -> None:
    output.say(f"\nOpen {url}\n")
    output.say("An article comes every few seconds; its posts appear there. Ctrl-C ends it.")
    output.say(f"The same posts on the command line: newsbot --config {place / 'config.yaml'} posts")


def _tell(report: "Report", *, json: bool) -> None:
    if json:
        output.write_json({"channels": report.channels, "problems": report.problems})
    else:
        for name, count in report.channels.items():
            output.say(
                f"{name}: {count['sent']} of {count['articles']} articles sent, {count['arrived']} messages"
            )
    for problem in report.problems:
        output.complain(problem)
    if report.problems:
        raise typer.Exit(1)


def sandbox(port: Port = 0) -> None:
    """Run stand-ins for Telegram and X with a page that shows each chat and timeline."""
    import asyncio

    from newsbot.sandbox import Sandbox
    from newsbot.sandbox.page import Page
    from newsbot.sandbox.page.__main__ import serve

    stand_ins = Sandbox()

    def ready(urls: dict[str, str]) -> None:
        keys = stand_ins.x.credentials
        output.say(f"Open {urls['page']}\n")
        output.say("For config.yaml, in place of its channels:\n")
        output.say(f"channels:\n  telegram-main:\n    kind: telegram\n    api: {urls['telegram']}")
        output.say(f'    token: "{stand_ins.telegram.bot.token}"\n    chat: "@sandbox"')
        output.say(f"  x-main:\n    kind: x\n    api: {urls['x']}")
        for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret"):
            output.say(f"    {name}: {getattr(keys, name)}")
        output.say("\nWith --port N the addresses stay the same. Ctrl-C ends it.")

    asyncio.run(serve(Page(stand_ins), stand_ins, port, ready))
