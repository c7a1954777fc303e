"""Every call on the ledger that somebody makes each second, with each poll, article, post or command.

A call that is new to one of these paths belongs here: then it is measured in ledgers of two sizes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from newsbot.ledger.ledger import Ledger
from newsbot.ledger.same_article import find_likeness
from newsbot.ledger.stage_results import delete_stage_results
from newsbot.model import WAITING, Failure, Item, PostEvent, PostState, PostWarning, Receipt
from newsbot.newsroom.alerts import AlertFinder, make_brief
from newsbot.newsroom.history import HistoryReader
from newsbot.newsroom.status import list_needs, status
from newsbot.ports import (
    AmendmentResult,
    AmendmentTerms,
    CallEnding,
    CallPrice,
    Claim,
    ClaimRequest,
    ClaimTerms,
    PollRequest,
    PollResult,
    SimilarArticle,
    StageInput,
)
from newsbot.ports.desk import DeskUpdate
from newsbot.reasons import Code, Reason, WarningCode
from tests.ledger.exchanges import claim_next, claim_poll, compare_items, record_poll, settle_call
from tests.ledger.history import RATES, REUSED, SITE, Live
from tests.ledger.making import HOUR, LEASE, NOW, SECOND, article, new_post, receipt

__all__ = ["BUDGETS", "CHANNELS", "SOURCES", "WORKS", "FixedClock"]

Work = Callable[[Ledger, Live], object]
DAY = timedelta(days=1)
EVERY_RULE = ClaimTerms(
    RATES, gap=timedelta(minutes=1), day=(NOW - HOUR, NOW + HOUR, 10**6), slot=(NOW - HOUR, NOW + HOUR)
)
QUIET = ClaimTerms(RATES, quiet=(NOW - HOUR, NOW + HOUR))
CHANNELS = {"tg": "telegram", "x": "x"}
BUDGETS = {"x": Decimal(5)}
SOURCES = (SITE, *(f"other{number}" for number in range(9)))


@dataclass(frozen=True, slots=True)
class FixedClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


def _troubles(ledger: Ledger, at: datetime = NOW) -> object:
    found = AlertFinder(ledger, FixedClock(at), sources=SOURCES, channels=CHANNELS, budgets=BUDGETS)
    return found.read_posts(found.now())


def _status(ledger: Ledger) -> object:
    budgets: dict[str, Decimal | None] = dict.fromkeys(CHANNELS) | BUDGETS
    return status(ledger, FixedClock(), database="", sources=SOURCES, channels=CHANNELS, budgets=budgets)


def _needs(ledger: Ledger) -> object:
    return list(list_needs(ledger, FixedClock(), sources=SOURCES, channels=CHANNELS, zone=UTC))


def _brief(ledger: Ledger) -> object:
    return make_brief(ledger, FixedClock(), since=NOW - DAY, channels=CHANNELS, budgets=BUDGETS, troubles=())


def _poll(*guids: str, changed: str = "", gone: str = "") -> PollResult:
    items = tuple(Item(guid, url=f"https://example.org/{guid}") for guid in guids)
    edited = (Item(changed, title="Title", text="Other words."),) if changed else ()
    return PollResult(NOW, {"etag": "e"}, items, changed=edited, gone=(gone,) if gone else ())


def _polls(ledger: Ledger) -> object:
    requests = [PollRequest(f"other{number}") for number in range(4)]
    items = [Item("guid7"), Item("b", title="Title")]
    comparisons = [(f"other{number}", items) for number in (4, 5)]
    results = [(f"other{number}", _poll("n3", "n4")) for number in (6, 7)]
    return ledger.sources.exchange_polls(requests, comparisons, results, now=NOW + HOUR, lease=LEASE)


def _claim(ledger: Ledger, terms: ClaimTerms, channel: str = "tg") -> object:
    return claim_next(ledger.delivery, channel, terms, now=NOW, lease=LEASE)


def _sent(ledger: Ledger) -> object:
    claim = _claim(ledger, ClaimTerms(RATES))
    assert isinstance(claim, Claim)
    ending = CallEnding(claim.post.id, receipt(7), ClaimTerms(RATES), LEASE, claim)
    return ledger.delivery.exchange([ending], [ClaimRequest("x", EVERY_RULE, LEASE)], now=NOW)


def _not_sent(ledger: Ledger) -> object:
    claim = _claim(ledger, ClaimTerms(RATES))
    assert isinstance(claim, Claim)
    failure = Failure("not-sent", Code.TEXT(words="the connection was refused"))
    return settle_call(
        ledger.delivery, claim.post.id, PostEvent.NOT_SENT, failure, now=NOW, due_at=NOW + SECOND
    )


def _leave(ledger: Ledger) -> object:
    claim = _claim(ledger, ClaimTerms(RATES))
    assert isinstance(claim, Claim)
    return ledger.delivery.record_call_start(claim, dict.fromkeys(RATES, 0), quickest=0.01, now=NOW)


def _take_in(ledger: Ledger) -> object:
    [found] = ledger.articles.claim_found(SITE, now=NOW, lease=LEASE)
    ledger.articles.find_article(url=found.item.url or "")
    ledger.articles.list_recently_shown(SITE)
    read = replace(article("unread"), text=REUSED, title="The council met and decided", guid="tag:unread")
    return ledger.articles.store_read_article(
        found.article_id, read, [new_post("tg")], now=NOW, asks=lambda each: Code.SIMILAR(id=each.article_id)
    )


def _summarize(ledger: Ledger) -> object:
    given = StageInput("summarize", "key", "guid7", "https://example.org/7")
    price = CallPrice("summarizer:llm", Decimal("0.01"), Decimal(20))
    ledger.stages.begin_call(given, now=NOW, lease=LEASE, again=HOUR, price=price)
    failed = Failure("summarizer", Code.TEXT(words="gave no answer"))
    ledger.stages.end_call(given, failed, now=NOW, cost_usd=Decimal("0.001"))
    ledger.stages.find_read(given)
    with ledger._database.write() as tx:
        delete_stage_results(tx, "0" * 32, "1" * 32)
    return ledger.stages.find_call(given)


def _check_page(ledger: Ledger, live: Live) -> object:
    url, found = "https://example.org/7", (PostWarning("wall", WarningCode.PAGE_ASKS_LOGIN()),)
    ledger.stages.begin_check(url, now=NOW, lease=LEASE, age=HOUR)
    ledger.stages.begin_check(url, now=NOW, lease=LEASE, age=HOUR)
    ledger.stages.end_check(url, found, now=NOW)
    ledger.posts.revise_warnings(live.held, lambda _post: (found, None), now=NOW)
    ledger.posts.revise_warnings(live.scheduled, lambda _post: (found, Code.AN_EDITOR()), now=NOW)
    return ledger.stages.find_check(url)


def _describe_similar(there: SimilarArticle) -> Reason:
    return Code.SIMILAR(id=there.article_id)


def _likeness(ledger: Ledger) -> object:
    """Of an article whose text all others have, under the title and at the address of one of them."""
    like = replace(article("new"), text=REUSED, title="Title 11", url="https://example.org/new11")
    with ledger._database.read() as tx:
        return find_likeness(tx, like, source=SITE, found_at=NOW)


def _put_back(ledger: Ledger, live: Live) -> None:
    ledger.articles.postpone_article(
        live.unread, Failure("error", Code.TEXT(words="why")), retry_at=NOW + HOUR
    )


def _follow(ledger: Ledger) -> object:
    [change] = ledger.changes.claim_changes(SITE, now=NOW, lease=LEASE)
    ledger.changes.list_posts_for_change(change)
    ledger.actions.list_actions(change.article_id)
    return ledger.changes.settle_edit(change, article("new3"), {}, {}, now=NOW)


def _gone(ledger: Ledger) -> object:
    record_poll(ledger.sources, SITE, _poll(gone="new4"), now=NOW)
    changes = ledger.changes.claim_changes(SITE, now=NOW, lease=LEASE)
    return [ledger.changes.settle_gone(change, {}, now=NOW) for change in changes if change.what == "gone"]


def _look_for_unknown(ledger: Ledger) -> object:
    [doubt] = ledger.delivery.claim_looks(ledger.delivery.list_unknown_posts(), until=NOW + HOUR)
    ledger.delivery.record_search(doubt, look_at=NOW + HOUR, absent_since=None, now=NOW)
    seen = [Receipt(0, "987654321", "https://x.com/example/status/987654321")]
    ledger.delivery.filter_unclaimed_receipts("x", seen)
    return ledger.delivery.settle_found(doubt, seen, sent_at=NOW, now=NOW)


def _amend(ledger: Ledger) -> object:
    ledger.actions.settle_pending(now=NOW)
    ledger.actions.get_next_amendment_time(after=NOW)
    found = ledger.actions.claim_amendment("tg", AmendmentTerms({"edit": RATES}), now=NOW, lease=LEASE)
    assert isinstance(found, tuple)
    return ledger.actions.settle_amendment(found[0], AmendmentResult(done=True), now=NOW)


def _story(ledger: Ledger, live: Live) -> object:
    stories = HistoryReader(ledger)
    stories.get_history(live.sent)
    return stories.find("https://example.org/new11"), stories.find("https://t.me/example/7")


def _probe(ledger: Ledger) -> object:
    ledger.channels.pause("tg", by="sender", reason=Code.TEXT(words="401"), now=NOW)
    return (
        ledger.channels.list_probed_channels(),
        ledger.channels.claim_probe("tg", now=NOW),
        ledger.channels.recover("tg", now=NOW),
    )


def _press(ledger: Ledger) -> object:
    told = DeskUpdate(1, 10**9 + 1, NOW, -1, 1, "/queue")
    ledger.desk.store_update(told)
    ledger.desk.get_update(1, 10**9 + 1)
    ledger.desk.mark_as_question(told)
    ledger.desk.consume_question(told, "yes")
    ledger.desk.finish_update(told, "done")
    return ledger.desk.list_open_updates(1)


def _exchange_polls(ledger: Ledger) -> object:
    """Sources that are due, items that are known and some that are not, and what polls found."""
    items = [Item(f"guid{number}", title="Title") for number in range(1, 21)]
    return ledger.sources.exchange_polls(
        [PollRequest(name, timedelta(0)) for name in SOURCES[3:]],
        [(SITE, items), ("other1", items)],
        [(SITE, _poll("n1", changed="new5", gone="new6")), ("other1", _poll())],
        now=NOW,
        lease=LEASE,
    )


WORKS: dict[str, Work] = {
    # with each poll
    "exchange polls": lambda ledger, _: _exchange_polls(ledger),
    "claim a poll": lambda ledger, _: claim_poll(ledger.sources, SITE, now=NOW + HOUR, lease=LEASE),
    "compare": lambda ledger, _: compare_items(
        ledger.sources, SITE, [Item("guid7"), Item("b", title="Title")]
    ),
    "record a poll": lambda ledger, _: record_poll(
        ledger.sources, SITE, _poll("n1", "n2", changed="new5"), now=NOW
    ),
    "record a poll without news": lambda ledger, _: record_poll(ledger.sources, SITE, _poll(), now=NOW),
    "many polls at once": lambda ledger, _: _polls(ledger),
    "record a poll of a source without articles": lambda ledger, _: record_poll(
        ledger.sources, "other2", _poll(), now=NOW
    ),
    # with each tick of the cluster's timer
    "due polls": lambda ledger, _: (
        ledger.due_work.list_due_sources(now=NOW + HOUR, most=50, without=["gone"]),
        ledger.due_work.list_waiting_sources(now=NOW),
    ),
    "posts due soon": lambda ledger, _: ledger.posts.list_posts_due_soon(until=NOW + HOUR),
    "breaking channels": lambda ledger, _: ledger.due_work.list_breaking_channels(until=NOW),
    "photos of all channels": lambda ledger, _: ledger.delivery.list_all_illustrated_posts(
        now=NOW, until=NOW + HOUR
    ),
    "earlier claims": lambda ledger, live: ledger.articles.has_earlier_claim(SITE, live.article, until=NOW),
    "claim found articles": lambda ledger, _: ledger.articles.claim_found(SITE, now=NOW, lease=LEASE),
    "claim found articles of a source without": lambda ledger, _: ledger.articles.claim_found(
        "other2", now=NOW, lease=LEASE
    ),
    "claim changes": lambda ledger, _: ledger.changes.claim_changes(SITE, now=NOW, lease=LEASE),
    "claim changes of a source without": lambda ledger, _: ledger.changes.claim_changes(
        "other2", now=NOW, lease=LEASE
    ),
    # with each article
    "take in": lambda ledger, _: _take_in(ledger),
    "call a summarizer": lambda ledger, _: _summarize(ledger),
    "likeness": lambda ledger, _: _likeness(ledger),
    "shown lately": lambda ledger, _: (
        ledger.articles.list_recently_shown(SITE),
        ledger.articles.list_recently_shown("nowhere"),
    ),
    "check a page": _check_page,
    "sent lately": lambda ledger, _: (
        ledger.articles.list_recently_sent(SITE),
        ledger.articles.list_recently_sent("nowhere"),
    ),
    "put an article back": _put_back,
    "follow an edit": lambda ledger, _: _follow(ledger),
    "follow a takedown": lambda ledger, _: _gone(ledger),
    "calendar": lambda ledger, _: ledger.schedule.get_calendar("tg", since=NOW),
    "articles that failed lately": lambda ledger, _: ledger.articles.list_failed_articles(since=NOW - DAY),
    "add an article": lambda ledger, _: ledger.articles.add_article("cli", article("brought"), now=NOW),
    "queue": lambda ledger, live: ledger.posts.queue_posts(
        live.article, [new_post("x")], now=NOW, again=False
    ),
    "kept": lambda ledger, live: ledger.articles.get_article(live.article),
    "same articles": lambda ledger, live: ledger.actions.list_same_articles(live.article),
    "embargo": lambda ledger, live: ledger.schedule.set_embargo(
        live.article, NOW + HOUR, (), by="cli:ana", now=NOW
    ),
    "is blocked": lambda ledger, live: ledger.actions.is_blocked(article_id=live.article),
    # with each post, and each drain
    "next due": lambda ledger, _: ledger.delivery.list_next_due_times(after=NOW),
    "photos": lambda ledger, _: ledger.delivery.list_illustrated_posts(list(CHANNELS), until=NOW + HOUR),
    "due channels": lambda ledger, _: ledger.delivery.list_due_channels(now=NOW),
    "claim": lambda ledger, _: _claim(ledger, ClaimTerms(RATES)),
    "claim by every rule": lambda ledger, _: (_claim(ledger, EVERY_RULE), _claim(ledger, EVERY_RULE, "x")),
    "claim in quiet hours": lambda ledger, _: _claim(ledger, QUIET),
    "send": lambda ledger, _: _sent(ledger),
    "not send": lambda ledger, _: _not_sent(ledger),
    "leave": lambda ledger, _: _leave(ledger),
    "expire": lambda ledger, _: ledger.posts.expire_posts(now=NOW),
    "rescue": lambda ledger, _: (
        ledger.delivery.recover_posts(now=NOW + LEASE),
        ledger.delivery.recover_posts(now=NOW),
    ),
    "disclaim": lambda ledger, _: ledger.delivery.return_lost_claims({}, now=NOW),
    "late": lambda ledger, _: ledger.schedule.list_late_posts({"tg": NOW}, now=NOW),
    "digest": lambda ledger, _: (
        ledger.digests.has_digest("tg 1"),
        ledger.digests.list_sent_articles("tg", NOW - DAY, NOW),
    ),
    "digests of an article": lambda ledger, live: ledger.digests.list_digests([live.article]),
    "budget": lambda ledger, _: (
        ledger.channels.get_spending("x", now=NOW),
        ledger.channels.get_committed_cost("x"),
    ),
    "set money aside": lambda ledger, _: ledger.delivery.set_aside("x", Decimal("0.01"), 10, None, now=NOW),
    "probe": lambda ledger, _: _probe(ledger),
    "pause and resume": lambda ledger, _: ledger.channels.resume("tg", by="cli:ana", now=NOW),
    # unknown posts and what is corrected
    "doubts": lambda ledger, _: ledger.delivery.list_unknown_posts(),
    "look for an unknown": lambda ledger, _: _look_for_unknown(ledger),
    "to amend": lambda ledger, _: (
        ledger.actions.has_amendments_to_make(),
        ledger.actions.list_amendable_channels(now=NOW),
    ),
    "amend": lambda ledger, _: _amend(ledger),
    "amendments of an action": lambda ledger, live: [
        ledger.actions.list_amendments(action_id=action.id)
        for action in ledger.actions.list_actions(live.article)
    ],
    "amendments of a post": lambda ledger, live: ledger.actions.list_amendments(post_id=live.sent),
    # each second, for the desk
    "what happened": lambda ledger, _: ledger.desk.list_changed_articles(
        after=ledger.desk.get_last_event_number() - 5
    ),
    "how far the desk has come": lambda ledger, _: ledger.desk.get_memo("desk: followed"),
    "cards": lambda ledger, live: (ledger.desk.list_cards(), ledger.desk.list_cards_of(live.article)),
    "notices": lambda ledger, _: ledger.alerts.list_notices("trouble"),
    "untold": lambda ledger, _: ledger.alerts.filter_new_notices(["trouble:failed:1:dying", "remind:x"]),
    "tell": lambda ledger, _: (
        ledger.alerts.record_notices({"trouble:a": ""}, NOW),
        ledger.alerts.end_notice("trouble:a", NOW),
    ),
    "troubles": lambda ledger, _: _troubles(ledger),
    "troubles in a silent night": lambda ledger, _: _troubles(ledger, NOW + DAY),
    "what a service says of itself": lambda ledger, _: ledger.report_failed_parts(
        [{"name": "desk"}], now=NOW
    ),
    "services": lambda ledger, _: ledger.list_running_services(),
    "held until": lambda ledger, _: ledger.posts.list_held_posts_due(NOW + HOUR),
    # commands that are no search, and the pages
    "waiting posts": lambda ledger, _: ledger.posts.list_posts(
        states=sorted(WAITING), limit=None, oldest_first=True
    ),
    "unknown posts": lambda ledger, _: ledger.posts.list_posts(states=[PostState.UNKNOWN], limit=6),
    "newest posts": lambda ledger, _: ledger.posts.list_posts(),
    "posts of an article": lambda ledger, live: ledger.posts.list_posts(article_id=live.article, limit=None),
    "counts": lambda ledger, _: ledger.channels.count_posts(since=NOW - DAY),
    "status": lambda ledger, _: _status(ledger),
    "what needs a person": lambda ledger, _: _needs(ledger),
    "brief": lambda ledger, _: _brief(ledger),
    "story": _story,
    "move": lambda ledger, live: ledger.schedule.reschedule(
        live.scheduled, due_at=NOW + HOUR, expires_at=None, reason=None, by="cli:ana", now=NOW
    ),
    "approve": lambda ledger, live: ledger.posts.approve(
        live.held, by="cli:ana", now=NOW, due_at=NOW, reason=None
    ),
    "cancel": lambda ledger, live: ledger.posts.apply_event(
        live.held, PostEvent.CANCEL, by="cli:ana", now=NOW
    ),
    "card at a message": lambda ledger, _: (ledger.desk.find_card(-1, 3), ledger.desk.find_card(-1, 10**9)),
    "show a card": lambda ledger, _: ledger.desk.close_card(ledger.desk.list_cards()[0].id, now=NOW),
    "press a button": lambda ledger, _: _press(ledger),
    "people": lambda ledger, _: ledger.desk.list_people(),
}
