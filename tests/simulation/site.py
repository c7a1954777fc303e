"""Where articles come from: sites that publish by a seeded plan, and how they are read."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from newsbot.errors import FetchError, ReadError
from newsbot.model import Article, Image, Item
from newsbot.ports import Poll
from newsbot.sources.settings import SourceSettings
from tests.simulation.time import VirtualClock

__all__ = ["SimulatedSettings", "Site", "SiteReader", "Story", "publishing"]

_SHOWN = 60  # items in a site's feed


class SimulatedSettings(SourceSettings):
    kind: str = "tests.simulation.site:Site"


@dataclass(frozen=True)
class Story:
    """``at`` in seconds of virtual time."""

    at: float
    guid: str
    title: str
    sentences: int
    photo: bool


def publishing(chance: Random, name: str, days: float, a_day: float) -> list[Story]:
    """A site's stories, at random times; now and then many at once."""
    stories: list[Story] = []
    at = 0.0
    while (at := at + chance.expovariate(a_day / 86400)) < days * 86400:
        burst = 8 if chance.random() < 0.01 else 1
        for _ in range(burst):
            number = len(stories)
            title = f"Story {number} of {name}"
            stories.append(
                Story(at, f"{name}-{number}", title, chance.randint(1, 6), photo=chance.random() < 0.3)
            )
    return stories


class Site:
    """The Source port over one site's plan; some polls fail, some are slow. ``polled``: when it was last."""

    def __init__(
        self,
        name: str,
        stories: list[Story],
        clock: VirtualClock,
        chance: Random,
        polled: dict[str, float],
    ) -> None:
        self._name = name
        self._stories = stories
        self._clock = clock
        self._chance = chance
        self._polled = polled

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        self._polled[self._name] = asyncio.get_running_loop().time()
        await asyncio.sleep(self._chance.choice([0.1, 0.3, 1.0, 40.0]))
        if self._chance.random() < 0.03:
            raise FetchError("the site is down", retry_after=self._chance.choice([None, 60, 4000]))
        now = asyncio.get_running_loop().time()
        there = [story for story in self._stories if story.at <= now]
        cursor = {"polls": cursor.get("polls", 0) + 1}
        return Poll(tuple(self._item(story, now) for story in there[-_SHOWN:][::-1]), cursor)

    def _item(self, story: Story, now: float) -> Item:
        published = self._clock.true() - timedelta(seconds=now - story.at)
        text = " ".join(f"Sentence {n} of {story.title} says something." for n in range(story.sentences))
        url = f"https://{self._name}.test/{story.guid}"
        image = Image(f"{url}.jpg", "a tram") if story.photo else None
        return Item(story.guid, url, story.title, text=text, published_at=published, image=image)


class SiteReader:
    """Reading without pages: what the item says, after a while; sometimes not at the first try."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    async def read(self, item: Item, *, full_text: str = "auto") -> Article:
        await asyncio.sleep(self._chance.uniform(0.01, 5))
        luck = self._chance.random()
        if luck < 0.02:
            raise FetchError(f"{full_text}: the page can't be had")
        if luck < 0.022:
            raise ReadError("there is no body anywhere")
        return Article(
            item.guid,
            item.text or "",
            url=item.url,
            title=item.title,
            published_at=item.published_at,
            language="en",
            image=item.image,
        )
