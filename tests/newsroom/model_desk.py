"""A newsroom whose summaries a model writes: the sandbox's stand-in, over real HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from newsbot.app.container import App
from newsbot.config import load
from newsbot.model import Article, Post
from newsbot.newsroom.history import HistoryReader
from newsbot.sandbox import Sandbox
from newsbot.sandbox.model import KEY, MODEL
from tests.newsroom.desk import Hands

__all__ = ["NEWS", "ModelDesk", "model_desk"]

NEWS = Article(
    "g1",
    "The council of Harbour approved the ferry line on Tuesday after a debate of four hours. "
    "The line will cost 4.2 million pounds and open in May. "
    "Mayor Ann Lee said the town had waited for ten years. "
    "Opponents of the line fear noise at the old pier and longer queues of cars. "
    "A first ship is being built in Rostock for the crossing.",
    url="https://example.org/ferry",
    title="Ferry line approved",
    language="en",
)
_CHANNEL: dict[str, Any] = {"kind": "console", "approval": "none"}
_PRICES = {"month_usd": 5, "input_usd_per_mtok": 1, "output_usd_per_mtok": 2}


@dataclass
class ModelDesk:
    """``article`` is queued by `post` as `newsbot post` does it."""

    app: App
    sandbox: Sandbox
    clock: Hands

    async def post(self, article: Article = NEWS, channels: tuple[str, ...] = ("c",)) -> list[Post]:
        await self.app.submission.prepare(article, channels)
        return self.app.posts.queue(article, channels, by="cli:ana", at=None, again=True)

    def show(self, post: Post) -> str:
        """What `newsbot show` says of the post's summary."""
        lines = HistoryReader(self.app.ledger).get_history(post.id).lines
        return "\n".join(str(line.detail) for line in lines if line.event == "summary")

    @property
    def spent(self) -> float:
        found = self.app.ledger.channels.list_spending(now=self.clock.now())
        return float(found["summarizer:llm"].usd) if "summarizer:llm" in found else 0.0

    @property
    def paid(self) -> list[int]:
        """How often each request was paid for."""
        return sorted(self.sandbox.model.paid.values())


@asynccontextmanager
async def model_desk(
    folder: Path,
    url: str,
    *,
    channels: dict[str, dict[str, Any]] | None = None,
    sandbox: Sandbox | None = None,
    second: bool = False,
    **summarizer: Any,
) -> AsyncIterator[ModelDesk]:
    """``summarizer`` are further keys of the summarizer; ``sandbox`` runs already, where it is given.

    With ``second``, the stand-in is asked for a second opinion too.
    """
    stand_in = sandbox or Sandbox()
    if sandbox is None:
        await stand_in.start()
    endpoint = {"base_url": stand_in.model_url, "model": MODEL, "api_key": KEY}
    settings: dict[str, Any] = {
        "database": url,
        "channels": {name: {**_CHANNEL, **keys} for name, keys in (channels or {"c": {}}).items()},
        "summarizer": {
            "kind": "llm",
            **endpoint,
            "budget": _PRICES,
            **({"checker": endpoint} if second else {}),
            **summarizer,
        },
    }
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(settings))
    clock = Hands()
    app = App(load(folder / "config.yaml", environ={}, places=True), clock=clock)
    app.ledger.prepare(upgrade=True)
    try:
        yield ModelDesk(app, stand_in, clock)
    finally:
        await app.close()
        if sandbox is None:
            await stand_in.stop()
