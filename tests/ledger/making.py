"""Articles, posts and times for the ledger's tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from newsbot.ledger.ledger import Ledger
from newsbot.model import Article, Draft, Failure, Image, Item, Part, Post, PostEvent, Receipt
from newsbot.ports import Claim, ClaimTerms, ClaimWait, NewPost, PollResult
from newsbot.reasons import Code, Reason
from tests.ledger.exchanges import claim_next, record_poll, settle_call, store_part

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=1)
FAILURE = Failure("not-sent", Code.TEXT(words="the connection was refused"))
TERMS = ClaimTerms()


def part(text: str = "text", *, photo: bool = False) -> Part:
    media = (Image("https://example.org/a.jpg", "alt"),) if photo else ()
    return Part(text, len(text), 4096, parse_mode="HTML", media=media, link_preview="https://example.org/a")


def new_post(
    channel: str = "tg",
    *,
    due_at: datetime = NOW,
    expires_at: datetime | None = None,
    held_for: Reason | str | None = None,
    parts: tuple[Part, ...] = (part(),),
    cost: str | None = None,
    target: str | None = None,
    **more: Any,
) -> NewPost:
    cost_usd = Decimal(cost) if cost else None
    draft = Draft(channel, "console", parts, cost_usd, target=target)
    return NewPost(draft, due_at, expires_at, Code.AS_SOON_AS_THERE(), held_for=make_reason(held_for), **more)


def make_reason(text: Reason | str | None) -> Reason | None:
    """A reason for a post to be held, by its words."""
    if not isinstance(text, str):
        return text
    return Code.APPROVAL() if text == "approval" else Code.TEXT(words=text)


def article(guid: str = "g1", **values: Any) -> Article:
    usual = {"text": "Text.", "url": f"https://example.org/{guid}", "title": "Title"}
    return Article(guid, **{**usual, **values})


def add(ledger: Ledger, *posts: NewPost, guid: str = "g1", now: datetime = NOW, **values: Any) -> list[Post]:
    """Queue posts for an article that a person brought; ``values`` are more of it."""
    article_id = ledger.articles.add_article("cli", article(guid, **values), now=now)
    return ledger.posts.queue_posts(article_id, posts or (new_post(),), now=now, again=True)


def poll(ledger: Ledger, *guids: str, now: datetime = NOW, hold: Reason | None = None) -> tuple[str, ...]:
    items = tuple(Item(guid, url=f"https://example.org/{guid}") for guid in guids)
    return record_poll(
        ledger.sources, "site", PollResult(now + HOUR, {"etag": "e"}, items, hold=hold), now=now
    )


def claimed(ledger: Ledger, channel: str = "tg", terms: ClaimTerms = TERMS, *, now: datetime = NOW) -> Claim:
    claim = claim_next(ledger.delivery, channel, terms, now=now, lease=LEASE)
    assert isinstance(claim, Claim), claim
    return claim


def end_call(ledger: Ledger, channel: str, event: PostEvent, *, pause: bool = False) -> str:
    """End the call of the channel's next post without a receipt; return the post's id."""
    post = claimed(ledger, channel).post
    failure = Failure("why", Code.TEXT(words=f"because of {event}"))
    settle_call(ledger.delivery, post.id, event, failure, now=NOW, pause=pause)
    return post.id


def waiting(
    ledger: Ledger, channel: str = "tg", terms: ClaimTerms = TERMS, *, now: datetime = NOW
) -> ClaimWait:
    wait = claim_next(ledger.delivery, channel, terms, now=now, lease=LEASE)
    assert isinstance(wait, ClaimWait), wait
    return wait


def receipt(number: int = 0) -> Receipt:
    return Receipt(number, f"id-{number}", f"https://t.me/example/{number}")


def sent(ledger: Ledger, channel: str = "tg", terms: ClaimTerms = TERMS, *, now: datetime = NOW) -> Post:
    """Claim and settle the channel's next post, of one part."""
    claim = claimed(ledger, channel, terms, now=now)
    assert store_part(ledger.delivery, claim.post.id, receipt(), terms, now=now, lease=LEASE) is None
    return ledger.posts.get_post(claim.post.id)
