"""What comes of itself: digests at a time of day or week, and repeats in slots that nothing else takes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from newsbot.errors import ComposeError, SlotTaken
from newsbot.model import Article, Limits, Post
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.planning import until_free
from newsbot.ports import Clock, Ledger, NewPost, Out
from newsbot.scheduling.plans import plan
from newsbot.scheduling.slots import slots_from
from newsbot.scheduling.weekly import Weekly

__all__ = ["DigestTerms", "EvergreenTerms", "Regulars", "digest_template", "said"]

_LOOK_BACK = 8  # digests of before that are looked for, to know since when articles are gathered
_TRIES = 5  # articles that are tried for one slot, where templates fail on some


def digest_template(limits: Limits) -> str:
    """The package's own."""
    return "digest.html.j2" if limits.format == "html" else "digest.txt.j2"


@dataclass(frozen=True, slots=True)
class DigestTerms:
    when: Weekly
    most: int
    template: str


@dataclass(frozen=True, slots=True)
class EvergreenTerms:
    """``every`` is the least time between two posts of an article; ``ahead`` how early a slot is taken."""

    tags: tuple[str, ...]
    every: timedelta
    ahead: timedelta


class Regulars:
    """Makes what is due, by channel. It waits for approval, pace and budget like any other post."""

    def __init__(
        self,
        ledger: Ledger,
        composition: Composition,
        clock: Clock,
        digests: Mapping[str, DigestTerms],
        evergreens: Mapping[str, EvergreenTerms],
    ) -> None:
        self._ledger = ledger
        self._composition = composition
        self._clock = clock
        self._digests = digests
        self._evergreens = evergreens
        # By channel, the slot for which no article was found. What may be repeated in a slot goes by its time
        # alone, and to look for it reads all that went out in two years: it is not done each second.
        self._empty: dict[str, datetime] = {}

    def make(self) -> list[Post]:
        """All that is due now and not made yet.

        Raises:
            ComposeError: a digest's template failed; said once, and that digest is not made.
        """
        made = [post for name, terms in self._digests.items() for post in self._digest(name, terms)]
        return made + [post for name, terms in self._evergreens.items() for post in self._repeat(name, terms)]

    def next(self) -> datetime | None:
        """When the next digest is due."""
        now = self._clock.now()
        return min((terms.when.after(now) for terms in self._digests.values()), default=None)

    # ---- digests

    def _digest(self, name: str, terms: DigestTerms) -> list[Post]:
        at = next(terms.when.back_from(self._clock.now()))
        guid = _guid(name, at)
        if self._ledger.has_digest(guid):
            return []
        since = self._since(name, terms, at)
        found = self._ledger.out_between(name, since, at)[: terms.most]
        late = self._composition.expiry(name, at) <= self._clock.now()
        if late or not found:
            return self._none(guid, "its time was over" if late else "nothing went out since the last one")
        try:
            return until_free(lambda: self._made(name, terms, guid, found, at))
        except ComposeError as error:
            self._none(guid, str(error))
            raise ComposeError(f"{name}: no digest: {error}") from None

    def _none(self, guid: str, why: str) -> list[Post]:
        return self._ledger.add_digest(
            Article(guid, ""), (), (), now=self._clock.now(), note=f"no digest: {why}"
        )

    def _since(self, name: str, terms: DigestTerms, at: datetime) -> datetime:
        """The digest before it that was made; else when there would have been one."""
        before = list(islice(terms.when.back_from(at - timedelta.resolution), _LOOK_BACK))
        made = (when for when in before if self._ledger.has_digest(_guid(name, when)))
        return next(made, before[0])

    def _made(
        self, name: str, terms: DigestTerms, guid: str, found: Sequence[Out], at: datetime
    ) -> list[Post]:
        members = [one.article for one in found]
        digest = Article(guid, "\n\n".join(said(one) for one in members), published_at=at)
        new, left = self._fitted(name, terms, digest, members)
        note = f"{left} of {len(members)} had no room" if left else ""
        ids = [one.article_id for one in found[: len(members) - left]]
        return self._ledger.add_digest(digest, ids, [new], now=self._clock.now(), note=note)

    def _fitted(
        self, name: str, terms: DigestTerms, digest: Article, members: Sequence[Article]
    ) -> tuple[NewPost, int]:
        """With as many as there is room for; and how many are left out.

        Raises:
            ComposeError: not even one.
        """
        for count in range(len(members), 0, -1):
            try:
                new = self._composition.digest(name, digest, members[:count], terms.template)
            except ComposeError:
                if count == 1:
                    raise
            else:
                return new, len(members) - count
        raise ComposeError("there is nothing to gather")

    # ---- repeats

    def _repeat(self, name: str, terms: EvergreenTerms) -> list[Post]:
        """In the next slot, if it is near and free."""
        now = self._clock.now()
        rules = self._composition.planner.rules(name)
        slot = next(slots_from(rules, now), None)
        if slot is None or slot.at > now + terms.ahead or slot.at == self._empty.get(name):
            return []
        taken = self._composition.planner.taken(name, slot.at)
        if plan(rules, slot.at, taken=taken).slot_at != slot.at:
            return []
        before = slot.at - terms.every
        found = self._ledger.repeatable(name, terms.tags, before=before, limit=_TRIES)
        for one in found:
            with suppress(ComposeError, SlotTaken):
                new = self._composition.repeat(name, one.article)
                why = f"evergreen, in slot {slot} that nothing else takes; last out {one.at:%Y-%m-%d}"
                new = replace(new, due_at=slot.at, slot_at=slot.at, reason=why)
                new = replace(new, expires_at=self._composition.expiry(name, slot.at))
                return self._ledger.queue(one.article_id, [new], now=now, again=True)
        self._empty[name] = slot.at
        return []


def _guid(name: str, at: datetime) -> str:
    return f"{name} {at:%Y-%m-%dT%H:%MZ}"


def said(article: Article) -> str:
    """How a digest's own text names one of its articles."""
    return " ".join(filter(None, (article.title or article.text[:200], article.url)))
