"""The steps that the commands of the command line share: load the configuration, build the App, and complete
names in a shell.

A shell asks newsbot for completions while a person types. If an error happens then, newsbot returns no
completions and prints nothing.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from newsbot.cli.output import print_problem
from newsbot.errors import ConfigError, Mistake, NewsbotError
from newsbot.files import read_file_bytes
from newsbot.model import WAITING
from newsbot.newsroom.people import People
from newsbot.newsroom.wording import say_reason

if TYPE_CHECKING:
    from newsbot.app.container import App
    from newsbot.config.models import Config

__all__ = [
    "CommandRun",
    "channel_names",
    "get_person",
    "make_preview_app",
    "open_stored_app",
    "run_and_close",
    "source_names",
    "waiting_posts",
]

T = TypeVar("T")

_DEFAULT = Path("config.yaml")


@dataclass(repr=False)
class CommandRun:
    """The state of one run of a command: the path of the configuration, and the configuration once it is
    loaded.

    ``named`` is the path that `--config` or NEWSBOT_CONFIG gives; None means config.yaml in the present
    folder.
    """

    named: Path | None = None
    config: "Config | None" = None

    def explain(self, error: NewsbotError) -> str:
        """Return the text of an error, with times in the newsroom's time zone and people's names if the
        configuration is loaded.
        """
        if self.config is None:
            return str(error)
        people = People(self.config.desk.people if self.config.desk else {})
        return say_reason(error.reason, self.config.timezone, people.name)

    @property
    def config_path(self) -> Path:
        return self.named or _DEFAULT

    @property
    def has_file(self) -> bool:
        """Return whether the configuration file exists; without the file, newsbot does not check the
        templates beside it either.
        """
        return self.config_path.exists()

    def load_config(self, *, secrets: bool = True, places: bool = False) -> "Config":
        """Load the configuration and check all of it; `config.loading.load` explains the arguments.

        Raises:
            ConfigError: The file has mistakes, or does not exist.
        """
        from newsbot.config.loading import load

        if not self.has_file:
            mend = "Write one with `newsbot init`, or name yours with --config."
            raise ConfigError([Mistake(str(self.config_path), None, "", "is not there.", mend)])
        self.config = load(self.config_path, environ=os.environ, secrets=secrets, places=places)
        return self.config

    def open_app(self, *, secrets: bool = True, places: bool = False, others: Sequence[str] = ()) -> "App":
        """Return an App (newsbot's components) with the configuration; from then on, write newsbot's logs to
        standard error, with secrets replaced.

        ``others`` are addresses outside of the configuration, whose passwords are replaced too.
        """
        return _open_app(self.load_config(secrets=secrets, places=places), others)

    def open_preview_app(self, *, allow_private: bool = False) -> "App":
        """Return an App (newsbot's components) for commands that send and store nothing, like `preview`.

        The App has the settings of config.yaml if the file exists, has no mistakes and is not the unchanged
        file of `newsbot init`; else it has newsbot's defaults. The file must have the secrets of its
        channels, but may lack secrets of sources.

        Raises:
            ConfigError: The file that `--config` names does not exist, has mistakes, or lacks a channel's
                secret.
        """
        configured = None
        if self.named or (_DEFAULT.exists() and not _is_untouched_starter(_DEFAULT)):
            try:
                config = self.load_config(secrets=False)
                config.need("channels", config.channels)
                configured = config
            except ConfigError as error:
                if self.named:
                    raise
                number = len(error.mistakes)
                found = "1 mistake or gap" if number == 1 else f"{number} mistakes or gaps"
                count = f"{found} (`newsbot check` lists {'it' if number == 1 else 'them'})"
                print_problem(f"the defaults are used, as {_DEFAULT} has {count}")
        return make_preview_app(configured, allow_private=allow_private)


def make_preview_app(config: "Config | None" = None, *, allow_private: bool = False) -> "App":
    """Return an App that sends and stores nothing, with the configuration ``config`` or, if it is None,
    newsbot's defaults.
    """
    from newsbot.app.container import build_preview_config

    return _open_app(build_preview_config(config, allow_private=allow_private))


def _open_app(config: "Config", others: Sequence[str] = ()) -> "App":
    from newsbot.app.container import App
    from newsbot.app.logs import Redactor, configure, list_secrets

    configure(
        Redactor([*list_secrets(config), *(secret for each in others for secret in list_secrets(each))])
    )
    return App(config)


def open_stored_app(context: typer.Context, *, upgrade: bool = False) -> "App":
    """Return an App whose ledger exists (newsbot creates a missing one) and is closed when the command ends.

    Secrets of sources, channels and the desk may be missing, because a terminal may not have the service's
    environment variables. A command that uses a secret calls `Config.need`, which raises an error if the
    secret is missing.
    """
    app: App = context.obj.open_app(secrets=False)
    context.call_on_close(app.ledger.close)
    app.ledger.prepare(upgrade=upgrade)
    if upgrade:
        app.prepare_engine()
    if place := app.ledger.find_new_place():
        context.call_on_close(lambda: _print_moved(place))
    return app


def _print_moved(place: str) -> None:
    """Print that the ledger from which the command has read was moved, unless the command has failed.

    The error of a command that failed says this already.
    """
    if not isinstance(sys.exception(), NewsbotError):
        print_problem(f"this is the ledger as it was before it was moved to {place}: change `database`")


def run_and_close(app: "App", work: Callable[[], Awaitable[T]]) -> T:
    """Run the coroutine that ``work`` returns in a new event loop, close ``app``, and return its result."""

    async def run() -> T:
        try:
            return await work()
        finally:
            await app.close()

    return asyncio.run(run())


def get_person() -> str:
    """Return the user who runs the command, under the name by which the ledger calls people: ``cli:ana``."""
    user = os.environ.get("USER", "")
    with suppress(OSError, KeyError):
        user = user or getuser()
    return f"cli:{user or 'somebody'}"


def _is_untouched_starter(path: Path) -> bool:
    """Return whether the file is an unchanged copy of the config.yaml that `newsbot init` writes."""
    from newsbot.config.starter import starter_config

    try:
        starter = starter_config().encode()
        return read_file_bytes(path, len(starter)) == starter
    except (OSError, UnicodeDecodeError):
        return False


def channel_names(context: typer.Context) -> list[str]:
    """Return the names of the channels in config.yaml, for a shell that completes a command line."""
    return [name for app in _iterate_apps(context) for name in app.config.channels]


def source_names(context: typer.Context) -> list[str]:
    """Return the names of the sources in config.yaml, for a shell that completes a command line."""
    return [name for app in _iterate_apps(context) for name in app.config.sources]


def waiting_posts(context: typer.Context) -> list[tuple[str, str]]:
    """Return the ids and headlines of the 50 newest waiting posts,
    for a shell that completes a command line.
    """
    from newsbot.app.checking import has_ledger

    found: list[tuple[str, str]] = []
    for app in _iterate_apps(context):
        if has_ledger(app.config):
            with suppress(NewsbotError):
                app.ledger.check()
                posts = app.ledger.posts.list_posts(states=WAITING)
                found = [(post.id, post.article_title or "") for post in posts]
            app.ledger.close()
    return found


def _iterate_apps(context: typer.Context) -> "Iterator[App]":
    """Yield an App with the configuration that an unfinished command line names; yield nothing if the
    configuration has mistakes.
    """
    from newsbot.app.container import App

    named = context.find_root().params.get("config")
    with suppress(NewsbotError):
        yield App(CommandRun(Path(named) if named else None).load_config(secrets=False))
