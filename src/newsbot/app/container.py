"""The container of newsbot's components, such as the sender of posts, for the command line and the service.

Each component is made from the configuration when it is first used.
"""

from collections.abc import Callable, Collection
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsbot.app.connections import Connections
from newsbot.channels import channel_class, list_kinds
from newsbot.channels.settings import ChannelSettings, CorrectionSettings, PriceSettings
from newsbot.composing.compose import Composer
from newsbot.config.models import BreakingSettings, Config, NetworkSettings
from newsbot.engines import engine_class, prepare_engine
from newsbot.errors import LedgerError, ParseError
from newsbot.identity.addresses import get_site
from newsbot.model import Failure, Post
from newsbot.newsroom.approvals import Approvals, PostEditor, Questions
from newsbot.newsroom.composition import ChannelTerms, Composition
from newsbot.newsroom.corrections import Corrections
from newsbot.newsroom.digests import DigestTerms, EvergreenTerms, RecurringPosts
from newsbot.newsroom.people import People, Permissions
from newsbot.newsroom.planning import BreakingLane
from newsbot.newsroom.preflight import Preflight
from newsbot.newsroom.revisions import CorrectionTerms, CorrectionWording
from newsbot.newsroom.summaries import SummarizerLine
from newsbot.newsroom.takedowns import SourceBlocks, Withdrawals
from newsbot.ports import (
    ALL_ROLES,
    Amendment,
    ChannelSummarizer,
    Claim,
    ClaimTerms,
    Engine,
    ServiceRole,
    Summarizer,
    SummaryStyle,
)
from newsbot.reasons import LedgerCode
from newsbot.scheduling.duty import DutyRoster
from newsbot.scheduling.rules import (
    Rules,
    WeeklySchedule,
    find_day_interval,
    find_quiet_interval,
    find_slot_interval,
)
from newsbot.summarizers import summarizer_class

if TYPE_CHECKING:
    from newsbot.delivery.amender import Amender
    from newsbot.delivery.channel_tasks import DeliveryContext
    from newsbot.delivery.prober import Prober
    from newsbot.delivery.reconciler import Reconciler
    from newsbot.delivery.sender import Sender
    from newsbot.ledger.ledger import Ledger
    from newsbot.newsroom.changes import Changes
    from newsbot.newsroom.intake import Intake, ReadTerms
    from newsbot.newsroom.notices import Reminders
    from newsbot.newsroom.polling import SourcePoller
    from newsbot.newsroom.posts import Embargoes, Posts
    from newsbot.newsroom.submission import Submission
    from newsbot.web.health import Metrics

__all__ = ["App", "build_preview_config"]

_APPROVALS = {"none": 0, "one": 1, "two": 2}


def build_preview_config(config: Config | None, *, allow_private: bool) -> Config:
    """Return ``config`` or, if it is None, a configuration with one example channel of each kind of channel
    that can make an example.

    With ``allow_private``, the configuration lets newsbot fetch from private addresses.
    """
    if config is None:
        config = Config(
            sources={},
            channels={
                kind.kind: kind.Settings(kind=kind.kind, **kind.Settings.example)
                for kind in list_kinds()
                if kind.Settings.example
            },
            summarizer=summarizer_class("extract").Settings(kind="extract"),
            folder=Path("/nonexistent"),
        )
    if not allow_private:
        return config
    return config.model_copy(update={"network": NetworkSettings(allow_private=True)})


class App(Connections):
    """The container that makes each component of newsbot in one process on the component's first use."""

    def terms(self, name: str) -> ClaimTerms:
        """Return the limits that decide whether the channel ``name`` may send a post now.

        They are the rate limits, the gap between posts, the budget, quiet hours, the posts per day and the
        slot (the interval around one of the channel's times to post).
        """
        settings = self.config.channels[name]
        rules = self._build_rules(settings)
        now = self.clock.now()
        return ClaimTerms(
            self.channels[name].rates(),
            rules.gap,
            self.budgets.get(name),
            find_quiet_interval(rules, now),
            day=(*find_day_interval(now, rules.zone), rules.per_day) if rules.per_day else None,
            slot=find_slot_interval(rules, now),
            passed=self._breaking.passes,
            target=self.targets[name],
        )

    @cached_property
    def _breaking(self) -> BreakingLane:
        """Return the limits that posts of breaking news skip, and how many approvals these posts need; the
        defaults if config.yaml has no section `desk`.
        """
        own = self.config.desk.breaking if self.config.desk else BreakingSettings()
        return BreakingLane(frozenset(own.skips), _APPROVALS[own.approval], own.silent)

    def _build_rules(self, settings: ChannelSettings) -> Rules:
        schedule = settings.schedule
        zone = schedule.timezone or self.config.timezone
        return Rules(schedule.gap, schedule.quiet, zone, schedule.slots, schedule.per_day)

    @cached_property
    def _delivery(self) -> "DeliveryContext":
        from newsbot.delivery.channel_tasks import DeliveryContext

        return DeliveryContext(
            self.ledger, self.on_ledger, self.channels, self.clock, self.targets, self.reports
        )

    @cached_property
    def composer(self) -> Composer:
        """Return the composer, which renders posts by the newsroom's templates."""
        return Composer(self.config.templates, zone=self.config.timezone)

    @cached_property
    def line(self) -> SummarizerLine:
        """Return the summarizers in the order in which newsbot asks them: config.yaml's,
        then the local one.
        """
        return self._build_line(self.ledger)

    def _build_line(self, ledger: "Ledger | None") -> SummarizerLine:
        own = self._build_summarizer()
        waits = isinstance(own, Summarizer | ChannelSummarizer)
        local = summarizer_class("extract")() if waits else own
        return SummarizerLine(
            ledger,
            self.on_ledger,
            self.clock,
            [own] if waits else [],
            local,
            styles=self._build_styles() if isinstance(own, ChannelSummarizer) else {},
            beside=self.composing_thread,
        )

    def _build_summarizer(self) -> Any:
        settings = self.config.summarizer
        kind = summarizer_class(getattr(settings, "kind", "extract"))
        if getattr(settings, "kind", None) != "llm":
            return kind(settings)
        from newsbot.composing.templates import TemplateLoader

        folders = TemplateLoader(self.config.templates).folders
        return kind(settings, folders=folders, detect_language=self._detect_language)

    async def _detect_language(self, text: str, hint: str | None) -> str | None:
        """Return a text's language by `reading.language.detect`, which a worker process runs."""
        from newsbot.reading.language import detect

        try:
            return await self.workers.run(detect, text, hint)
        except ParseError:
            return None

    def _build_styles(self) -> dict[str, SummaryStyle | None]:
        """Return the style of each channel's summaries; None for a channel that shows no summary."""
        own = getattr(self.config.summarizer, "length", None)
        styles: dict[str, SummaryStyle | None] = {}
        for name, settings in self.config.channels.items():
            kind, style = channel_class(settings.kind), settings.summary
            can = kind.capabilities
            shows = self.composer.shows_summary(settings.template or kind.template, can)
            length = style.length or own or can.summary or can.text // 2
            own_style = SummaryStyle(
                style.prompt, style.language, style.tone, style.rules, length, can.measure
            )
            styles[name] = own_style if shows else None
        return styles

    @property
    def asks_model(self) -> bool:
        """Return whether newsbot asks a service for summaries, which takes time and may cost money."""
        return bool(self.line.summarizers)

    @property
    def examinable_summarizers(self) -> list[Any]:
        """Return the summarizers that can tell whether their service works, by a method `examine`."""
        return [each for each in self.line.summarizers if hasattr(each, "examine")]

    @cached_property
    def composition(self) -> Composition:
        """Return the object that composes posts from articles and reads budgets and times from the ledger."""
        return self._build_composition(self.ledger)

    @cached_property
    def trial(self) -> Composition:
        """Return the object that composes posts without a ledger, for `newsbot preview` and `newsbot check`,
        which store nothing.
        """
        return self._build_composition(None)

    def _build_composition(self, ledger: "Ledger | None") -> Composition:
        line = self._build_line(None) if ledger is None else self.line
        return Composition(
            ledger,
            self.channels,
            {
                name: self._build_channel_terms(name, settings)
                for name, settings in self.config.channels.items()
            },
            line,
            self.composer,
            self.clock,
            language=self.config.language,
            breaking=self._breaking,
            reviews={name: settings.rules for name, settings in self.config.sources.items()},
            allow_loopback=self.config.network.allow_private,
            targets=self.targets,
            checks=(self.trial_preflight if ledger is None else self.preflight).checks,
        )

    @cached_property
    def preflight(self) -> Preflight:
        """Return the component that checks articles' pages before their posts are sent, and stores the
        warnings.
        """
        return self._build_preflight(self.ledger)

    @cached_property
    def trial_preflight(self) -> Preflight:
        """Return the component that checks articles' pages for previews, which store nothing."""
        return self._build_preflight(None)

    def _build_preflight(self, ledger: "Ledger | None") -> Preflight:
        zones = {
            name: settings.schedule.timezone or self.config.timezone
            for name, settings in self.config.channels.items()
        }
        return Preflight(
            ledger,
            self.on_ledger,
            self.clock,
            lambda: self.page_checker,
            frozenset(self.config.preflight.hold),
            lambda name: zones.get(name, self.config.timezone),
            allow_loopback=self.config.network.allow_private,
        )

    def _build_channel_terms(self, name: str, settings: ChannelSettings) -> ChannelTerms:
        return ChannelTerms(
            template=settings.template or channel_class(settings.kind).template,
            rules=self._build_rules(settings),
            expire=settings.schedule.expire,
            approval=_APPROVALS[settings.approval],
            languages=settings.languages,
            review=settings.rules,
            link=settings.link if isinstance(settings, PriceSettings) else "always",
            limit_usd=self.budgets.get(name),
        )

    @cached_property
    def posts(self) -> "Posts":
        """Return the object with the methods by which editors queue, move, cancel and retry posts, and pause
        channels.
        """
        from newsbot.newsroom.posts import Posts

        return Posts(self.ledger, self.composition, self.clock, permissions=self.permissions)

    @cached_property
    def approvals(self) -> Approvals:
        """Return the object with the methods by which editors approve or refuse held posts."""
        return Approvals(self.ledger, self.composition, self.clock, permissions=self.permissions)

    @cached_property
    def people(self) -> People:
        """Return the people of the desk, each with the person's account at the command line."""
        return People(self.config.desk.people if self.config.desk else {})

    @cached_property
    def permissions(self) -> Permissions:
        """Return the object that checks whether a person may do a task to a post or on a channel."""
        return Permissions(self.people)

    @cached_property
    def reminders(self) -> "Reminders":
        """Return the object that finds the reminders which are due for posts that wait for approval."""
        from newsbot.newsroom.notices import Reminders

        duty = DutyRoster(self.config.desk.shifts if self.config.desk else (), self.config.timezone)
        return Reminders(self.ledger, self.clock, duty=duty, may=self.permissions.may_approve)

    @cached_property
    def questions(self) -> Questions:
        """Return the object with the methods by which editors decide about posts that are held for an
        irregularity (such as a flood of articles).
        """
        return Questions(self.ledger, self.composition, self.clock, permissions=self.permissions)

    @cached_property
    def editing(self) -> PostEditor:
        """Return the object with the methods by which editors change the texts of unpublished posts."""
        return PostEditor(self.ledger, self.composition, self.clock, permissions=self.permissions)

    @cached_property
    def embargoes(self) -> "Embargoes":
        """Return the object with the methods by which editors set and lift embargoes of articles."""
        from newsbot.newsroom.posts import Embargoes

        return Embargoes(self.ledger, self.composition, self.clock, permissions=self.permissions)

    @cached_property
    def digest_templates(self) -> dict[str, str]:
        """Return the name of the template for each channel's digests (posts that list several articles): the
        one in config.yaml, or else newsbot's own.
        """
        return {
            name: digest.template or f"digest{channel_class(settings.kind).capabilities.markup.suffix}"
            for name, settings in self.config.channels.items()
            if (digest := settings.digest)
        }

    @cached_property
    def regulars(self) -> RecurringPosts:
        """Return the object that makes digests (lists of articles), and repeats of older articles, by the
        settings of each channel.
        """
        digests, evergreens = {}, {}
        for name, settings in self.config.channels.items():
            if own := settings.digest:
                when = WeeklySchedule(own.at, own.days, self._build_rules(settings).zone)
                digests[name] = DigestTerms(when, own.most, self.digest_templates[name])
            if green := settings.evergreen:
                evergreens[name] = EvergreenTerms(green.tags, green.every, green.ahead)
        return RecurringPosts(
            self.ledger.digests, self.ledger.posts, self.composition, self.clock, digests, evergreens
        )

    @cached_property
    def submission(self) -> "Submission":
        """Return the object that reads the articles which editors submit by an address or a file."""
        from newsbot.newsroom.submission import Submission
        from newsbot.sources.submission_target import load_items

        terms = self._build_read_terms()
        return Submission(
            lambda target: load_items(target, self.fetcher, self.workers),
            self.reader,
            self.sources,
            {name: own.full_text for name, own in terms.items()},
            posts_to={name: own.channels for name, own in terms.items()},
            sites={
                name: get_site(str(getattr(settings, "url", "")))
                for name, settings in self.config.sources.items()
                if settings.kind == "feed"
            },
            line=self.line,
            preflight=self.preflight,
        )

    def open_sibling(self) -> "App":
        """Return another App with its own ledger connection and thread, for a component whose ledger calls
        must not delay the calls of this App's components.
        """
        return _SiblingApp(self)

    def engine(self, roles: Collection[ServiceRole] = ALL_ROLES) -> Engine:
        """Return the engine, which calls the handlers of a service's ``roles`` whenever something is due."""
        kind = engine_class(self.config.engine)
        if self.config.engine == "cluster":
            cluster: Engine = kind(self.config.database, self.clock, roles)
            return cluster
        engine: Engine = kind(self.clock, roles)
        return engine

    def prepare_engine(self) -> None:
        """Make the tables that the engine needs in the database besides the ledger's.

        Raises:
            LedgerError: the database can't be reached, or refuses.
        """
        try:
            prepare_engine(self.config.engine, self.config.database)
        except OSError as error:
            words = LedgerCode.STATEMENT_REFUSED(name=self.printable_database_url, words=str(error))
            raise LedgerError(words) from error

    @cached_property
    def detector(self) -> "SourcePoller":
        """Return the poller of the sources, which stores the articles that it finds in the ledger."""
        from newsbot.newsroom.polling import SourcePoller, SourceTerms

        terms = {
            name: SourceTerms(settings.every, settings.backfill, settings.back_off, settings.host)
            for name, settings in self.config.sources.items()
        }
        return SourcePoller(self.ledger.sources, self.on_ledger, self.sources, terms, self.clock)

    def intake(
        self, queued: Callable[[], None], failed: Callable[[str, Failure], None] = lambda _id, _why: None
    ) -> "Intake":
        """Return the component of the service that reads the articles found at sources and queues their
        posts.

        The component calls ``queued`` after it has queued posts, and ``failed`` with an article's id and the
        reason why the article was not posted on all its channels.
        """
        from newsbot.newsroom.intake import Intake

        return Intake(
            self.ledger,
            self.on_ledger,
            self.reader,
            self.composition,
            self._build_read_terms(),
            self.clock,
            line=self.line,
            beside=self.composing_thread,
            asks=self.config.desk is not None,
            preflight=self.preflight,
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
        """Return the component of the service that updates posts when their articles change at the source."""
        from newsbot.newsroom.changes import Changes

        on_edit = {
            name: settings.on_edit if isinstance(settings, CorrectionSettings) else "flag"
            for name, settings in self.config.channels.items()
        }
        return Changes(
            self.ledger,
            self.on_ledger,
            self.reader,
            self.composition,
            self._build_read_terms(),
            self.clock,
            on_edit,
            self.corrections.follow_source_edit,
            self.corrections.matches,
            line=self.line,
        )

    @cached_property
    def _after_terms(self) -> dict[str, CorrectionTerms]:
        terms = {}
        for name, settings in self.config.channels.items():
            zone, words = settings.schedule.timezone or self.config.timezone, settings.words
            language = settings.languages[0] if len(settings.languages) == 1 else self.config.language
            wording = CorrectionWording(zone, words.withdrawn, words.corrected, language)
            how = settings.on_correct if isinstance(settings, CorrectionSettings) else "reply"
            terms[name] = CorrectionTerms(how, wording)
        return terms

    @cached_property
    def corrections(self) -> Corrections:
        """Return the object with the methods by which editors correct articles with their unsent and
        published posts.
        """
        return Corrections(
            self.ledger, self.composition, self.clock, self._after_terms, permissions=self.permissions
        )

    @cached_property
    def withdrawals(self) -> Withdrawals:
        """Return the object with the methods by which editors delete published posts and take articles down
        for good.
        """
        return Withdrawals(
            self.ledger,
            self.composition,
            self.clock,
            self._after_terms,
            self.digest_templates,
            permissions=self.permissions,
        )

    @cached_property
    def blocks(self) -> SourceBlocks:
        """Return the object with the methods by which editors block and unblock sources."""
        return SourceBlocks(
            self.ledger.sources,
            self.ledger.posts,
            self.config.sources,
            self.clock,
            permissions=self.permissions,
        )

    def sender(
        self,
        *,
        patience: float | None = None,
        settled: Callable[[Post], None] = lambda _: None,
        leaving: Callable[[Claim], None] = lambda _: None,
    ) -> "Sender":
        """Return a new `delivery.Sender`, the component of the service that sends due posts to the platforms.

        The component calls ``settled`` with a post whose call to the platform ended, and ``leaving`` with a
        claim (a post reserved for sending) whose call to the platform begins.
        """
        from newsbot.delivery.sender import Sender

        return Sender(
            self._delivery,
            self.terms,
            patience=patience,
            settled=settled,
            leaving=leaving,
            photos=self.photos,
        )

    def reconciler(self, *, settled: Callable[[Post], None] = lambda _: None) -> "Reconciler":
        """Return the component that searches the platforms for posts of which newsbot does not know whether
        they were sent.
        """
        from newsbot.delivery.reconciler import Reconciler
        from newsbot.fetching.fetcher import ParsedPageFetcher

        pages = ParsedPageFetcher(self.fetcher, self._named_fetcher, self.workers)
        return Reconciler(self._delivery, pages, limits=self.budgets, settled=settled)

    def amender(
        self, *, patience: float | None = None, ended: Callable[[Amendment], None] = lambda _: None
    ) -> "Amender":
        """Return the component that makes ordered edits and deletions of published posts (see
        `delivery.amender`).

        The component calls ``ended`` with each edit or deletion whose call to the platform ended.
        """
        from newsbot.delivery.amender import Amender

        return Amender(self._delivery, patience=patience, ended=ended)

    def prober(self, recovered: Callable[[], None]) -> "Prober":
        """Return the component that tests whether the platforms of paused channels accept posts again.

        The component calls ``recovered`` when a paused channel works again.
        """
        from newsbot.delivery.prober import Prober

        return Prober(self._delivery, recovered)

    @cached_property
    def metrics(self) -> "Metrics | None":
        """Return the service's Prometheus metrics; None if config.yaml has no web server to serve them."""
        if self.config.web is None:
            return None
        from newsbot.web.health import Metrics

        return Metrics(self.config.sources, self.config.channels)


class _SiblingApp(App):
    """An App that shares the HTTP client, worker processes and channels of another App.

    The ledger connection and the sources are not shared: each of the two Apps has its own.
    """

    def __init__(self, app: App) -> None:
        super().__init__(app.config, clock=app.clock)
        shared = {"fetcher": app.fetcher, "workers": app.workers, "channels": app.channels}
        self.__dict__.update(shared)

    async def close(self) -> None:
        """Close this App's sources, ledger and threads; leave the HTTP client, worker processes and channels
        of the other App open.
        """
        await self._close_sources()
        await self._close_ledger()
