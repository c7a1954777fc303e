"""The tables of the ledger. The migrations bring a database to exactly this schema; a test compares them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    case,
    false,
    literal_column,
)
from sqlalchemy.sql.elements import ColumnElement

from newsbot.ledger.column_types import (
    FailureText,
    Id,
    JsonText,
    ReasonText,
    SafeText,
    UsdAmount,
    UtcDateTime,
)
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
    "stage_result",
]

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def in_queue(column: ColumnElement[str], *states: str) -> ColumnElement[bool]:
    """Build ``state IN ('a', 'b')`` with literals, as partial indexes match no bound values.

    This holds for both databases.
    """
    return column.in_([literal_column(f"'{state}'") for state in states])


# ---------------------------------------------------------------- instances

instance = Table(
    "instance",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("host", SafeText, nullable=False),
    Column("pid", Integer, nullable=False),
    sqlite_autoincrement=True,
)

fence = Table(  # One row: the identity of this ledger, and its last restore.
    "fence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("identity", String(32), nullable=False),
    Column("ancestors", JsonText, nullable=False),  # its identities before each restore
    Column("marked", Boolean, nullable=False),  # A service has written a mark of it outside the database.
    Column("birthmark", String),  # PostgreSQL: it identifies these very tables; a dump does not carry it.
    Column("since", UtcDateTime),  # the time of the newest record in the restored ledger
    Column("until", UtcDateTime),  # when the restore was detected
    Column("why", ReasonText()),
)

# ---------------------------------------------------------------- sources and articles

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
    Column("error", FailureText),
    Column("usual_new", Float, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("holder", Id),
    Column("read_at", UtcDateTime),  # the last successful poll
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
    Column("item", JsonText),  # set until the article is read
    Column("article", JsonText),  # set once it is read
    Column("hold", ReasonText()),
    Column("first_sight", Boolean, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("wake_at", UtcDateTime, nullable=False),  # found: when to read it; leased: the lease's end
    Column("holder", Id),
    Column("tries", Integer, nullable=False),
    Column("error", FailureText),
    Column("note", ReasonText()),
    Column("version", String(32)),  # the fingerprint of the item that the source gave last
    Column("gone_at", UtcDateTime),  # when the source reported that it is not published any more
    Column("same_as", Id),  # the root article that this one repeats and that has the posts; a root has none
    Column("text_key", String(32)),  # the key of its text; of its source's text while only recorded
    Column("sketch", String),  # a sketch of its text, to recognize near duplicates
    Column("published_at", UtcDateTime),
    Column("embargo_until", UtcDateTime),  # Nothing of it is sent before this time.
    Column("redacted_at", UtcDateTime),  # when its text was removed from the ledger
    # A lost ledger may have posted it: the first poll after a restore found it, or it was unread before that.
    Column("doubted", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,
)
READY_ARTICLE = in_queue(article.c.state, "ready")
UNREAD = in_queue(article.c.state, "found", "leased")
TROUBLED = in_queue(article.c.state, "failed", "ready") & article.c.error.is_not(None)

stage_result = Table(  # The results of the pipeline's stages that wait or cost money.
    "stage_result",
    metadata,
    Column("stage", String(16), primary_key=True),  # read, summarize
    Column("key", String(64), primary_key=True),  # the fingerprint of what the stage was given
    Column("guid_key", String(32), nullable=False),  # the article's keys, for its redaction
    Column("url_key", String(32)),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),  # From then on a call without an end is given up.
    Column("holder", Id),
    Column("ended_at", UtcDateTime),
    Column("result", JsonText),
    Column("error", FailureText),
)

article_mark = Table(  # The look-up keys of recent articles, like their rarest runs of words.
    "article_mark",
    metadata,
    Column("mark", BigInteger, primary_key=True, autoincrement=False),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

change = Table(  # A source's change to a ready article, until its posts are updated.
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

# ---------------------------------------------------------------- posts

post = Table(
    "post",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("root", Id),  # the root of its article, where that repeats another
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
    Column("held_for", ReasonText()),
    Column("reason", ReasonText(none=""), nullable=False),
    Column("cost_usd", UsdAmount),
    Column("attempts", Integer, nullable=False),
    Column("error", FailureText),
    Column("lease_until", UtcDateTime),
    Column("holder", Id),
    Column("role", String, nullable=False, server_default="post"),  # post, repeat, correction, digest
    Column("language", String),
    Column("set_at", UtcDateTime),  # the time that a person set, if one did
    Column("asked_at", UtcDateTime),  # when a person asked to send it at once
    Column("slot_at", UtcDateTime),  # the slot of its channel that it occupies
    Column("embargo_until", UtcDateTime),  # copied from its article, so that a claim need not read that
    Column("breaking", Boolean, nullable=False, server_default=false()),
    Column("silent", Boolean, nullable=False, server_default=false()),  # sent without a notification sound
    Column("edited_by", SafeText),  # the person who wrote its text, if one did
    Column("approved", String(64)),  # The content that was approved; no other is sent.
    Column("answers", Id),  # the post that it is a reply to
    Column("template", String),
    Column("summary", JsonText),  # the sentences shown, each with the article's sentence it is based on
    Column("pending_action", Id),  # the action that waits until it is known whether the post is out
    Column("target", String),  # the place that its channel posted to when it was composed
    sqlite_autoincrement=True,
)
READY = in_queue(post.c.state, PostState.SCHEDULED, PostState.RETRYING)
SENDING = in_queue(post.c.state, PostState.SENDING)
UNKNOWN = in_queue(post.c.state, PostState.UNKNOWN)
# EXPIRABLE and WAITS concatenate an empty string, so that only queries that use them get their indexes.
# Otherwise PostgreSQL sees that READY and SENDING imply them, and scans all waiting posts for every channel.
EXPIRABLE = in_queue(
    literal_column("''").concat(post.c.state), PostState.HELD, PostState.RETRYING, PostState.SCHEDULED
)
WAITS = in_queue(post.c.state.concat(literal_column("''")), *sorted(WAITING))
SLOTTED = in_queue(post.c.state, *sorted(WAITING | {PostState.SENT}))  # posts that may occupy a slot
PENDING = post.c.pending_action.is_not(None)
FAILED = in_queue(post.c.state, PostState.FAILED)
# The time from which a failed post counts as failed. It is a CASE, as the databases name the function for the
# greater of two values differently.
FAILED_FROM = case((post.c.due_at > post.c.created_at, post.c.due_at), else_=post.c.created_at)
# No other query writes a state like this, so that a look-up of one of these states does not scan all three.
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
    Column("note", ReasonText()),
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
    Column("until", UtcDateTime),  # If set, the row stands for any calls that a lost ledger made until then.
)

look = Table(  # The progress of the search for a call whose outcome is unknown.
    "look",
    metadata,
    Column("attempt_id", Id, ForeignKey("attempt.id"), primary_key=True, autoincrement=False),
    Column("looks", Integer, nullable=False),
    Column("look_at", UtcDateTime),  # None: the search was given up.
    Column("absent_since", UtcDateTime),  # the platform's time of the first complete look without it
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
    Column("detail", ReasonText(none=""), nullable=False),
    Column("cause", String),  # the command of the desk that caused it, if one did
)
FLAGGED = in_queue(event.c.event, "article edited", "article gone")  # its source's changes to its article

# ---------------------------------------------------------------- actions on published posts

action = Table(  # A person's action on a whole article, for its report.
    "action",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("what", String, nullable=False),  # fix, correct, withdraw, takedown, edit
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", ReasonText(none=""), nullable=False),
    Column("cause", String),
    Column("fixed", JsonText),  # the sentences that a fix changed, as lists of FixedSentence's fields
    sqlite_autoincrement=True,
)

amendment = Table(  # A call that edits or deletes a part. It is idempotent, so it may be repeated.
    "amendment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("action_id", Id, ForeignKey("action.id"), nullable=False),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("what", String, nullable=False),  # edit, delete
    Column("state", String, nullable=False),  # due, calling, done, failed, manual (a person's task), over
    Column("before", JsonText),  # the part as it was
    Column("after", JsonText),  # the part as it should be
    Column("due_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("holder", Id),
    Column("attempts", Integer, nullable=False),
    Column("error", FailureText),
    Column("done_at", UtcDateTime),
    Column("done_by", SafeText),  # the person who did it by hand, if one did
    Column("cost_usd", UsdAmount),  # set while the money is reserved, or spent
    Column("follows", Id),  # the replacing post, which has to be out first
    sqlite_autoincrement=True,
)
OPEN_AMENDMENT = in_queue(amendment.c.state, "calling", "due")
FAILED_AMENDMENT = in_queue(amendment.c.state, "failed")
MANUAL_AMENDMENT = in_queue(amendment.c.state, "manual")

blocked = Table(  # The addresses of taken-down articles; nothing of them is posted any more.
    "blocked",
    metadata,
    Column("url_key", String(32), primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

gathered = Table(  # The articles that a digest is made of; a digest is an article itself.
    "gathered",
    metadata,
    Column("digest_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
)

lifting = Table(  # One person's request to lift an embargo, which a second person has to confirm.
    "lifting",
    metadata,
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("embargo_until", UtcDateTime, nullable=False),  # the embargo that the request is about
)

# ---------------------------------------------------------------- the desk

person = Table(
    "person",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", SafeText, nullable=False),
    Column("role", String),  # None: config.yaml sets it.
    Column("language", String),
    Column("sounds", JsonText),
    Column("invited_by", SafeText),
    Column("joined_at", UtcDateTime, nullable=False),
)

invite = Table(
    "invite",
    metadata,
    Column("key", String(64), primary_key=True),  # the hash of its secret, which is not stored
    Column("role", String, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_by", BigInteger),
)

desk_update = Table(  # The updates that the desk received, stored before it acts on them.
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

card = Table(  # The messages of the desk that are kept up to date with their subject.
    "card",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),  # None: not sent yet
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),  # an article's id, or a notice's key
    Column("shown", String(32)),  # the hash of what it shows
    Column("at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),  # when it stopped being updated
    sqlite_autoincrement=True,
)

notice = Table(  # The problems that people were notified of.
    "notice",
    metadata,
    Column("key", String, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", SafeText, nullable=False),
    Column("over_at", UtcDateTime),  # when the problem was over
)

# ---------------------------------------------------------------- channels, money, rate limits

channel = Table(
    "channel",
    metadata,
    Column("name", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("reason", ReasonText()),
    Column("paused_by", SafeText),
    Column("paused_at", UtcDateTime),
    Column("code", String),  # the code of the failure that paused it
    Column("probes", Integer, nullable=False, default=0),  # their number since it was paused for this reason
    Column("probe_at", UtcDateTime),  # the next probe, if its platform paused it
    Column("resumed_at", UtcDateTime),  # when a probe resumed it; set while its reason is remembered
    Column("target", String),  # the place that it posts to, as the last service read it
)

reservation = Table(
    "reservation",
    metadata,
    Column("post_id", Id, ForeignKey("post.id"), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("account", String, nullable=False),
    Column("amount_usd", UsdAmount, nullable=False),
)

month = Table(  # The sum of an account's reservations in a month: one guarded write checks and reserves.
    "month",
    metadata,
    Column("account", String, primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("amount_usd", UsdAmount, nullable=False),
)

paid_read = Table(  # The messages read on a UTC day: X charges for each of them once a day.
    "paid_read",
    metadata,
    Column("account", String, primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("remote_id", String, primary_key=True),
)

pace = Table(
    "pace",
    metadata,
    Column("key", String, primary_key=True),
    Column("not_before", UtcDateTime),  # the time that a platform asked for with a 429
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
