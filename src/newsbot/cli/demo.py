"""The commands to try newsbot without accounts on platforms: demo and sandbox."""

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from newsbot.cli import output
from newsbot.cli.articles import Json

if TYPE_CHECKING:
    from newsbot.app.demo import DemoReport
    from newsbot.sandbox import Sandbox
    from newsbot.sandbox.telegram.state import SandboxChat

__all__ = ["COMMANDS"]

_STARTING = "Starting the stand-ins, a sample site and newsbot ..."

Port = Annotated[
    int,
    typer.Option(
        metavar="N",
        min=0,
        max=65533,
        help="The page's port; Telegram and X get the next ones. 0: any free port.",
    ),
]


def demo(
    once: Annotated[
        bool, typer.Option(help="Publish all articles, wait until every post is sent, and end.")
    ] = False,
    port: Port = 0,
    folder: Annotated[
        Path | None,
        typer.Option("--dir", metavar="DIR", help="The folder to work in; by default a temporary one."),
    ] = None,
    json: Json = False,
) -> None:
    """Run a whole newsroom on this machine, with stand-ins for Telegram and X, and show it on a page."""
    import asyncio

    from newsbot.app.demo import demo_once

    work = nullcontext(str(folder)) if folder else TemporaryDirectory(prefix="newsbot-demo-")
    with work as place:
        if once:
            with output.show_progress(_STARTING) as now:
                report = asyncio.run(demo_once(Path(place), port, now))
            _print_report(report, json=json)
            return
        _run_demo(Path(place), port)
        output.say("Ended.")


def _run_demo(place: Path, port: int) -> None:
    import asyncio

    from newsbot.app.demo import demo as watch

    with ExitStack() as until_ready:
        until_ready.enter_context(output.show_progress(_STARTING))

        def ready(url: str) -> None:
            until_ready.close()
            _print_next_steps(url, place)

        asyncio.run(watch(place, port, ready))


def _print_next_steps(url: str, place: Path) -> None:
    from newsbot.app.demo import format_own_command

    output.say(f"\nOpen {url}\n")
    output.say("An article comes every few seconds; its posts appear there. Ctrl-C ends it.")
    output.say("The same posts on the command line, in another terminal:\n")
    output.say(f"  {format_own_command('--config', str(place / 'config.yaml'))} posts\n")


def _print_report(report: "DemoReport", *, json: bool) -> None:
    if json:
        output.write_json({"channels": report.channels, "problems": report.problems})
    else:
        for name, count in report.channels.items():
            output.say(
                f"{name}: {count['sent']} of {count['articles']} articles sent{_explain_threads(count)}"
            )
    for problem in report.problems:
        output.print_problem(problem)
    if report.problems:
        raise typer.Exit(1)


def _explain_threads(count: dict[str, int]) -> str:
    """Return the words that say why a channel got more messages than articles: long articles became threads.

    Return "" if the channel got no thread.
    """
    if not count["threads"]:
        return ""
    return f", as {count['arrived']} messages: {count['threads']} long enough for a thread of its own"


def sandbox(
    port: Port = 0,
    channel: Annotated[
        list[str] | None, typer.Option(metavar="@NAME", help="Add a Telegram channel; may be repeated.")
    ] = None,
) -> None:
    """Run stand-ins for Telegram, X and a model, with a page that shows each chat and timeline."""
    import asyncio

    from newsbot.sandbox.page import SandboxPage
    from newsbot.sandbox.page.__main__ import create_trial_sandbox, serve

    stand_ins = create_trial_sandbox(channel or ())
    # The list of chats is copied here, because the sandbox's page adds chats later that config.yaml does not
    # have to name.
    chats = list(stand_ins.telegram.chats.values())

    def ready(urls: dict[str, str]) -> None:
        output.say(f"Open {urls['page']}\n")
        _show_channels(stand_ins, chats, urls)
        _show_desk(stand_ins, chats, urls)
        _show_model(urls)
        _show_chats(chats)
        output.say("\nWith --port N the addresses stay the same. Ctrl-C ends it.")

    asyncio.run(serve(SandboxPage(stand_ins), stand_ins, port, ready))


def _show_channels(stand_ins: "Sandbox", chats: "Sequence[SandboxChat]", urls: dict[str, str]) -> None:
    from newsbot.sandbox.page.__main__ import CHANNEL_WITHOUT_RIGHTS, READ_ONLY_CREDENTIALS

    output.say("For config.yaml, in place of its channels:\n\nchannels:")
    names = [chat.username for chat in _select_type(chats, "channel") if chat.username]
    for name in names:
        if name != CHANNEL_WITHOUT_RIGHTS:
            output.say(f"  {'telegram-main' if name == names[0] else name.lower()}:\n    kind: telegram")
            output.say(f'    api: {urls["telegram"]}\n    token: "{stand_ins.telegram.bot.token}"')
            output.say(f'    chat: "@{name}"')
        if name == names[0]:
            output.say(
                f'    # chat: "@{CHANNEL_WITHOUT_RIGHTS}"  # the bot may not post there: see what that gives'
            )
    output.say(f"  x-main:\n    kind: x\n    api: {urls['x']}")
    for key in ("consumer_key", "consumer_secret", "access_token", "access_token_secret"):
        output.say(f"    {key}: {getattr(stand_ins.x.credentials, key)}")
    output.say(f"    # access_token: {READ_ONLY_CREDENTIALS.access_token}  # these may only read")
    output.say(f"    # access_token_secret: {READ_ONLY_CREDENTIALS.access_token_secret}")


def _show_desk(stand_ins: "Sandbox", chats: "Sequence[SandboxChat]", urls: dict[str, str]) -> None:
    newsroom = next(chat for chat in _select_type(chats, "supergroup") if chat.title == "Newsroom")
    output.say("\nAnd for a desk, beside them; write in the page's group Newsroom as Ada:\n")
    output.say(f'desk:\n  api: {urls["telegram"]}\n  token: "{stand_ins.telegram.bot.token}"')
    output.say(f"  chats: [{newsroom.id}]\n  people: {{111: admin, 222: editor, 333: viewer}}")


def _show_model(urls: dict[str, str]) -> None:
    from newsbot.sandbox.model import KEY, MODEL

    output.say("\nAnd for summaries by a stand-in for a model, which quotes the article's sentences:\n")
    output.say(f"summarizer:\n  kind: llm\n  base_url: {urls['model']}\n  model: {MODEL}")
    output.say(f"  api_key: {KEY}")


def _show_chats(chats: "Sequence[SandboxChat]") -> None:
    output.say("\nIts chats; config.yaml takes the number of each, or a channel's @name:\n")
    for chat in _select_type(chats, "channel", "supergroup", "group"):
        name = f"@{chat.username}" if chat.username else chat.title
        topics = f", with the topics {' and '.join(map(str, chat.topics))}" if chat.topics else ""
        output.say(f"  {name:<24} {chat.id:>15}  {chat.type}{topics}")
    for chat in _select_type(chats, "private"):
        output.say(f"  {chat.title:<24} {chat.id:>15}  a person")


def _select_type(chats: "Sequence[SandboxChat]", *types: str) -> "list[SandboxChat]":
    return [chat for chat in chats if chat.type in types]


COMMANDS = (demo, sandbox)
