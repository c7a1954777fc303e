"""The tables. The migrations bring a database to exactly this; a test compares them."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    case,
    false,
    literal_column,
)
from sqlalchemy.sql.elements import ColumnElement

from newsbot.model import WAITING, PostState

__all__ = [
    "EXPIRABLE",
    "FAILED",
    "FAILED_AMENDMENT",
    "FAILED_FROM",
    "FLAGGED",
    "MANUAL_AMENDMENT",
    "OPEN_AMENDMENT",
    "OVER",
    "PENDING",
    "READY",
    "READY_ARTICLE",
    "SENDING",
    "SLOTTED",
    "TAKEN",
    "TROUBLED",
    "UNKNOWN",
    "UNREAD",
    "WAITS",
    "action",
    "amendment",
    "approval",
    "article",
    "article_mark",
    "attempt",
    "blocked",
    "card",
    "change",
    "channel",
    "desk_update",
    "event",
    "fence",
    "gathered",
    "in_queue",
    "instance",
    "invite",
    "lifting",
    "look",
    "metadata",
    "month",
    "notice",
    "pace",
    "pace_log",
    "paid_read",
    "person",
    "post",
    "receipt",
    "reservation",
    "source",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MICRODOLLAR = Decimal("0.000001")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes as microseconds since 1970 in UTC: exact and sortable on every database."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  SQLAlchemy's signature
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _EPOCH + value * _MICROSECOND


class UsdAmount(TypeDecorator[Decimal]):
    """US dollars as whole micro-dollars, so that sums are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int((value / _MICRODOLLAR).to_integral_value())

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else (int(value) * _MICRODOLLAR).normalize() + Decimal("0.00")


class JsonText(TypeDecorator[Any]):
    """JSON in ASCII: what feeds hold (NUL, lone surrogates) comes back as it was from every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


class SafeText(TypeDecorator[str]):
    """Text for people; what a database can't hold (NUL, lone surrogates) becomes a replacement mark."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return value


Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers only INTEGER keys by itself

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def in_queue(column: ColumnElement[str], *states: str) -> ColumnElement[bool]:
    """``state IN ('a', 'b')`` in literals: neither database takes a partial index for bound values."""
    return column.in_([literal_column(f"'{state}'") for state in states])


# ---------------------------------------------------------------- who runs

instance = Table(
    "instance",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("host", SafeText, nullable=False),
    Column("pid", Integer, nullable=False),
    sqlite_autoincrement=True,
)

fence = Table(  # one row: which ledger this is, and when it was restored last
    "fence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("identity", String(32), nullable=False),
    Column("ancestors", JsonText, nullable=False),  # what it was before each restore
    Column("marked", Boolean, nullable=False),  # a service has kept a mark of it outside the database
    Column("birthmark", String),  # PostgreSQL: of the tables as they were made, which a dump does not carry
    Column("since", UtcDateTime),  # the last thing that was in the ledger when it was restored
    Column("until", UtcDateTime),  # when that was noticed
    Column("why", SafeText),
)

# ---------------------------------------------------------------- what comes in

source = Table(
    "source",
    metadata,
    Column("name", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("cursor", JsonText, nullable=False),
    Column("first_poll_at", UtcDateTime),
    Column("last_polled_at", UtcDateTime),
    Column("last_new_at", UtcDateTime),
    Column("next_poll_at", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("error", JsonText),
    Column("usual_new", Float, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("holder", Id),
    Column("read_at", UtcDateTime),  # the last poll that was no failure
)

article = Table(
    "article",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("source", String, nullable=False),
    Column("guid_key", String(32), nullable=False),
    Column("url_key", String(32)),
    Column("state", String, nullable=False),  # found, leased, ready, recorded, failed, gone (unread)
    Column("title", SafeText),
    Column("url", SafeText),
    Column("item", JsonText),  # until it is read
    Column("article", JsonText),  # from then on
    Column("hold", SafeText),
    Column("first_sight", Boolean, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("wake_at", UtcDateTime, nullable=False),  # found: not to be read before; leased: until when
    Column("holder", Id),
    Column("tries", Integer, nullable=False),
    Column("error", JsonText),
    Column("note", SafeText),
    Column("version", String(32)),  # of what the source gave last
    Column("gone_at", UtcDateTime),  # when the source said that it is not published any more
    Column("same_as", Id),  # the root: the article that this one is, which has the posts; never one of these
    Column("text_key", String(32)),  # of its words; while only recorded, of those that its source gave
    Column("sketch", String),  # of its text, to know what is nearly the same
    Column("published_at", UtcDateTime),
    Column("embargo_until", UtcDateTime),  # nothing of it goes out before
    Column("redacted_at", UtcDateTime),  # its words were taken out of the ledger
    # It may be out by a ledger that was lost: found by the first poll after a restore, or unread before it.
    Column("doubted", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,
)
READY_ARTICLE = in_queue(article.c.state, "ready")
UNREAD = in_queue(article.c.state, "found", "leased")
TROUBLED = in_queue(article.c.state, "failed", "ready") & article.c.error.is_not(None)

article_mark = Table(  # what an article of the last weeks is looked up by: its rarest runs of words, for one
    "article_mark",
    metadata,
    Column("mark", BigInteger, primary_key=True, autoincrement=False),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

change = Table(  # what a source did with a ready article, until its posts follow
    "change",
    metadata,
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("what", String, nullable=False),  # edited, gone, back
    Column("item", JsonText),
    Column("found_at", UtcDateTime, nullable=False),
    Column("wake_at", UtcDateTime, nullable=False),
    Column("holder", Id),
    Column("tries", Integer, nullable=False),
)

# ---------------------------------------------------------------- what becomes of it

post = Table(
    "post",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("root", Id),  # the article that its article is the same as, where there is one
    Column("channel", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("parts", JsonText, nullable=False),
    Column("warnings", JsonText, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("approval", Integer, nullable=False),
    Column("held_for", SafeText),
    Column("reason", SafeText, nullable=False),
    Column("cost_usd", UsdAmount),
    Column("attempts", Integer, nullable=False),
    Column("error", JsonText),
    Column("lease_until", UtcDateTime),
    Column("holder", Id),
    Column("role", String, nullable=False, server_default="post"),  # post, repeat, correction, digest
    Column("language", String),
    Column("set_at", UtcDateTime),  # the time that a person set, where one did
    Column("asked_at", UtcDateTime),  # when a person asked for it to go at once
    Column("slot_at", UtcDateTime),  # the slot of its channel that it has taken
    Column("embargo_until", UtcDateTime),  # its article's, so that a claim need not look there
    Column("breaking", Boolean, nullable=False, server_default=false()),
    Column("silent", Boolean, nullable=False, server_default=false()),  # goes out without a sound
    Column("edited_by", SafeText),  # who wrote its words, where that was a person
    Column("approved", String(64)),  # the content that was approved: no other is sent
    Column("answers", Id),  # the post that it is a reply to
    Column("template", String),
    Column("summary", JsonText),  # the sentences shown, each with the one of the article that it rests on
    Column("pending_action", Id),  # what waits until it is known whether the post is out
    Column("target", String),  # the place that its channel posted to when it was composed
    sqlite_autoincrement=True,
)
READY = in_queue(post.c.state, PostState.SCHEDULED, PostState.RETRYING)
SENDING = in_queue(post.c.state, PostState.SENDING)
UNKNOWN = in_queue(post.c.state, PostState.UNKNOWN)
# Only who names one of these two gets its index: else PostgreSQL sees that READY and SENDING are part of it,
# and walks through all that waits, for every channel, instead of looking up one.
EXPIRABLE = in_queue(
    literal_column("''").concat(post.c.state), PostState.HELD, PostState.RETRYING, PostState.SCHEDULED
)
WAITS = in_queue(post.c.state.concat(literal_column("''")), *sorted(WAITING))
SLOTTED = in_queue(post.c.state, *sorted(WAITING | {PostState.SENT}))  # who has taken a slot
PENDING = post.c.pending_action.is_not(None)
FAILED = in_queue(post.c.state, PostState.FAILED)
# From when on a failed post counts as failed. It is written as CASE, as the databases have two names for the
# greater of two values.
FAILED_FROM = case((post.c.due_at > post.c.created_at, post.c.due_at), else_=post.c.created_at)
# Written as no query writes a state, so that a look-up of one of these is not answered by reading all three.
OVER = in_queue(
    literal_column("''").concat(post.c.state).concat(literal_column("''")),
    PostState.CANCELLED,
    PostState.FAILED,
    PostState.WITHDRAWN,
)

receipt = Table(
    "receipt",
    metadata,
    Column("post_id", Id, ForeignKey("post.id"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("remote_id", SafeText, nullable=False),
    Column("url", SafeText),
    Column("note", SafeText),
    Column("at", UtcDateTime, nullable=False),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("outcome", String),
    Column("until", UtcDateTime),  # set: no call that is known, but any that a lost ledger made until then
)

look = Table(  # how far the search has come for a call whose outcome is unknown
    "look",
    metadata,
    Column("attempt_id", Id, ForeignKey("attempt.id"), primary_key=True, autoincrement=False),
    Column("looks", Integer, nullable=False),
    Column("look_at", UtcDateTime),  # None: given up
    Column("absent_since", UtcDateTime),  # the platform's time of the first whole look that did not find it
)

approval = Table(
    "approval",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("content", String(64), nullable=False),
)

event = Table(
    "event",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("event", String, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("detail", SafeText, nullable=False),
    Column("cause", String),  # the command that this is the work of, where it was one of the desk's
)
FLAGGED = in_queue(event.c.event, "article edited", "article gone")  # what its source did to its article

# ---------------------------------------------------------------- what is done to posts that are out

action = Table(  # what a person did to an article as a whole, for its report
    "action",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("what", String, nullable=False),  # fix, correct, withdraw, takedown, edit
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", SafeText, nullable=False),
    Column("cause", String),
    Column("fixed", JsonText),  # the sentences that a fix changed, as lists of FixedSentence's fields
    sqlite_autoincrement=True,
)

amendment = Table(  # one call that edits or deletes a part; it may be made again, as it asks for the same
    "amendment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("action_id", Id, ForeignKey("action.id"), nullable=False),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("what", String, nullable=False),  # edit, delete
    Column("state", String, nullable=False),  # due, calling, done, failed, manual (a person has to), over
    Column("before", JsonText),  # the part as it was
    Column("after", JsonText),  # the part as it shall be
    Column("due_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("holder", Id),
    Column("attempts", Integer, nullable=False),
    Column("error", JsonText),
    Column("done_at", UtcDateTime),
    Column("done_by", SafeText),  # where a person did it by hand
    Column("cost_usd", UsdAmount),  # while it is set aside, or spent
    Column("follows", Id),  # the post that has to be out before, as it stands in its place
    sqlite_autoincrement=True,
)
OPEN_AMENDMENT = in_queue(amendment.c.state, "calling", "due")
FAILED_AMENDMENT = in_queue(amendment.c.state, "failed")
MANUAL_AMENDMENT = in_queue(amendment.c.state, "manual")

blocked = Table(  # addresses that nothing is posted of any more
    "blocked",
    metadata,
    Column("url_key", String(32), primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

gathered = Table(  # the articles that a digest is made of; a digest is an article itself
    "gathered",
    metadata,
    Column("digest_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
)

lifting = Table(  # an embargo that one person would lift, and a second has to
    "lifting",
    metadata,
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("embargo_until", UtcDateTime, nullable=False),  # the one that is meant
)

# ---------------------------------------------------------------- the desk

person = Table(
    "person",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", SafeText, nullable=False),
    Column("role", String),  # None: config.yaml's
    Column("language", String),
    Column("sounds", JsonText),
    Column("invited_by", SafeText),
    Column("joined_at", UtcDateTime, nullable=False),
)

invite = Table(
    "invite",
    metadata,
    Column("key", String(64), primary_key=True),  # of its secret, which is nowhere
    Column("role", String, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_by", BigInteger),
)

desk_update = Table(  # what the desk was told, before it does anything
    "desk_update",
    metadata,
    Column("bot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("chat_id", BigInteger),
    Column("user_id", BigInteger),
    Column("said", SafeText, nullable=False),  # the command or the button
    Column("state", String, nullable=False),  # taken, done
    Column("outcome", SafeText),
)
TAKEN = in_queue(desk_update.c.state, "taken")

card = Table(  # messages of the desk that follow what they show
    "card",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),  # None: on its way
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),  # an article's id, or a notice's key
    Column("shown", String(32)),  # what it shows, digested
    Column("at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),  # it follows no more
    sqlite_autoincrement=True,
)

notice = Table(  # what was told once
    "notice",
    metadata,
    Column("key", String, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", SafeText, nullable=False),
    Column("over_at", UtcDateTime),  # when it was mended
)

# ---------------------------------------------------------------- channels, money, pace

channel = Table(
    "channel",
    metadata,
    Column("name", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("reason", SafeText),
    Column("paused_by", SafeText),
    Column("paused_at", UtcDateTime),
    Column("code", String),  # the failure's that made it pause
    Column("probes", Integer, nullable=False, default=0),  # since it was paused for this reason
    Column("probe_at", UtcDateTime),  # the next, where a platform made it pause
    Column("resumed_at", UtcDateTime),  # by a probe, while its reason is remembered
    Column("target", String),  # the place that it posts to, as the last service saw it
)

reservation = Table(
    "reservation",
    metadata,
    Column("post_id", Id, ForeignKey("post.id"), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("channel", String, nullable=False),
    Column("amount_usd", UsdAmount, nullable=False),
)

month = Table(  # the sum of a month's reservations: one guarded write checks and takes
    "month",
    metadata,
    Column("channel", String, primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("amount_usd", UsdAmount, nullable=False),
)

paid_read = Table(  # what was read on a UTC day: X charges for it once
    "paid_read",
    metadata,
    Column("channel", String, primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("remote_id", String, primary_key=True),
)

pace = Table(
    "pace",
    metadata,
    Column("key", String, primary_key=True),
    Column("not_before", UtcDateTime),  # what a platform asked for with a 429
    Column("asked_at", UtcDateTime),
)

pace_log = Table(
    "pace_log",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("attempt_id", Id, nullable=False),
)
