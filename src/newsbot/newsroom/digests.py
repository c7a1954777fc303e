"""Make digests (posts that list several articles) at set times, repeat older articles, and edit digests.

Older articles are repeated in a channel's free slots (times at which the channel may post). An article that a
person removes from all channels is removed from the digests that list it.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from newsbot.errors import ComposeError, SlotTaken
from newsbot.model import FINAL, Article, Post
from newsbot.newsroom.composition import Composition
from newsbot.newsroom.planning import retry_until_free
from newsbot.newsroom.revisions import EDIT, RECOMPOSE, choose_method
from newsbot.ports import Action, Clock, NewAction, NewPost, SentArticle
from newsbot.reasons import Code, Reason, UsageCode
from newsbot.scheduling.rules import WeeklySchedule, iterate_slots, plan

if TYPE_CHECKING:
    from newsbot.ledger.digests import DigestsStore
    from newsbot.ledger.ledger import Ledger
    from newsbot.ledger.posts import PostsStore

__all__ = [
    "DigestRemovalPlanner",
    "DigestTerms",
    "EvergreenTerms",
    "RecurringPosts",
]

# newsbot looks back over this many earlier times of a channel's digests (posts that list several articles) to
# find the last digest that was made.
_LOOK_BACK = 8
# The most articles that newsbot tries to repeat in one free slot (time at which the channel may post),
# because the template may fail for some articles.
_TRIES = 5


@dataclass(frozen=True, slots=True)
class DigestTerms:
    """The settings of a channel's digests (posts that list several articles): their times, the most articles
    in one digest, and their template.
    """

    when: WeeklySchedule
    most: int
    template: str


@dataclass(frozen=True, slots=True)
class EvergreenTerms:
    """The settings of a channel that repeats older articles with certain ``tags`` in its free time slots.

    ``every`` is the least time between two posts of the same article; ``ahead`` is how long before a slot's
    time a repeat of an article is queued for the slot.
    """

    tags: tuple[str, ...]
    every: timedelta
    ahead: timedelta


@dataclass(eq=False, repr=False)
class RecurringPosts:
    """The component that queues the digests (lists of articles) that are due, and the repeats of older
    articles.

    Approval, rate limit and budget of a channel apply to digests and repeats as to all posts.
    """

    store: "DigestsStore"
    posts: "PostsStore"
    composition: Composition
    clock: Clock
    digests: Mapping[str, DigestTerms]
    evergreens: Mapping[str, EvergreenTerms]
    # By channel, the last slot (time at which the channel may post) for which newsbot found no article to
    # repeat. A second search for the same slot would find none either, and a search reads all posts of
    # two years, so newsbot does not repeat it every second.
    _empty: dict[str, datetime] = field(default_factory=dict, init=False)

    def make(self) -> list[Post]:
        """Queue all digests (lists of articles) and repeats of articles that are due and not made yet; return
        their posts.

        Raises:
            ComposeError: a digest's template failed. The error is raised once, and that digest is never
                made.
        """
        made = [self._make_digest(name, terms) for name, terms in self.digests.items()]
        made += [self._repeat_evergreen(name, terms) for name, terms in self.evergreens.items()]
        return [post for posts in made for post in posts]

    def get_next_due_time(self) -> datetime | None:
        """Return when the next digest (a post that lists several articles) is due; None if no channel has
        digests.
        """
        now = self.clock.now()
        return min((terms.when.get_next(now) for terms in self.digests.values()), default=None)

    def _make_digest(self, name: str, terms: DigestTerms) -> list[Post]:
        at = next(terms.when.iterate_back_from(self.clock.now()))
        guid = _make_guid(name, at)
        if self.store.has_digest(guid):
            return []
        since = self._find_start(name, terms, at)
        found = self.store.list_sent_articles(name, since, at)[: terms.most]
        late = self.composition.find_expiry_time(name, at) <= self.clock.now()
        if late or not found:
            why = UsageCode.DIGEST_TOO_LATE() if late else UsageCode.DIGEST_OF_NOTHING()
            return self._record_no_digest(guid, why)
        try:
            return retry_until_free(lambda: self._store_digest(name, terms, guid, found, at))
        except ComposeError as error:
            self._record_no_digest(guid, error.reason)
            what = UsageCode.NO_DIGEST(why=error.reason)
            raise ComposeError(Code.TITLED(what=Code.TEXT(words=name), why=what)) from None

    def _record_no_digest(self, guid: str, why: Reason) -> list[Post]:
        return self.store.add_digest(
            Article(guid, ""), (), (), now=self.clock.now(), note=UsageCode.NO_DIGEST(why=why)
        )

    def _find_start(self, name: str, terms: DigestTerms, at: datetime) -> datetime:
        """Return when the period whose articles belong to the digest (list of articles) due at ``at`` begins.

        The period begins at the time of the channel's last digest that was made, or, if none of the last
        eight was made, at the last time at which a digest was due.
        """
        before = list(islice(terms.when.iterate_back_from(at - timedelta.resolution), _LOOK_BACK))
        made = (when for when in before if self.store.has_digest(_make_guid(name, when)))
        return next(made, before[0])

    def _store_digest(
        self, name: str, terms: DigestTerms, guid: str, found: Sequence[SentArticle], at: datetime
    ) -> list[Post]:
        members = [one.article for one in found]
        digest = Article(guid, "\n\n".join(_describe_member(one) for one in members), published_at=at)
        new, left = self._fit_members(name, terms, digest, members)
        note = UsageCode.NO_ROOM(n=left, count=len(members)) if left else None
        ids = [one.article_id for one in found[: len(members) - left]]
        return self.store.add_digest(digest, ids, [new], now=self.clock.now(), note=note)

    def _fit_members(
        self, name: str, terms: DigestTerms, digest: Article, members: Sequence[Article]
    ) -> tuple[NewPost, int]:
        """Compose the digest with as many articles as fit; return the digest's post and the number of
        articles left out.

        Raises:
            ComposeError: Not even a digest with one article fits.
        """
        for count in range(len(members), 0, -1):
            try:
                new = self.composition.digest(name, digest, members[:count], terms.template)
            except ComposeError:
                if count == 1:
                    raise
            else:
                return new, len(members) - count
        raise ComposeError(UsageCode.NOTHING_TO_GATHER())

    def _repeat_evergreen(self, name: str, terms: EvergreenTerms) -> list[Post]:
        """Queue a repeat of an older article in the channel's next slot (a time at which it may post), if
        that slot is near and free.

        Return the new post in a list, or [].
        """
        now = self.clock.now()
        rules = self.composition.planner.rules(name)
        slot = next(iterate_slots(rules, now), None)
        if slot is None or slot.at > now + terms.ahead or slot.at == self._empty.get(name):
            return []
        taken = self.composition.planner.get_taken_times(name, slot.at)
        if plan(rules, slot.at, taken=taken).slot_at != slot.at:
            return []
        before = slot.at - terms.every
        found = self.store.list_repeatable_articles(name, terms.tags, before=before, limit=_TRIES)
        for one in found:
            with suppress(ComposeError, SlotTaken):
                new = replace(
                    self.composition.repeat(name, one.article),
                    due_at=slot.at,
                    slot_at=slot.at,
                    reason=Code.EVERGREEN(time=slot.shown, date=f"{one.at:%Y-%m-%d}"),
                    expires_at=self.composition.find_expiry_time(name, slot.at),
                )
                return self.posts.queue_posts(one.article_id, [new], now=now, again=True)
        self._empty[name] = slot.at
        return []


def _make_guid(name: str, at: datetime) -> str:
    return f"{name} {at:%Y-%m-%dT%H:%MZ}"


def _describe_member(article: Article) -> str:
    """Return the line that stands for one article in the text of a digest: its title and address."""
    return " ".join(filter(None, (article.title or article.text[:200], article.url)))


@dataclass(eq=False, repr=False)
class DigestRemovalPlanner:
    """The component that plans how an article that a person removes from all channels is removed from the
    digests that list the article.

    ``templates`` are the digest templates by channel, of the channels that have digests in config.yaml.
    """

    ledger: "Ledger"
    composition: Composition
    clock: Clock
    templates: Mapping[str, str]

    def plan_removals(self, gone: Collection[str], by: str) -> list[tuple[Post, NewAction | None]]:
        """Return the posts of each unsent or published digest that lists any of the articles ``gone``.

        Each post is paired with the action (ordered by the person ``by``) that edits the articles out of the
        digest's text. If the digest can't be edited, the pair has None, and the whole post has to be removed.
        """
        live = [post for post in self.ledger.digests.list_digests(tuple(gone)) if post.state not in FINAL]
        return [(post, self._make_action(post, gone, by)) for post in live]

    def find_removal(self, post: Post, gone: Collection[str]) -> Action | None:
        """Return the latest order that removed one of the articles ``gone`` from the digest, a list of
        articles; None if there is none.
        """
        named = {Code.WITHOUT_ARTICLE(id=each) for each in gone}
        found = [each for each in self.ledger.actions.list_actions(post.article_id) if each.detail in named]
        return found[-1] if found else None

    def _make_action(self, post: Post, gone: Collection[str], by: str) -> NewAction | None:
        kept = self.ledger.articles.get_article(post.article_id).article
        template, capabilities = self.templates.get(post.channel), self.composition.capabilities(post.channel)
        members = self._list_remaining(post, kept.text, gone) if kept else []
        if kept is None or not members or template is None or capabilities is None:
            return None
        try:
            draft = self.composition.digest(post.channel, kept, members, template).draft
        except ComposeError:
            return None
        method = choose_method(post, "edit", capabilities, self.clock.now())
        editable = method is EDIT and len(draft.parts) == len(post.parts)
        if method is not RECOMPOSE and not editable:
            return None
        return NewAction(
            "correct",
            post.article_id,
            by,
            Code.WITHOUT_ARTICLE(id=next(iter(gone))),
            (post,),
            alone=True,
            articles={post.article_id: replace(kept, text="\n\n".join(map(_describe_member, members)))},
            amendments=method.list_amendments(post.id, post.parts, draft.parts),
            recompose={post.id: draft} if method is RECOMPOSE else {},
        )

    def _list_remaining(self, post: Post, text: str, gone: Collection[str]) -> list[Article]:
        """Return the articles that stay in the digest, in the order in which its ``text`` lists them.

        The articles ``gone``, and those that were removed before, are left out.
        """
        found = [
            article
            for each in self.ledger.digests.list_digest_articles(post.article_id)
            if each not in gone
            and not self.ledger.actions.is_blocked(article_id=each)
            and (article := self.ledger.articles.get_article(each).article)
            and _describe_member(article) in text
        ]
        return sorted(found, key=lambda one: text.find(_describe_member(one)))
