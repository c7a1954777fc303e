"""A newsroom over a ledger of the test's own, with three channels and a clock that the test moves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from newsbot.app.container import App
from newsbot.config import load
from newsbot.model import Article, Image, Post

__all__ = ["ARTICLE", "Desk", "Hands", "desk", "story"]

ARTICLE = Article(
    "g1",
    "The council met on Monday and approved the tram line. Work begins in May. It costs 12 million.",
    url="https://example.org/tram",
    title="Tram line approved",
    language="en",
    image=Image("https://example.org/tram.jpg", "A tram"),
)
_CHANNELS: dict[str, dict[str, Any]] = {
    "none": {"kind": "console", "approval": "none"},
    "one": {"kind": "telegram", "token": "1:a", "chat": "@example", "approval": "one"},
    "two": {
        "kind": "x",
        "approval": "two",
        **dict.fromkeys(("consumer_key", "consumer_secret", "access_token", "access_token_secret"), "k"),
    },
}


@dataclass
class Hands:
    """A clock that is moved by hand."""

    at: datetime = datetime(2026, 11, 23, 8, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


@dataclass
class Desk:
    app: App
    clock: Hands = field(default_factory=Hands)

    def bring(
        self,
        *names: str,
        article: Article = ARTICLE,
        at: datetime | None = None,
        breaking: bool = False,
    ) -> list[Post]:
        wanted = names or tuple(self.app.config.channels)
        return self.app.posts.queue(
            article,
            wanted,
            by="cli:ana",
            at=at,
            again=True,
            breaking=breaking,
        )

    def later(self, **span: float) -> datetime:
        self.clock.at += timedelta(**span)
        return self.clock.at


def desk(folder: Path, url: str, more: Callable[[dict[str, Any]], None] = lambda _: None) -> Desk:
    """``more`` changes the configuration before it is read."""
    settings: dict[str, Any] = {
        "database": url,
        "sources": {"site": {"kind": "folder", "path": str(folder)}},
        "channels": {name: dict(keys) for name, keys in _CHANNELS.items()},
    }
    more(settings)
    (folder / "config.yaml").write_text(yaml.safe_dump(settings))
    clock = Hands()
    app = App(load(folder / "config.yaml", environ={}), clock=clock)
    app.ledger.prepare(upgrade=True)
    return Desk(app, clock)


def story(desk: Desk, post: Post) -> list[str]:
    return [
        f"{each.event} by {each.by}: {each.detail or ''}"
        for each in desk.app.ledger.posts.list_events(post.id)
    ]
