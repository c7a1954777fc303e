"""The command line of newsbot. Each command imports large modules only when it runs, so `--help` is fast."""

import sys
from inspect import getdoc
from pathlib import Path
from typing import Annotated

import typer

from newsbot import __version__
from newsbot.cli import articles, corrections, demo, posts, service
from newsbot.cli.session import CommandRun
from newsbot.errors import ConfigError, NewsbotError

__all__ = ["app", "main"]

app = typer.Typer(
    name="newsbot",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"newsbot {__version__}")
        raise typer.Exit


@app.callback()
def begin(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="NEWSBOT_CONFIG",
            metavar="PATH",
            show_default="./config.yaml",
            help="The configuration to use.",
        ),
    ] = None,
    _version_asked: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """New articles become posts on Telegram and X, each sent once and accounted for."""
    context.ensure_object(CommandRun).named = config


for module in (service, articles, posts, corrections, demo):
    for command in module.COMMANDS:
        app.command()(command)
app.add_typer(service.database, name="db")


def _list_full_help(group: typer.Typer) -> None:
    """Let `--help` list each command with its whole docstring, because Typer would cut a long docstring."""
    for command in group.registered_commands:
        command.short_help = " ".join((getdoc(command.callback) or "").split())
    for inner in group.registered_groups:
        if inner.typer_instance:
            inner.short_help = inner.typer_instance.info.help
            _list_full_help(inner.typer_instance)


_list_full_help(app)


def main() -> None:
    """Run the command line; print an error as one line on standard error, and exit with status 1 or 2.

    Status 2 means mistakes in the configuration; each mistake has its own line.
    """
    run = CommandRun()
    try:
        app(obj=run)
    except ConfigError as error:
        for mistake in error.mistakes:
            print(mistake, file=sys.stderr)
        sys.exit(2)
    except NewsbotError as error:
        print(f"newsbot: {run.explain(error)}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # The program that reads newsbot's output has ended. If newsbot did not close standard error
        # here, Python would print a further error.
        sys.stderr.close()
        sys.exit(1)
