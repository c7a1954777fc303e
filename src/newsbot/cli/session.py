"""What every command starts from: its configuration, its user, its parts, and shell completion.

A shell asks while somebody types, so that whatever goes wrong here offers nothing and says nothing.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from newsbot.errors import ConfigError, Mistake, NewsbotError
from newsbot.files import read_file_bytes

if TYPE_CHECKING:
    from newsbot.app import App
    from newsbot.config.models import Config

__all__ = ["Session", "channel_names", "source_names", "waiting_posts"]

T = TypeVar("T")

_DEFAULT = Path("config.yaml")


class Session:
    """One command's run. ``named`` is the configuration that was asked for by name, if any was."""

    def __init__(self, named: Path | None) -> None:
        self._named = named

    @property
    def config_path(self) -> Path:
        return self._named or _DEFAULT

    @property
    def is_there(self) -> bool:
        """Else nobody says that what lies beside it is meant."""
        return self.config_path.exists()

    def config(self, *, secrets: bool = True, places: bool = False) -> "Config":
        """The configuration, checked whole; see `load` for ``secrets`` and ``places``.

        Raises:
            ConfigError: it has mistakes, or is not there.
        """
        from newsbot.config.loading import load

        if not self.is_there:
            mend = "Write one with `newsbot init`, or name yours with --config."
            raise ConfigError([Mistake(str(self.config_path), None, "", "is not there.", mend)])
        return load(self.config_path, environ=os.environ, secrets=secrets, places=places)

    def app(self, *, secrets: bool = True, places: bool = False) -> "App":
        """Newsbot by its configuration, logging to standard error without secrets."""
        from newsbot.app import App

        config = self.config(secrets=secrets, places=places)
        self._configure_log(config)
        return App(config)

    @staticmethod
    def _configure_log(config: "Config") -> None:
        from newsbot.app.logs import Redactor, configure, list_secrets

        configure(Redactor(list_secrets(config)))

    def stored(self) -> "App":
        """`app`, its database created where there was none. To be closed by `close`.

        The secrets of sources, channels and the desk need not be there: another terminal need not have them.
        A command that uses one asks by `Config.need`.
        """
        app = self.app(secrets=False)
        app.ledger.prepare(upgrade=False)
        return app

    def trial(self, *, allow_private: bool = False) -> "App":
        """For commands that need no configuration: by config.yaml where there is one, else by defaults."""
        from newsbot.app import App
        from newsbot.app.preview_config import build_preview_config

        configured = None
        if self._named:
            configured = self._complete_config()
        elif _DEFAULT.exists() and not _is_untouched_starter(_DEFAULT):
            try:
                configured = self._complete_config()
            except ConfigError as error:
                number = len(error.mistakes)
                found = "1 mistake or gap" if number == 1 else f"{number} mistakes or gaps"
                count = f"{found} (`newsbot check` lists {'it' if number == 1 else 'them'})"
                print(f"newsbot: the defaults are used, as {_DEFAULT} has {count}", file=sys.stderr)
        if configured is None:
            return self.defaults(allow_private=allow_private)
        self._configure_log(configured)
        return App(build_preview_config(configured, allow_private=allow_private))

    def _complete_config(self) -> "Config":
        """The configuration with all that its channels are made of: a source is asked for its own.

        Raises:
            ConfigError: it has mistakes, or a channel's values are not there.
        """
        config = self.config(secrets=False)
        config.need("channels", config.channels)
        return config

    @staticmethod
    def defaults(*, allow_private: bool = False) -> "App":
        """Without any configuration, whatever stands in this folder."""
        from newsbot.app import App
        from newsbot.app.logs import Redactor, configure
        from newsbot.app.preview_config import build_preview_config

        configure(Redactor(()))
        return App(build_preview_config(None, allow_private=allow_private))

    @staticmethod
    def run(app: "App", work: Callable[[], Awaitable[T]]) -> T:
        """Run ``work`` to its end, then close ``app``."""

        async def whole() -> T:
            try:
                return await work()
            finally:
                await app.close()

        return asyncio.run(whole())

    @staticmethod
    def person() -> str:
        """Who asks: ``cli:ana``."""
        user = os.environ.get("USER", "")
        with suppress(OSError, KeyError):
            user = user or getuser()
        return f"cli:{user or 'somebody'}"


def _is_untouched_starter(path: Path) -> bool:
    """Is it the starter as it is shipped (a checkout has it at its top), and so nobody's configuration?"""
    from newsbot.config.starter import starter_config

    try:
        starter = starter_config().encode()
        return read_file_bytes(path, len(starter)) == starter
    except (OSError, UnicodeDecodeError):
        return False


def channel_names(context: typer.Context) -> list[str]:
    """The channels of config.yaml."""
    return [name for app in _iterate_apps(context) for name in app.config.channels]


def source_names(context: typer.Context) -> list[str]:
    """The sources of config.yaml."""
    return [name for app in _iterate_apps(context) for name in app.config.sources]


def waiting_posts(context: typer.Context) -> list[tuple[str, str]]:
    """The newest 50 posts that wait, by their ids, each with its headline."""
    from newsbot.app.checking import has_ledger
    from newsbot.model import WAITING

    found: list[tuple[str, str]] = []
    for app in _iterate_apps(context):
        if has_ledger(app.config):
            with suppress(NewsbotError):
                app.ledger.check()
                found = [
                    (post.id, post.article_title or "")
                    for post in app.ledger.posts.list_posts(states=WAITING)
                ]
            app.ledger.close()
    return found


def _iterate_apps(context: typer.Context) -> "Iterator[App]":
    """Newsbot by the configuration that the line so far names; none where that has mistakes."""
    from newsbot.app import App

    named = context.find_root().params.get("config")
    with suppress(NewsbotError):
        yield App(Session(Path(named) if named else None).config(secrets=False))
