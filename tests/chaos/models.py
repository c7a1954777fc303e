"""Services that are killed while a model writes: no call is paid for twice, and no article is lost."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from newsbot.model import PostState
from newsbot.sandbox.model import KEY, MODEL
from tests.acceptance.newsroom import Story
from tests.bench.rows import Row
from tests.chaos.kills import database
from tests.chaos.stage import Stage, until

__all__ = ["paid_once"]

_CHANNELS = ("tg", "threads")  # Both want the same summary, so they share a call.
_TEMPLATE = "{{ title | fit }}\n\n{{ summary | fit }}\n"
_THINKS = 0.3
_PRICES = {"month_usd": 100, "input_usd_per_mtok": 1, "output_usd_per_mtok": 2}


def _list_stops(number: str) -> str:
    """Return names that no other article has, so that none is held for its likeness to another."""
    digits = sha256(number.encode()).hexdigest().translate(str.maketrans("0123456789", "ghijklmnop"))
    return ", ".join(digits[at : at + 5].capitalize() for at in range(0, 60, 5))


class _ModelStage(Stage):
    """A stage with a model that takes its time."""

    def configure(self, folder: Path | None = None, **changes: Any) -> None:
        endpoint = {"base_url": self.sandbox.model_url, "model": MODEL, "api_key": KEY}
        super().configure(folder, summarizer={"kind": "llm", **endpoint, "budget": _PRICES}, **changes)
        for name in _CHANNELS:
            ((folder or self.folder) / "templates" / f"{name}.html.j2").write_text(_TEMPLATE)

    def think(self, seconds: float, *first: tuple[Any, str, Any]) -> None:
        super().think(seconds, *first)
        self.sandbox.faults.add("model", "*", "latency", times=10**9, seconds=_THINKS)

    def publish(self, count: int = 1) -> None:
        for _ in range(count):
            self.made += 1
            number = f"{self.made:05d}"
            body = (
                f"<p>The council of harbour {number} voted for the ferry on Tuesday evening.</p>"
                f"<p>The ferry of harbour {number} will cross the bay six times a day from May.</p>"
                f"<p>Its stops are {_list_stops(number)}.</p>"
                f"<p>A ship for harbour {number} is being built in Rostock and costs four million.</p>"
            )
            self.site.stories.append(
                Story(f"story-{number}", f"Harbour number {number} gets its ferry", body)
            )

    @property
    def writing(self) -> int:
        """Calls that the model has not answered yet."""
        return sum(call.platform == "model" and call.status is None for call in self.sandbox.calls)


async def _kill_while_writing(stage: _ModelStage, chance: random.Random) -> str:
    """Kill a service at a moment around a call to the model; return what the kill hit."""
    service = await stage.start()
    before = len(stage.sandbox.model.paid)
    stage.publish(chance.choice((1, 1, 2)))
    wanted = chance.choice(("call", "call", "answer"))
    await until(
        lambda: (
            not service.alive
            or (len(stage.sandbox.model.paid) > before if wanted == "answer" else stage.writing)
        ),
        20,
        0.002,
    )
    await asyncio.sleep(chance.uniform(0.0, _THINKS if wanted == "call" else 0.05))
    hit = "in mid-call" if stage.writing else "after an answer"
    await service.kill()
    return hit


async def paid_once(kind: str, count: int, *, seed: int = 1) -> list[Row]:
    """``count`` services, each killed while a model writes or has just answered, and two left alone."""
    began, chance, hits = monotonic(), random.Random(seed), Counter[str]()
    with TemporaryDirectory() as folder, database(kind) as url:
        async with _ModelStage(Path(folder), url, channels=_CHANNELS) as stage:
            for _ in range(count):
                hits[await _kill_while_writing(stage, chance)] += 1
            await stage.finish()
            stage.publish()  # No kill hits this article, so the model writes its posts.
            ended = await stage.finish()
            return [
                Row(f"{kind}: services killed", str(count)),
                *(Row(f"kills {hit}", str(times)) for hit, times in hits.items()),
                *_judge(stage),
                Row("the last service's exit status", str(ended), "0", ended == 0),
                Row("took", f"{monotonic() - began:.0f} s"),
            ]


def _judge(stage: _ModelStage) -> list[Row]:
    paid = stage.sandbox.model.paid
    twice = sum(times > 1 for times in paid.values())
    texts = Counter((place, text.partition("\n")[0]) for place, text, _ in stage.arrivals)
    wanted = {(name, story.title) for name in _CHANNELS for story in stage.site.stories}
    # Articles pile up while services die young, so that the next poll finds a flood, whose posts are held.
    unknown, held = stage.waiting((PostState.UNKNOWN,)), stage.waiting((PostState.HELD,))
    lost = len(wanted - set(texts)) - unknown - held
    doubled = sum(times > 1 for times in texts.values())
    written = sum("is being built in Rostock" in text for _, text, _ in stage.arrivals)
    spending = stage.ledger.channels.list_spending(now=datetime.now(UTC))["summarizer:llm"].usd
    return [
        Row("articles", str(len(stage.site.stories))),
        Row("calls to the model", str(paid.total())),
        Row("calls paid for twice", str(twice), "0", twice == 0),
        Row("posts lost", str(max(lost, 0)), "0", lost <= 0),
        Row("posts doubled", str(doubled), "0", doubled == 0),
        Row("posts held as a flood, or of unknown outcome", str(held + unknown)),
        Row("posts that the model wrote", f"{written} of {len(texts)}", "> 0", written > 0),
        Row("spent or reserved", f"${spending}", "> 0", spending > 0),
    ]
