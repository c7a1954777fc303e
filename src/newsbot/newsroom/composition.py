"""Make the posts of an article: review the article by rules, compose each channel's text,
and schedule the posts.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from newsbot.composing.compose import Composer, find_embargo_note
from newsbot.errors import ComposeError
from newsbot.fetching.addresses import find_link_refusal
from newsbot.model import SYSTEM, Article, Draft, Failure, Post, PostWarning, Summary
from newsbot.newsroom.planning import BreakingLane, Planner, explain_embargo_end
from newsbot.newsroom.preflight import PostChecks
from newsbot.newsroom.summaries import NO_SUMMARIES, AnySummarizer, ChannelSummaries, find_summaries
from newsbot.ports import (
    Capabilities,
    Channel,
    ChannelTargets,
    Clock,
    NewPost,
    explain_other_place,
    find_new_name,
)
from newsbot.reasons import (
    Code,
    Reason,
    UsageCode,
    WarningCode,
    join_reasons,
    join_sentences,
    list_names,
)
from newsbot.scheduling.review import Review, Rule, review
from newsbot.scheduling.rules import Plan, Rules

if TYPE_CHECKING:
    from newsbot.ledger.ledger import Ledger

__all__ = [
    "ChannelTerms",
    "ComposedPosts",
    "Composition",
    "PlannedPosts",
    "PostRequest",
]


_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ChannelTerms:
    """The settings of a channel for composing, reviewing and scheduling its posts.

    ``link`` is ``always``, ``never`` or ``auto``; ``limit_usd`` is the monthly budget, or None for no budget;
    ``approval`` is the number of people who must approve a post; ``expire`` is how long an unsent post waits
    before it expires.
    """

    template: str
    rules: Rules
    expire: timedelta
    approval: int = 1
    languages: tuple[str, ...] = ()
    review: tuple[Rule, ...] = ()
    link: str = "always"
    limit_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PostRequest:
    """A request to make the posts of an article: the channels,
    and what the article's source or an editor requires.

    ``hold`` is a reason to hold all the posts for an editor's approval, or None. The time until a post
    expires counts from ``since`` if that is earlier than the post's first due time. ``at`` is the time that a
    person set for the posts. ``every_language`` means that a person named the channels: then the channels'
    languages don't matter, and a channel's review rules hold the post where they would drop it. ``breaking``
    sends the posts as breaking news. No post is sent before ``embargo_until`` or before the end of the
    article's own embargo. ``reviewed_as`` is the source whose review rules apply to an article that a person
    submitted; these rules hold the post where they would drop it.
    """

    channels: Sequence[str]
    source: str | None = None
    hold: Reason | None = None
    since: datetime | None = None
    at: datetime | None = None
    by: str = SYSTEM
    every_language: bool = False
    breaking: bool = False
    embargo_until: datetime | None = None
    reviewed_as: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewedArticle:
    """The result of the stage "review" for an article: for each channel its review, or why the channel gets
    no post.

    ``dropped`` says why the review rules of the article's source drop the article; then no channel is
    reviewed.
    """

    article: Article
    channels: Mapping[str, Review | Reason]
    dropped: Reason | None = None

    @property
    def wanted(self) -> list[str]:
        """Return the channels that get a post of the article."""
        return [name for name, seen in self.channels.items() if isinstance(seen, Review)]


@dataclass(frozen=True, slots=True)
class ComposedPost:
    """The draft that was composed for a channel, with the review of the article for that channel.

    ``unlinked`` is a function that composes the same draft without its link, which may cost less on the
    platform; None if the channel's settings require the link.
    """

    draft: Draft
    review: Review
    unlinked: Callable[[], Draft] | None = None


@dataclass(frozen=True, slots=True)
class ComposedPosts:
    """The result of the stage "compose" for an article: for each channel its draft of a post, an error, or
    why the channel gets no post.

    ``dropped`` says why the review rules of the article's source drop the article.
    """

    article: Article
    channels: Mapping[str, ComposedPost | ComposeError | Reason]
    dropped: Reason | None = None


@dataclass(frozen=True, slots=True)
class PlannedPosts:
    """An article's posts that are ready to be stored,
    and ``notes`` that say why the other channels have no post.

    ``failed`` are those of the ``notes`` that report a mistake in a template; the others report a decision.
    """

    posts: tuple[NewPost, ...]
    notes: tuple[Reason, ...]
    failed: tuple[Reason, ...] = ()

    def hold_all(self, why: Reason) -> "PlannedPosts":
        """Return the same posts, all held for an editor's approval for the reason ``why``."""
        return replace(self, posts=tuple(replace(post, held_for=why) for post in self.posts))

    @property
    def failure(self) -> Failure | None:
        """Return all errors of composing the article's posts as one failure for the ledger; None without
        errors.
        """
        why = join_sentences(self.failed)
        return Failure(ComposeError.code, why) if why else None

    @property
    def why_without_posts(self) -> Reason:
        """Return the reasons why channels have no post of the article, joined into one reason."""
        return join_sentences(self.notes) or UsageCode.NO_CHANNEL_ASKED()


@dataclass(eq=False, repr=False)
class Composition:
    """The stages that turn an article into posts, with the settings of the channels.

    ``language`` is the newsroom's own language, for articles that don't state theirs. ``reviews`` are the
    sources' review rules, by source. Posts contain links to this machine only with ``allow_loopback``.
    ``targets`` are the chats or accounts that the channels post to. If ``ledger`` is None, budgets and the
    times of other posts have no effect. ``checks`` add warnings to posts and hold those with some of them.
    """

    ledger: "Ledger | None"
    channels: Mapping[str, Channel]
    terms: Mapping[str, ChannelTerms]
    summarizer: AnySummarizer
    composer: Composer
    clock: Clock
    _: KW_ONLY
    language: str | None = None
    breaking: BreakingLane = field(default_factory=BreakingLane)
    reviews: Mapping[str, Sequence[Rule]] = field(default_factory=dict)
    allow_loopback: bool = False
    targets: ChannelTargets = field(default_factory=dict)
    checks: PostChecks = field(default_factory=PostChecks)

    def __post_init__(self) -> None:
        rules = {name: own.rules for name, own in self.terms.items()}
        self.planner = Planner(
            self.ledger.schedule if self.ledger else None, rules, self.clock, self.breaking
        )
        self.targets = dict.fromkeys(self.terms) | dict(self.targets)

    def summarize(self, article: Article) -> ChannelSummaries:
        """Return the article's summaries by channel, without a call to another service."""
        return find_summaries(self.summarizer, article)

    def draft(
        self,
        name: str,
        article: Article,
        summaries: ChannelSummaries,
        *,
        source: str | None = None,
        reserve: int = 0,
        link: bool | None = None,
        breaking: bool = False,
    ) -> Draft:
        """Compose the post of the article on the channel ``name`` as it would be sent now, with warnings.

        ``reserve`` is the number of characters to leave free in each part (platform message). ``link`` says
        whether the post has a link, instead of the channel's setting; the setting ``auto`` omits a link that
        the budget can't pay. ``breaking`` composes a post of breaking news. The warnings also say what review
        rules would drop or hold.

        Raises:
            ComposeError: the template failed, or no text fits the platform's limit.
        """
        seen = self.review(name, article, source=source)
        options = {"reserve": reserve, "breaking": breaking}
        summary = summaries.for_channel(name)
        drafts = self._compose_linked(name, seen.article, summary, source, link=link, **options)
        draft = self._choose_link(name, *drafts)
        draft = self.checks.foresee(
            draft, seen.article, sent=self.clock.now(), zone=self.planner.rules(name).zone
        )
        told = (
            ("dropped", WarningCode.WOULD_BE_DROPPED, seen.dropped),
            ("held", WarningCode.WOULD_BE_HELD, seen.held),
        )
        warnings = [PostWarning(name, code(why=why)) for name, code, why in told if why]
        return replace(draft, warnings=(*draft.warnings, *warnings)) if warnings else draft

    def review(self, name: str, article: Article, *, source: str | None = None) -> Review:
        """Apply the review rules of the article's source, then those of the channel ``name``;
        return the result.
        """
        return self._review_for_channel(name, self._review_for_source(article, source))

    def _review_for_source(self, article: Article, source: str | None) -> Review:
        return self._review(self.reviews.get(source or "", ()), article, source or "")

    def _review_for_channel(self, name: str, seen: Review) -> Review:
        if seen.dropped:
            return seen
        mine = self._review(self.terms[name].review, seen.article, name)
        held = seen.held or mine.held or _explain_embargo_note(seen.article)
        held = held or self._explain_missing_link(name, seen.article)
        return replace(mine, held=held, said=(*seen.said, *mine.said)) if held or seen.said else mine

    def _explain_missing_link(self, name: str, article: Article) -> Reason | None:
        """Return why a post on the channel ``name`` can't link to its article
        although its template has a link.

        newsbot holds such a post for an editor. Return None if the post has its link or needs none.
        """
        why, terms = self.explain_refused_link(article), self.terms[name]
        if not why or terms.link == "never":
            return None
        shows = self.composer.shows_link(terms.template, self.channels[name].capabilities)
        return Code.TITLED(what=Code.NO_LINK(), why=why) if shows else None

    def explain_refused_link(self, article: Article) -> Reason | None:
        """Return why readers can't open an article's address; None if they can, or if it has no address."""
        return find_link_refusal(article.url, allow_loopback=self.allow_loopback) if article.url else None

    def _drop_closed_link(self, article: Article) -> Article:
        """Return the article, without its address if readers can't open that address."""
        return replace(article, url=None) if self.explain_refused_link(article) else article

    def _review(self, rules: Sequence[Rule], article: Article, where: str) -> Review:
        return review(rules, article, where=where, now=self.clock.now(), language=self.language)

    def _compose_linked(
        self,
        name: str,
        article: Article,
        summary: Summary,
        source: str | None,
        *,
        link: bool | None = None,
        **options: Any,
    ) -> tuple[Draft, Callable[[], Draft] | None]:
        """Compose a draft of a post, and return with it a function that composes the same draft without a
        link.

        That function is None if the link may not be omitted: by the channel's settings, or because ``link``
        says whether the draft has one.
        """
        compose, setting = (
            partial(self._compose, name, article, summary, source, **options),
            self.terms[name].link,
        )
        unlinked = partial(compose, link=False) if link is None and setting == "auto" else None
        return compose(link=setting != "never" if link is None else link), unlinked

    def _choose_link(self, name: str, draft: Draft, unlinked: Callable[[], Draft] | None) -> Draft:
        """Return the composed draft of a post if the channel's budget can pay for its link, else the draft
        without a link.
        """
        return draft if unlinked is None or self._is_affordable(name, draft.cost_usd) else unlinked()

    def review_article(self, article: Article, request: PostRequest) -> ReviewedArticle:
        """Decide by the channels' languages and the review rules which channels get a post of the article.

        This stage does not read the ledger.
        """
        reviewed = self._review_for_source(article, request.reviewed_as or request.source)
        if request.reviewed_as:
            reviewed = replace(reviewed, dropped=None, held=reviewed.dropped or reviewed.held)
        if reviewed.dropped:
            return ReviewedArticle(article, {}, reviewed.dropped)
        channels: dict[str, Review | Reason] = {}
        for name in request.channels:
            if not request.every_language and (why := self._explain_foreign_language(name, article)):
                channels[name] = why
                continue
            seen = self._review_for_channel(name, reviewed)
            channels[name] = seen.dropped if seen.dropped and not request.every_language else seen
        return ReviewedArticle(article, channels)

    def compose_posts(
        self, reviewed: ReviewedArticle, summaries: ChannelSummaries, request: PostRequest
    ) -> ComposedPosts:
        """Compose a draft for each channel that gets a post of the article, without reading the ledger."""
        channels: dict[str, ComposedPost | ComposeError | Reason] = {}
        for name, seen in reviewed.channels.items():
            if isinstance(seen, Reason):
                channels[name] = seen
                continue
            about = (name, seen.article, summaries.for_channel(name), request.source)
            try:
                draft, unlinked = self._compose_linked(*about, breaking=request.breaking)
                channels[name] = ComposedPost(draft, seen, unlinked)
            except ComposeError as error:
                channels[name] = error
        return ComposedPosts(reviewed.article, channels, reviewed.dropped)

    def schedule_posts(self, composed: ComposedPosts, request: PostRequest) -> PlannedPosts:
        """Decide by the ledger's present state who must approve the composed posts, and when to send them."""
        if composed.dropped:
            return PlannedPosts((), (composed.dropped,))
        posts: list[NewPost] = []
        notes: list[Reason] = []
        failed: list[Reason] = []
        for name, made in composed.channels.items():
            if isinstance(made, Reason):
                notes.append(made)
                continue
            try:
                if isinstance(made, ComposeError):
                    raise made
                posts.append(self._schedule_post(name, made, composed.article, request))
            except ComposeError as error:
                failed.append(Code.TITLED(what=Code.TEXT(words=name), why=error.reason))
                notes.append(failed[-1])
        return PlannedPosts(tuple(posts), tuple(notes), tuple(failed))

    def _schedule_post(
        self, name: str, made: ComposedPost, article: Article, request: PostRequest
    ) -> NewPost:
        embargo = max((at for at in (request.embargo_until, article.embargo_until) if at), default=None)
        # For an article under an embargo, the time until its posts expire counts from the embargo's end.
        since = None if embargo else request.since
        draft = self._choose_link(name, made.draft, made.unlinked)
        new = self._make_post(
            name, draft, hold=request.hold, by=request.by, breaking=request.breaking, embargo=embargo
        )
        timed = self._set_time(_apply_review(new, made.review), at=request.at, since=since)
        return self.checks.apply(timed, article, self.planner.rules(name).zone)

    def compose(self, article: Article, request: PostRequest) -> ComposedPosts:
        """Review and summarize an article, and compose its posts' drafts, without reading the ledger."""
        reviewed = self.review_article(article, request)
        summaries = self.summarize(article) if reviewed.wanted else NO_SUMMARIES
        return self.compose_posts(reviewed, summaries, request)

    def plan(self, article: Article, request: PostRequest) -> PlannedPosts:
        """Review, summarize, compose and schedule an article's posts, for a caller inside a transaction."""
        return self.schedule_posts(self.compose(article, request), request)

    def digest(self, name: str, digest: Article, members: Sequence[Article], template: str) -> NewPost:
        """Compose a post on the channel ``name`` that lists the articles ``members``
        by the digest's ``template``.

        Raises:
            ComposeError: the template failed, or the post is longer than the platform allows.
        """
        draft = self._compose(
            name, digest, Summary(()), "digest", link=False, template=template, members=members
        )
        timed = self._set_time(self._make_post(name, draft))
        gathered = Code.DIGEST(n=len(members)) if len(members) > 1 else Code.DIGEST_OF_ONE()
        reason = join_reasons([gathered, timed.reason])
        return replace(timed, role="digest", reason=reason)

    def repeat(self, name: str, article: Article) -> NewPost:
        """Compose another post of an article that the channel ``name`` has already posted;
        its caller sets the due time.

        Raises:
            ComposeError: the template failed, or no text fits the platform's limit.
        """
        seen = self.review(name, article)
        drafts = self._compose_linked(name, seen.article, self.summarize(article).for_channel(name), None)
        draft = self._choose_link(name, *drafts)
        new = replace(self._make_post(name, draft, embargo=article.embargo_until), role="repeat")
        return self.checks.apply(_apply_review(new, seen), article, self.planner.rules(name).zone)

    def get_channel(self, name: str) -> Channel | None:
        """Return the channel with the name ``name``; None if config.yaml no longer has such a channel."""
        return self.channels.get(name)

    def capabilities(self, name: str) -> Capabilities | None:
        """Return what the platform of the channel ``name`` can do; None if config.yaml lacks the channel."""
        return self.channels[name].capabilities if name in self.channels else None

    def get_literal_text(self, name: str) -> str:
        """Return the literal text in the template of the channel ``name``; "" if config.yaml lacks it."""
        return self.composer.get_literal_text(self.terms[name].template) if name in self.terms else ""

    def has_channel(self, name: str) -> bool:
        """Return whether config.yaml has a channel with the name ``name``."""
        return name in self.terms

    def explain_stranding(self, post: Post) -> Reason | None:
        """Return why ``post`` can't be sent: its channel was removed,
        or now posts to another chat or account.

        Return None if the channel still posts to the chat or account that the post was composed for.
        """
        return explain_other_place(post.channel, post.target, self.targets, out=post.is_out)

    def is_renamed(self, post: Post) -> bool:
        """Return whether the post's channel was renamed; when newsbot next starts, it moves the posts of such
        a channel to the new name.
        """
        return find_new_name(post.channel, post.target, self.targets) is not None

    def approval(self, name: str) -> int:
        """Return how many people must approve a post of the channel ``name``; 0 if config.yaml lacks it."""
        return self.terms[name].approval if name in self.terms else 0

    def get_lifetime(self, name: str) -> timedelta:
        """Return how long an unsent post of the channel ``name`` waits before it expires.

        Return a day if config.yaml has no such channel.
        """
        return self.terms[name].expire if name in self.terms else _LIFETIME

    def find_expiry_time(self, name: str, due: datetime) -> datetime:
        """Return when a post of the channel ``name``, first due at ``due``, expires if it stays unsent."""
        return due + self.get_lifetime(name)

    def _compose(
        self,
        name: str,
        article: Article,
        summary: Summary,
        source: str | None,
        *,
        link: bool,
        template: str | None = None,
        members: Sequence[Article] = (),
        reserve: int = 0,
        breaking: bool = False,
    ) -> Draft:
        channel, can = self.channels[name], self.channels[name].capabilities
        if reserve:
            can = replace(can, text=can.text - reserve, caption=can.caption_limit - reserve)
        draft = self.composer.compose(
            self._drop_closed_link(article),
            summary,
            channel=name,
            kind=channel.kind,
            capabilities=can,
            template=template or self.terms[name].template,
            link=link,
            price=channel.price,
            source=source,
            members=[self._drop_closed_link(member) for member in members],
            breaking=breaking,
        )
        warnings = (*draft.warnings, *self._warn_of_language(name, article))
        return replace(draft, target=self.targets.get(name), warnings=warnings)

    def _is_affordable(self, name: str, cost: Decimal | None) -> bool:
        limit = self.terms[name].limit_usd
        if limit is None or cost is None or self.ledger is None:
            return True
        taken = self.ledger.channels.get_spending(
            name, now=self.clock.now()
        ) + self.ledger.channels.get_committed_cost(name)
        return taken + cost <= limit

    def _explain_foreign_language(self, name: str, article: Article) -> Reason | None:
        wanted = self.terms[name].languages
        language = article.language or self.language
        if not wanted or language is None or language in wanted:
            return None
        return UsageCode.LANGUAGE_NOT_TAKEN(name=name, reasons=list_names(wanted), language=language)

    def _warn_of_language(self, name: str, article: Article) -> tuple[PostWarning, ...]:
        """Return a warning if the article is surely in a language that the channel
        ``name`` does not post; else ().

        The warning is for an editor, who may still post the article on the channel.
        """
        wanted = self.terms[name].languages
        if not wanted or not article.language_sure or article.language in wanted:
            return ()
        said = WarningCode.OTHER_LANGUAGE(language=article.language, name=name, reasons=list_names(wanted))
        return (PostWarning("language", said),)

    def _make_post(
        self,
        name: str,
        draft: Draft,
        *,
        hold: Reason | None = None,
        by: str = SYSTEM,
        breaking: bool = False,
        embargo: datetime | None = None,
    ) -> NewPost:
        """Return a composed draft as a post for the ledger, with the approvals that it needs, without a due
        time.
        """
        lane, approval = self.planner.breaking, self.approval(name)
        if breaking:
            approval = min(approval, lane.approval)
        return NewPost(
            draft,
            self.clock.now(),
            None,
            None,
            approval,
            hold or (Code.APPROVAL() if approval else None),
            by,
            embargo_until=embargo,
            breaking=breaking,
            silent=breaking and lane.silent,
        )

    def _set_time(
        self, new: NewPost, *, at: datetime | None = None, since: datetime | None = None
    ) -> NewPost:
        """Return the post with a due time: ``at``, which a person set, or a time by its channel's rules.

        If the article's embargo ends later than ``at``, the post is due after the embargo. The time until the
        post expires counts from ``since`` if that is earlier than the due time.
        """
        name, embargo = new.draft.channel, new.embargo_until
        if at and not (embargo and embargo > at):
            found = Plan(at, Code.TIME_SET())
        else:
            found = self.planner.plan(name, wanted=embargo, breaking=new.breaking)
            if embargo and embargo > self.clock.now():
                found = found._replace(reason=explain_embargo_end(found.reason))
        expires = self.find_expiry_time(name, min(found.due_at, since) if since else found.due_at)
        return replace(
            new,
            due_at=found.due_at,
            reason=found.reason,
            slot_at=found.slot_at,
            set_at=at,
            expires_at=expires,
        )


def _apply_review(new: NewPost, seen: Review) -> NewPost:
    """Return the post, held for an editor's approval if the review ``seen`` requires that.

    If the post was already held for a reason that concerns many posts (such as a flood of articles), it keeps
    that reason.
    """
    asks = seen.dropped or seen.held
    if not asks:
        return replace(new, said=seen.said)
    held = asks if new.held_for in {None, Code.APPROVAL()} else new.held_for
    return replace(new, said=seen.said, held_for=held, approval=max(new.approval, 1))


def _explain_embargo_note(article: Article) -> Reason | None:
    """Return why the posts of an article that begins with a note on an embargo wait for an editor; None
    without a note.
    """
    note = find_embargo_note(article)
    return Code.EMBARGO_NOTE(words=note) if note else None
