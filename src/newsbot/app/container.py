"""Every part of newsbot, made from a Config when it is first asked for."""

import asyncio
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from newsbot.channels import channel_class
from newsbot.channels.settings import ChannelSettings
from newsbot.config.models import BreakingSettings, Config
from newsbot.model import Failure, Post
from newsbot.newsroom.composition import ChannelTerms, Composition
from newsbot.newsroom.planning import BreakingLane
from newsbot.ports import Amendment, Channel, ChannelTargets, Claim, ClaimTerms, Clock, Ledger, Source
from newsbot.scheduling.clock import SharedClock, SystemClock
from newsbot.scheduling.days import find_day_interval
from newsbot.scheduling.rules import Rules, find_quiet_interval, find_slot_interval
from newsbot.sources import source_class
from newsbot.summarizers import summarizer_class

if TYPE_CHECKING:
    from newsbot.composing.compose import Composer
    from newsbot.delivery import Sender
    from newsbot.delivery.amender import Amender
    from newsbot.delivery.photos import PhotoPrefetcher
    from newsbot.delivery.prober import Prober
    from newsbot.delivery.reconciler import Reconciler
    from newsbot.delivery.reports import Reports
    from newsbot.desk.people import People
    from newsbot.fetching.fetcher import Fetcher
    from newsbot.fetching.workers import Workers
    from newsbot.ledger.thread import LedgerThread
    from newsbot.newsroom.approvals import Approvals
    from newsbot.newsroom.changes import Changes
    from newsbot.newsroom.corrections import Corrections
    from newsbot.newsroom.digests import RecurringPosts
    from newsbot.newsroom.embargoes import Embargoes
    from newsbot.newsroom.intake import Intake, ReadTerms
    from newsbot.newsroom.polling import SourcePoller
    from newsbot.newsroom.posts import PostEditor, Posts
    from newsbot.newsroom.revisions import CorrectionTerms
    from newsbot.newsroom.source_blocks import SourceBlockList
    from newsbot.newsroom.submission import Submission
    from newsbot.newsroom.takedowns import Withdrawals
    from newsbot.reading.reader import Reader
    from newsbot.scheduling.duty import DutyRoster
    from newsbot.web.metrics import Metrics

__all__ = ["App"]

_IMAGE_BYTES = 10 * 1024 * 1024
_APPROVALS = {"none": 0, "one": 1, "two": 2}


class App:
    """One process's newsbot. Nothing is opened before it is used; `close` closes what was."""

    def __init__(self, config: Config, *, clock: Clock | None = None) -> None:
        self.config = config
        self.clock: Clock = clock or (
            SystemClock() if config.database.startswith("sqlite") else SharedClock()
        )

    # ---- what the outside is reached through

    @cached_property
    def fetcher(self) -> "Fetcher":
        from newsbot.fetching.fetcher import Fetcher

        return Fetcher(allow_private=self.config.network.allow_private)

    @cached_property
    def _named_fetcher(self) -> "Fetcher":
        """For addresses that the operator wrote: `network` guards only where they redirect."""
        from newsbot.fetching.fetcher import Fetcher

        return Fetcher(allow_private=True, beyond=self.fetcher)

    @cached_property
    def workers(self) -> "Workers":
        from newsbot.fetching.workers import Workers

        return Workers(count=2)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Those of which all is known; `Config.need` says what the others lack."""
        return {
            name: source_class(settings.kind)(name, settings, self.fetcher, self.workers)
            for name, settings in self.config.sources.items()
            if ("sources", name) not in self.config.absent
        }

    @cached_property
    def channels(self) -> dict[str, Channel]:
        """All of them: what composes for one asks for its secrets by `Config.need`.

        Raises:
            ConfigError: what one lacks is no secret, so that not even a post's length can be known.
        """
        kinds = {name: channel_class(settings.kind) for name, settings in self.config.channels.items()}
        settings = self.config.channels
        self.config.need(
            "channels", [name for name in kinds if not _is_complete(kinds[name], settings[name])]
        )
        return {name: kind(name, settings[name], self.photos.get) for name, kind in kinds.items()}

    @cached_property
    def photos(self) -> "PhotoPrefetcher":
        """What channels get their posts' photos from."""
        from newsbot.delivery.photos import PhotoPrefetcher

        return PhotoPrefetcher(self._fetch_image)

    async def _fetch_image(self, url: str) -> bytes:
        return (await self.fetcher.get(url, max_bytes=_IMAGE_BYTES)).body

    @cached_property
    def reader(self) -> "Reader":
        from newsbot.reading.reader import Reader

        return Reader(self.fetcher, self.workers, language=self.config.language)

    # ---- the ledger

    @cached_property
    def ledger(self) -> Ledger:
        """Open, not yet prepared."""
        from newsbot.ledger import open_ledger

        return open_ledger(self.config.database, base=self.config.folder)

    @cached_property
    def on_ledger(self) -> "LedgerThread":
        from newsbot.ledger.thread import LedgerThread

        return LedgerThread()

    @property
    def database_shown(self) -> str:
        """The database's URL without its password."""
        return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", self.config.database)

    def terms(self, name: str) -> ClaimTerms:
        """What a claim on this channel is subject to now."""
        settings = self.config.channels[name]
        rules = self._build_rules(settings)
        now = self.clock.now()
        return ClaimTerms(
            self.channels[name].rates(),
            rules.gap,
            _get_month_limit(settings),
            find_quiet_interval(rules, now),
            day=(*find_day_interval(now, rules.zone), rules.per_day) if rules.per_day else None,
            slot=find_slot_interval(rules, now),
            passed=self._breaking.passes,
            target=self.targets[name],
        )

    @cached_property
    def targets(self) -> ChannelTargets:
        """The place that each channel posts to, as far as its settings tell it."""
        return {
            name: None if ("channels", name) in self.config.absent else getattr(settings, "target", None)
            for name, settings in self.config.channels.items()
        }

    @cached_property
    def _breaking(self) -> BreakingLane:
        """The breaking lane: of a newsroom without a desk, by its defaults."""
        own = getattr(getattr(self.config, "desk", None), "breaking", None) or BreakingSettings()
        return BreakingLane(frozenset(own.skips), _APPROVALS[own.approval], own.silent)

    def _build_rules(self, settings: ChannelSettings) -> Rules:
        schedule = settings.schedule
        zone = schedule.timezone or self.config.timezone
        return Rules(schedule.gap, schedule.quiet, zone, schedule.slots, schedule.per_day)

    @cached_property
    def reports(self) -> "Reports":
        """What this process's parts say of themselves."""
        from newsbot.delivery.reports import Reports

        return Reports()

    @cached_property
    def _given_claims(self) -> dict[str, int]:
        """The claims that this process's senders have; see `delivery.exchange`."""
        return {}

    # ---- the newsroom

    @cached_property
    def composer(self) -> "Composer":
        from newsbot.composing.compose import Composer

        return Composer(self.config.templates, zone=self.config.timezone)

    @cached_property
    def composition(self) -> Composition:
        return self._build_composition(self.ledger)

    @cached_property
    def trial(self) -> Composition:
        """Composes without a ledger: for `preview` and `check`."""
        return self._build_composition(None)

    def _build_composition(self, ledger: Ledger | None) -> Composition:
        summarizer = self.config.summarizer
        kind = getattr(summarizer, "kind", "extract")
        return Composition(
            ledger,
            self.channels,
            {name: self._build_channel_terms(settings) for name, settings in self.config.channels.items()},
            summarizer_class(kind)(summarizer),
            self.composer,
            self.clock,
            language=self.config.language,
            breaking=self._breaking,
            reviews={name: settings.rules for name, settings in self.config.sources.items()},
            allow_loopback=self.config.network.allow_private,
            targets=self.targets,
        )

    def _build_channel_terms(self, settings: ChannelSettings) -> ChannelTerms:
        return ChannelTerms(
            template=settings.template or channel_class(settings.kind).template,
            rules=self._build_rules(settings),
            expire=settings.schedule.expire,
            approval=_APPROVALS[settings.approval],
            languages=settings.languages,
            review=settings.rules,
            link=getattr(settings, "link", "always"),
            limit_usd=_get_month_limit(settings),
        )

    @cached_property
    def posts(self) -> "Posts":
        from newsbot.newsroom.posts import Posts

        return Posts(self.ledger, self.composition, self.clock, approvals=self.approvals)

    @cached_property
    def approvals(self) -> "Approvals":
        from newsbot.newsroom.approvals import Approvals

        return Approvals(
            self.ledger,
            self.composition,
            self.clock,
            zone=self.config.timezone,
            duty=self._duty,
            same_person=self.people.same_person,
            name=self.people.name,
            may=self.people.may_answer,
        )

    @cached_property
    def _duty(self) -> "DutyRoster":
        """Nobody's, of a newsroom without a desk."""
        from newsbot.scheduling.duty import DutyRoster

        return DutyRoster(self.config.desk.shifts if self.config.desk else (), self.config.timezone)

    @cached_property
    def people(self) -> "People":
        """The desk's: who at the command line is who in the chat."""
        from newsbot.desk.people import People

        return People(self.config.desk.people if self.config.desk else {})

    @cached_property
    def editing(self) -> "PostEditor":
        from newsbot.newsroom.posts import PostEditor

        return PostEditor(self.ledger, self.channels, self.clock)

    @cached_property
    def embargoes(self) -> "Embargoes":
        from newsbot.newsroom.embargoes import Embargoes

        same_person = self.people.same_person
        return Embargoes(self.ledger, self.composition, self.clock, same_person=same_person)

    @cached_property
    def regulars(self) -> "RecurringPosts":
        """Makes digests and repeats."""
        from newsbot.newsroom.digests import (
            DigestTerms,
            EvergreenTerms,
            RecurringPosts,
            choose_digest_template,
        )
        from newsbot.scheduling.days import WeeklySchedule

        digests, evergreens = {}, {}
        for name, settings in self.config.channels.items():
            if own := settings.digest:
                when = WeeklySchedule(own.at, own.days, self._build_rules(settings).zone)
                template = own.template or choose_digest_template(channel_class(settings.kind).limits)
                digests[name] = DigestTerms(when, own.most, template)
            if green := settings.evergreen:
                evergreens[name] = EvergreenTerms(green.tags, green.every, green.ahead)
        return RecurringPosts(self.ledger, self.composition, self.clock, digests, evergreens)

    @cached_property
    def submission(self) -> "Submission":
        from newsbot.newsroom.submission import Submission
        from newsbot.sources.submission_target import load_items

        terms = self._build_read_terms()
        return Submission(
            lambda target: load_items(target, self.fetcher, self.workers),
            self.reader,
            self.sources,
            {name: own.full_text for name, own in terms.items()},
            posts_to={name: own.channels for name, own in terms.items()},
        )

    def beside(self) -> "App":
        """The same newsroom over a ledger and a thread of its own; `close` closes these alone."""
        return _SiblingApp(self)

    # ---- the service's parts

    @cached_property
    def detector(self) -> "SourcePoller":
        from newsbot.newsroom.polling import SourcePoller, SourceTerms

        terms = {
            name: SourceTerms(settings.every, settings.backfill, settings.back_off)
            for name, settings in self.config.sources.items()
        }
        return SourcePoller(self.ledger, self.on_ledger, self.sources, terms, self.clock)

    def intake(
        self, queued: Callable[[], None], failed: Callable[[str, Failure], None] = lambda _id, _why: None
    ) -> "Intake":
        """Reads what was found and queues its posts; see `newsroom.intake` for what it calls."""
        from newsbot.newsroom.intake import Intake

        return Intake(
            self.ledger,
            self.on_ledger,
            self.reader,
            self.composition,
            self._build_read_terms(),
            self.clock,
            asks=getattr(self.config, "desk", None) is not None,
            queued=queued,
            failed=failed,
        )

    def _build_read_terms(self) -> "dict[str, ReadTerms]":
        from newsbot.newsroom.intake import ReadTerms

        every = tuple(self.config.channels)
        return {
            name: ReadTerms(settings.channels or every, getattr(settings, "full_text", "auto"))
            for name, settings in self.config.sources.items()
        }

    @cached_property
    def changes(self) -> "Changes":
        """Follows articles that change at their source."""
        from newsbot.newsroom.changes import Changes

        on_edit = {
            name: getattr(settings, "on_edit", "flag") for name, settings in self.config.channels.items()
        }
        return Changes(
            self.ledger,
            self.on_ledger,
            self.reader,
            self.composition,
            self._build_read_terms(),
            on_edit,
            self.clock,
            self.corrections.follow,
            self.corrections.matches,
        )

    # ---- what is done to what is out

    @cached_property
    def _after_terms(self) -> "dict[str, CorrectionTerms]":
        from newsbot.newsroom.revisions import CorrectionTerms, Wording

        def wording(settings: ChannelSettings) -> Wording:
            zone = settings.schedule.timezone or self.config.timezone
            language = settings.languages[0] if len(settings.languages) == 1 else self.config.language
            return Wording(zone, settings.words.withdrawn, settings.words.corrected, language)

        return {
            name: CorrectionTerms(getattr(settings, "on_correct", "reply"), wording(settings))
            for name, settings in self.config.channels.items()
        }

    @cached_property
    def corrections(self) -> "Corrections":
        from newsbot.newsroom.corrections import Corrections

        return Corrections(self.ledger, self.composition, self._after_terms, self.clock)

    @cached_property
    def withdrawals(self) -> "Withdrawals":
        from newsbot.newsroom.digests import DigestRemovalPlanner, choose_digest_template
        from newsbot.newsroom.takedowns import Withdrawals

        templates = {
            name: own.template or choose_digest_template(channel_class(settings.kind).limits)
            for name, settings in self.config.channels.items()
            if (own := settings.digest)
        }
        gathered = DigestRemovalPlanner(self.ledger, self.composition, templates)
        return Withdrawals(self.ledger, self.composition, self._after_terms, self.clock, gathered)

    @cached_property
    def blocks(self) -> "SourceBlockList":
        from newsbot.newsroom.source_blocks import SourceBlockList

        return SourceBlockList(self.ledger, self.config.sources, self.clock)

    def sender(
        self,
        *,
        patience: float | None = None,
        settled: Callable[[Post], None] = lambda _: None,
        leaving: Callable[[Claim], None] = lambda _: None,
    ) -> "Sender":
        """Sends what is due; see `delivery.Sender`."""
        from newsbot.delivery import Sender

        return Sender(
            self.ledger,
            self.on_ledger,
            self.channels,
            self.terms,
            self.clock,
            patience=patience,
            settled=settled,
            leaving=leaving,
            reports=self.reports,
            given=self._given_claims,
            photos=self.photos,
        )

    def reconciler(self, *, settled: Callable[[Post], None] = lambda _: None) -> "Reconciler":
        """Looks on the platforms for posts of which nothing proves whether they are out."""
        from newsbot.delivery.reconciler import Reconciler
        from newsbot.fetching.pages import Reader

        pages = Reader(self.fetcher, self._named_fetcher, self.workers)
        return Reconciler(
            self.ledger,
            self.on_ledger,
            self.channels,
            pages,
            self.clock,
            limits={name: _get_month_limit(settings) for name, settings in self.config.channels.items()},
            targets=self.targets,
            settled=settled,
            reports=self.reports,
        )

    def amender(
        self, *, patience: float | None = None, ended: Callable[[Amendment], None] = lambda _: None
    ) -> "Amender":
        """Edits and deletes what is out; see `delivery.amender`."""
        from newsbot.delivery.amender import Amender

        return Amender(
            self.ledger,
            self.on_ledger,
            self.channels,
            self.clock,
            targets=self.targets,
            patience=patience,
            ended=ended,
            reports=self.reports,
        )

    def prober(self, recovered: Callable[[], None]) -> "Prober":
        """Looks at channels that their platforms made pause; calls ``recovered`` when one sends again."""
        from newsbot.delivery.prober import Prober

        return Prober(
            self.ledger,
            self.on_ledger,
            self.channels,
            self.clock,
            recovered=recovered,
            reports=self.reports,
        )

    # ---- what machines read

    @cached_property
    def metrics(self) -> "Metrics | None":
        """The figures, where there is a page to read them from."""
        if self.config.web is None:
            return None
        from newsbot.web.metrics import Metrics

        return Metrics(self.config.sources, self.config.channels)

    @property
    def budgets(self) -> dict[str, Decimal]:
        """The month's limit in USD of the channels that have one."""
        limits = {name: _get_month_limit(settings) for name, settings in self.config.channels.items()}
        return {name: limit for name, limit in limits.items() if limit is not None}

    async def close(self) -> None:
        """Give back what was opened, in the order in which it may still be needed."""
        made = self.__dict__
        for channel in made.get("channels", {}).values():
            await channel.close()
        await self._close_sources()
        for name in ("photos", "workers", "fetcher", "_named_fetcher"):
            if name in made:
                await made[name].close()
        await self._close_ledger()

    async def _close_sources(self) -> None:
        for source in self.__dict__.get("sources", {}).values():
            if close := getattr(source, "close", None):
                await close()

    async def _close_ledger(self) -> None:
        """A call that hangs has the connection, which is left to the end of the process then."""
        made = self.__dict__
        ended = "on_ledger" not in made or await asyncio.to_thread(self.on_ledger.close)
        if ended and "ledger" in made:
            self.ledger.close()


class _SiblingApp(App):
    """Shares what an App reaches the outside through; looks into sources by connections of its own."""

    def __init__(self, app: App) -> None:
        super().__init__(app.config, clock=app.clock)
        shared = {"fetcher": app.fetcher, "workers": app.workers, "channels": app.channels}
        self.__dict__.update(shared)

    async def close(self) -> None:
        await self._close_sources()
        await self._close_ledger()


def _is_complete(kind: Any, settings: ChannelSettings) -> bool:
    return isinstance(settings, kind.Settings)


def _get_month_limit(settings: ChannelSettings) -> Decimal | None:
    budget = getattr(settings, "budget", None)
    return budget.month_usd if budget else None
