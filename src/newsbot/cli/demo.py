"""Commands to try newsbot by: demo, sandbox."""

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from newsbot.cli import output
from newsbot.cli.articles import Json
from newsbot.cli.output import working

if TYPE_CHECKING:
    from newsbot.app.demo import Report
    from newsbot.sandbox import Sandbox
    from newsbot.sandbox.telegram.state import Chat

__all__ = ["register"]

_STARTING = "Starting the stand-ins, a sample site and newsbot ..."

Port = Annotated[
    int,
    typer.Option(
        metavar="N", min=0, max=65533, help="The page's port, Telegram's and X's next to it; 0: any."
    ),
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
    from newsbot.app.demo import own_command

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


def sandbox(
    port: Port = 0,
    channel: Annotated[
        list[str] | None,
        typer.Option(metavar="@NAME", help="One more Telegram channel; may be repeated."),
    ] = None,
) -> None:
    """Run stand-ins for Telegram and X with a page that shows each chat and timeline."""
    import asyncio

    from newsbot.sandbox.page import Page
    from newsbot.sandbox.page.__main__ import serve, trial_sandbox

    stand_ins = trial_sandbox(channel or ())
    chats = list(stand_ins.telegram.chats.values())  # without those that the page adds for itself

    def ready(urls: dict[str, str]) -> None:
        output.say(f"Open {urls['page']}\n")
        _show_channels(stand_ins, chats, urls)
        _show_desk(stand_ins, chats, urls)
        _show_chats(chats)
        output.say("\nWith --port N the addresses stay the same. Ctrl-C ends it.")

    asyncio.run(serve(Page(stand_ins), stand_ins, port, ready))


def _show_channels(stand_ins: "Sandbox", chats: "Sequence[Chat]", urls: dict[str, str]) -> None:
    from newsbot.sandbox.page.__main__ import READER, UNFRIENDLY

    output.say("For config.yaml, in place of its channels:\n\nchannels:")
    names = [chat.username for chat in _of_type(chats, "channel") if chat.username]
    for name in names:
        if name != UNFRIENDLY:
            output.say(f"  {'telegram-main' if name == names[0] else name.lower()}:\n    kind: telegram")
            output.say(f'    api: {urls["telegram"]}\n    token: "{stand_ins.telegram.bot.token}"')
            output.say(f'    chat: "@{name}"')
        if name == names[0]:
            output.say(f'    # chat: "@{UNFRIENDLY}"     # the bot may not post there: try what that says')
    output.say(f"  x-main:\n    kind: x\n    api: {urls['x']}")
    for key in ("consumer_key", "consumer_secret", "access_token", "access_token_secret"):
        output.say(f"    {key}: {getattr(stand_ins.x.credentials, key)}")
    output.say(f"    # access_token: {READER.access_token}     # these two may only read: try what that says")
    output.say(f"    # access_token_secret: {READER.access_token_secret}")


def _show_desk(stand_ins: "Sandbox", chats: "Sequence[Chat]", urls: dict[str, str]) -> None:
    newsroom = next(chat for chat in _of_type(chats, "supergroup") if chat.title == "Newsroom")
    output.say("\nAnd for a desk, beside them; write in the page's group Newsroom as Ada:\n")
    output.say(f'desk:\n  api: {urls["telegram"]}\n  token: "{stand_ins.telegram.bot.token}"')
    output.say(f"  chats: [{newsroom.id}]\n  people: {{111: admin, 222: editor, 333: viewer}}")


def _show_chats(chats: "Sequence[Chat]") -> None:
    output.say("\nIts chats; config.yaml takes the number of each, or a channel's @name:\n")
    for chat in _of_type(chats, "channel", "supergroup", "group"):
        name = f"@{chat.username}" if chat.username else chat.title
        topics = f", with the topics {' and '.join(map(str, chat.topics))}" if chat.topics else ""
        output.say(f"  {name:<24} {chat.id:>15}  {chat.type}{topics}")
    for chat in _of_type(chats, "private"):
        output.say(f"  {chat.title:<24} {chat.id:>15}  a person")


def _of_type(chats: "Sequence[Chat]", *types: str) -> "list[Chat]":
    return [chat for chat in chats if chat.type in types]
