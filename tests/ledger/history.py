"""A ledger with years behind it: rows in bulk of everything that is over, then a few things that are live.

The tests of plans and the bench fill databases of several sizes with it. What is live is the same at each
size, so that whatever costs more in the bigger one walks through what is over.
"""

import json
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text

from newsbot.identity.texts import list_text_marks, sketch, split_words, text_key
from newsbot.ledger.dialects import ensure_row
from newsbot.ledger.ledger import Ledger
from newsbot.ledger.schema import channel, metadata
from newsbot.ledger.serialization import encode_article, encode_part
from newsbot.ledger.sources import _lock_sources
from newsbot.model import Article, Failure, Item, PostEvent
from newsbot.ports import NewAction, NewAmendment, PollResult, Rate
from newsbot.ports.desk import DeskUpdate
from newsbot.reasons import Code
from tests.ledger.exchanges import record_poll, settle_call
from tests.ledger.making import NOW, add, article, claimed, new_post, part, sent

__all__ = [
    "RATES",
    "REUSED",
    "SITE",
    "Live",
    "fill",
    "fill_history",
    "fill_live",
    "forget_figures",
    "gather_figures",
]

SITE = "site"
RATES = (Rate("chat", 20, 60.0, precise=False), Rate("bot", 30, 1.0, precise=True))
_BEGAN = int((NOW - timedelta(days=695)).timestamp()) * 10**6  # a million minutes end in the night before NOW
_NUMBERS = (
    "WITH RECURSIVE n(i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
)
_TEXT = "The council met and decided on the plan for the district. " * 3
_JSON = {
    name: f"'{json.dumps(value)}'"
    for name, value in {
        "article": encode_article(Article("g", _TEXT, title="Title", url="https://example.org/a")),
        "parts": [encode_part(part(_TEXT))],
        "failure": ["refused", "the platform said no"],
    }.items()
}
REUSED = " ".join(f"word{n}" for n in range(60))
"""A text that all articles have: as many candidates as there can be for another one with it."""
_SKETCH = sketch(split_words(REUSED))
_MARKS = " ".join(f"WHEN {n} THEN {mark}" for n, mark in enumerate(list_text_marks(_SKETCH)))
_JSON |= {
    "sketch": f"'{_SKETCH}'",
    "text_key": f"'{text_key(split_words(REUSED))}'",
    "mark": f"CASE i % 8 {_MARKS} END",
}
_STATES = (
    "CASE WHEN i % 50 = 10 THEN 'failed' WHEN i % 50 = 12 THEN 'withdrawn' WHEN i % 5 = 1 THEN 'cancelled'"
    " ELSE 'sent' END"
)

_HISTORY = {
    "article": (
        """source, guid_key, url_key, state, title, url, article, error, first_sight, found_at, wake_at,
        tries, version, sketch, same_as, embargo_until, text_key""",
        """CASE WHEN i % 4 > 0 THEN 'site' ELSE 'other' || (i % 9) END, 'guid' || i, 'url' || i,
        CASE i % 50 WHEN 0 THEN 'failed' WHEN 1 THEN 'recorded' WHEN 2 THEN 'gone' ELSE 'ready' END,
        'Title ' || i, 'https://example.org/' || i, {article},
        CASE WHEN i % 50 IN (0, 3) THEN {failure} END, i % 50 = 1, {at}, {at}, 1, 'v', {sketch},
        CASE i % 50 WHEN 4 THEN i - 1 END, CASE i % 50 WHEN 5 THEN {at} END, {text_key}""",
    ),
    "article_mark": ("mark, article_id", "{mark}, i"),
    "post": (
        """article_id, channel, kind, revision, state, parts, warnings, due_at, expires_at, created_at,
        sent_at, approval, reason, attempts, error, role, breaking, silent, slot_at, summary""",
        """i, CASE WHEN i % 3 > 0 THEN 'tg' ELSE 'x' END, 'console', 1, {state}, {parts}, '[]', {at},
        {at} + 3600000000, {at}, CASE WHEN i % 50 = 10 OR i % 5 = 1 THEN NULL ELSE {at} END,
        0, 'at once', 1, CASE i % 50 WHEN 10 THEN {failure} END,
        CASE i % 20 WHEN 0 THEN 'digest' ELSE 'post' END, i < 0, i < 0,
        CASE i % 2 WHEN 0 THEN {at} + i END, '[]'""",
    ),
    "receipt": ("post_id, part, remote_id, url, at", "i, 0, '' || i, 'https://t.me/example/' || i, {at}"),
    "attempt": (
        "post_id, part, started_at, ended_at, outcome",
        """i, 0, {at}, {at} + 100000,
        CASE i % 50 WHEN 10 THEN 'refused' WHEN 13 THEN 'unknown' ELSE 'sent' END""",
    ),
    "look": ("attempt_id, looks, look_at", "i, 3, {at}"),
    "event": (
        'post_id, at, event, "by", detail, cause',
        """i, {at}, CASE i % 50 WHEN 14 THEN 'article edited' ELSE 'sent' END, 'sender', '',
        CASE i % 10 WHEN 0 THEN 'tg:1:' || i END""",
    ),
    "approval": ('post_id, "by", at, content', "i, 'cli:ana', {at}, 'content' || i"),
    "action": ('what, article_id, "by", at, detail', "'fix', i, 'cli:ana', {at}, ''"),
    "amendment": (
        "action_id, post_id, part, what, state, due_at, attempts",
        "i, i, 0, 'edit', CASE i % 10 WHEN 0 THEN 'failed' WHEN 1 THEN 'over' ELSE 'done' END, {at}, 1",
    ),
    "reservation": ("post_id, month, account, amount_usd", "i, '2020-01', 'x', 15000"),
    "gathered": ("digest_id, article_id", "i, i"),
    "blocked": ('url_key, article_id, "by", at', "'blocked' || i, i, 'cli:ana', {at}"),
    "desk_update": (
        "bot_id, update_id, at, chat_id, user_id, said, state, outcome",
        "1, i, {at}, i % 7, 1, '/queue', 'done', 'done'",
    ),
    "card": (
        "chat_id, message_id, kind, subject, shown, at, closed_at",
        "-1, i, 'article', 'a' || i, 'shown', {at}, {at}",
    ),
    "notice": (
        "key, at, detail, over_at",
        """CASE WHEN i % 5 > 0 THEN 'trouble:failed:' ELSE 'remind:' END || i || ':dying', {at}, '',
        CASE WHEN i % 5 > 0 THEN {at} END""",
    ),
    "pace_log": ("key, at, attempt_id", "'delete', {at}, i"),
}
"""Of each table its columns, and their values in row ``i``."""

_OF_MANY = {"reservation": 3, "gathered": 20, "blocked": 100}
"""Tables with one row for so many articles; the others have one for each."""


@dataclass(frozen=True, slots=True)
class Live:
    """What the works of the tests are about, by id."""

    held: str
    scheduled: str
    unknown: str
    sent: str
    article: str
    unread: str


def fill(ledger: Ledger, count: int, *, figures: str = "none") -> Live:
    """``count`` of everything that is over, and what is live. ``figures`` are those that the planner has:
    none, ``old`` ones of a tenth of it while nothing was live, or ``new`` ones.
    """
    _keep_figures(ledger)
    began = count // 10 if figures == "old" else 0
    if began:
        fill_history(ledger, began)
        gather_figures(ledger)
    fill_history(ledger, count, after=began)
    live = fill_live(ledger)
    if figures == "new":
        gather_figures(ledger)
    return live


def fill_history(ledger: Ledger, count: int, *, after: int = 0) -> None:
    """``count`` articles, one a minute, with all that became of them; ``after`` are there already."""
    with ledger._database.write() as tx, ledger._database.lift_time_limits(tx):
        for name in ("tg", "x"):
            ensure_row(tx, channel, name=name, state="active", probes=0)
        for name in (SITE, *(f"other{number}" for number in range(9))):
            _lock_sources(tx, [name], skip_locked=False)
        for table in _HISTORY:
            first, last = (number // _OF_MANY.get(table, 1) for number in (after, count))
            if first < last:
                _insert(tx, table, first + 1, last)


def _insert(tx: Connection, table: str, first: int, last: int) -> None:
    columns, values = _HISTORY[table]
    shown = values.format(at=f"({_BEGAN} + i * 60000000)", state=_STATES, **_JSON)
    numbers = _NUMBERS.format(first=first, last=last)
    statement = f"INSERT INTO {table} ({columns}) {numbers} SELECT {shown} FROM n"
    tx.execute(text(statement.replace(":", "\\:")))


def fill_live(ledger: Ledger) -> Live:
    """A newsroom at noon: some posts out, some waiting, one unknown, one failed, one to be corrected."""
    for number in range(12):
        record_poll(ledger.sources, SITE, _poll(f"new{number}"), now=NOW - timedelta(hours=3 + 12 - number))
        for found in ledger.articles.claim_found(SITE, now=NOW, lease=timedelta(minutes=1)):
            ledger.articles.store_read_article(
                found.article_id, article(f"new{number}"), [new_post("tg")], now=NOW
            )
        out = sent(ledger, "tg")
    unknown, _ = add(ledger, new_post("x"), new_post("tg", due_at=NOW + timedelta(hours=1)), guid="unknown")
    claimed(ledger, "x")
    settle_call(
        ledger.delivery, unknown.id, PostEvent.LOSE, Failure("unknown", Code.TEXT(words="no answer")), now=NOW
    )
    refused = claim_new_post(ledger, "x", "refused")
    settle_call(
        ledger.delivery, refused, PostEvent.REFUSE, Failure("refused", Code.TEXT(words="no")), now=NOW
    )
    (held,) = add(ledger, new_post("tg", held_for="approval"), guid="held")
    (scheduled,) = add(ledger, new_post("tg"), guid="scheduled")
    add(ledger, new_post("x"), guid="also scheduled")
    record_poll(ledger.sources, SITE, _poll("unread"), now=NOW)
    edited = PollResult(NOW, {"etag": "e"}, changed=(Item("new3", title="Title", text="Another text."),))
    record_poll(ledger.sources, SITE, edited, now=NOW)
    _correct(ledger, out.id)
    ledger.desk.store_update(DeskUpdate(1, 10**9, NOW, -1, 1, "/queue", None))
    ledger.desk.add_card(-1, "article", held.article_id, now=NOW)
    ledger.alerts.record_notices({"trouble:failed:x": ""}, NOW)
    (unread,) = record_poll(ledger.sources, "other1", _poll("other unread"), now=NOW)
    return Live(held.id, scheduled.id, unknown.id, out.id, out.article_id, unread)


def claim_new_post(ledger: Ledger, channel: str, guid: str) -> str:
    """A post of a new article that is ``sending``."""
    add(ledger, new_post(channel), guid=guid)
    return claimed(ledger, channel).post.id


def _correct(ledger: Ledger, post_id: str) -> None:
    post = ledger.posts.get_post(post_id)
    new = NewAmendment(post.id, 0, "edit", before=post.parts[0], after=part("other"))
    seen = tuple(ledger.posts.list_posts(article_id=post.article_id))
    fix = NewAction(
        "fix", post.article_id, "cli:ana", Code.FIX(old="text", new="other"), amendments=(new,), seen=seen
    )
    ledger.actions.perform_action(fix, now=NOW)


def _poll(guid: str) -> PollResult:
    return PollResult(NOW, {"etag": "e"}, (Item(guid, url=f"https://example.org/{guid}"),))


def gather_figures(ledger: Ledger) -> None:
    """What the planner goes by."""
    with ledger._database.write() as tx, ledger._database.lift_time_limits(tx):
        tx.execute(text("ANALYZE"))


def forget_figures(ledger: Ledger) -> None:
    """As SQLite is where nobody ever asked it to gather any."""
    with ledger._database.open_raw_connection() as raw:
        raw.execute("DELETE FROM sqlite_stat1")
        raw.execute("ANALYZE sqlite_schema")  # reads what is there


def _keep_figures(ledger: Ledger) -> None:
    """PostgreSQL's autovacuum would gather new ones in the midst of a test."""
    if ledger._database.sqlite:
        return
    with ledger._database.open_raw_connection() as raw:
        for table in metadata.tables:
            raw.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")
        raw.commit()
