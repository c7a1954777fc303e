"""What the shell offers behind a command: channels, sources, and posts that wait.

A shell asks while somebody types, so that whatever goes wrong here offers nothing and says nothing.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from newsbot.cli.session import Session
from newsbot.errors import NewsbotError

if TYPE_CHECKING:
    from newsbot.app import App

__all__ = ["channel_names", "source_names", "waiting_posts"]


def channel_names(context: typer.Context) -> list[str]:
    """The channels of config.yaml."""
    return [name for app in _apps(context) for name in app.config.channels]


def source_names(context: typer.Context) -> list[str]:
    """The sources of config.yaml."""
    return [name for app in _apps(context) for name in app.config.sources]


def waiting_posts(context: typer.Context) -> list[tuple[str, str]]:
    """The newest 50 posts that wait, by their ids, each with its headline."""
    from newsbot.app.checking import has_ledger
    from newsbot.model import WAITING

    found: list[tuple[str, str]] = []
    for app in _apps(context):
        if has_ledger(app.config):
            with suppress(NewsbotError):
                app.ledger.check()
                found = [(post.id, post.article_title or "") for post in app.ledger.posts(states=WAITING)]
            app.ledger.close()
    return found


def _apps(context: typer.Context) -> "Iterator[App]":
    """Newsbot by the configuration that the line so far names; none where that has mistakes."""
    from newsbot.app import App

    named = context.find_root().params.get("config")
    with suppress(NewsbotError):
        yield App(Session(Path(named) if named else None).config(secrets=False))
