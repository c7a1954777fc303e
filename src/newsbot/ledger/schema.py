"""The tables of the ledger. The migrations produce exactly this schema; a test compares the two."""

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
from newsbot.model import WAITING, PostState, TimelineEvent

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
    """Build ``state IN ('a', 'b')`` with the states as literals.

    Neither SQLite nor PostgreSQL uses a partial index for a query whose states are bound values.
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

fence = Table(  # This table has one row: the identity of this ledger, and its last restore.
    "fence",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("identity", String(32), nullable=False),
    Column("ancestors", JsonText, nullable=False),  # The ledger's identities before its restores.
    # Whether a service has written a mark of this ledger outside the database.
    Column("marked", Boolean, nullable=False),
    # An id of PostgreSQL's tables themselves; tables made from a dump have another one.
    Column("birthmark", String),
    Column("since", UtcDateTime),  # The time of the newest record in the restored ledger.
    Column("until", UtcDateTime),  # The time at which the restore was detected.
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
    Column("read_at", UtcDateTime),  # The time of the source's last successful poll.
)

article = Table(
    "article",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("source", String, nullable=False),
    Column("guid_key", String(32), nullable=False),
    Column("url_key", String(32)),
    # The article's state: found, leased, ready, recorded or failed; gone if its source removed it unread.
    Column("state", String, nullable=False),
    Column("title", SafeText),
    Column("url", SafeText),
    Column("item", JsonText),  # The source's item, until the article is read.
    Column("article", JsonText),  # The article's text and fields, once it is read.
    Column("hold", ReasonText()),
    Column("first_sight", Boolean, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    # For found articles, the time to read it; for leased articles, the end of the lease.
    Column("wake_at", UtcDateTime, nullable=False),
    Column("holder", Id),
    Column("tries", Integer, nullable=False),
    Column("error", FailureText),
    Column("note", ReasonText()),
    Column("version", String(32)),  # The fingerprint of the item that the source gave last.
    # The time at which the source reported the article as not published any more.
    Column("gone_at", UtcDateTime),
    # The root article that this article is the same as and that has the posts; None for a root.
    Column("same_as", Id),
    # The key of the article's text; of the source's text for an article that is only recorded.
    Column("text_key", String(32)),
    Column("sketch", String),  # The sketch of the article's text, by which near duplicates are found.
    Column("published_at", UtcDateTime),
    Column("embargo_until", UtcDateTime),  # Nothing of the article is sent before this time.
    Column("redacted_at", UtcDateTime),  # The time at which the article's text was removed from the ledger.
    # A lost ledger may have posted the article: the first poll after a restore found it, or it was unread
    # before the restore.
    Column("doubted", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,
)
READY_ARTICLE = in_queue(article.c.state, "ready")
UNREAD = in_queue(article.c.state, "found", "leased")
TROUBLED = in_queue(article.c.state, "failed", "ready") & article.c.error.is_not(None)

stage_result = Table(  # The results of the pipeline's stages that wait or cost money.
    "stage_result",
    metadata,
    Column("stage", String(16), primary_key=True),  # The pipeline's stage: read or summarize.
    Column("key", String(64), primary_key=True),  # The fingerprint of the stage's input.
    Column("guid_key", String(32), nullable=False),  # The article's keys, by which a redaction finds the row.
    Column("url_key", String(32)),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime),  # The time from which a call without an end counts as interrupted.
    Column("holder", Id),
    Column("ended_at", UtcDateTime),
    Column("result", JsonText),
    Column("error", FailureText),
)

article_mark = Table(  # The look-up keys of recent articles, such as the rarest runs of words in their texts.
    "article_mark",
    metadata,
    Column("mark", BigInteger, primary_key=True, autoincrement=False),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# A change that a source made to a ready article; the row is deleted when the posts are updated.
change = Table(
    "change",
    metadata,
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("what", String, nullable=False),  # The kind of change: edited, gone or back.
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
    Column("root", Id),  # The root article of the post's article, if that article is the same as another.
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
    # The role of the post: post, repeat, correction or digest.
    Column("role", String, nullable=False, server_default="post"),
    Column("language", String),
    Column("set_at", UtcDateTime),  # The time that a person set for the post, if a person did.
    Column("asked_at", UtcDateTime),  # The time at which a person asked to send the post at once.
    Column("slot_at", UtcDateTime),  # The slot of the channel that the post occupies.
    # A copy of the article's embargo, so that a claim need not read the article.
    Column("embargo_until", UtcDateTime),
    Column("breaking", Boolean, nullable=False, server_default=false()),
    # If this is true, the post is sent without a notification sound.
    Column("silent", Boolean, nullable=False, server_default=false()),
    Column("edited_by", SafeText),  # The person who wrote the post's text, if a person did.
    Column("approved", String(64)),  # The fingerprint of the approved content; no other content is sent.
    Column("answers", Id),  # The post that this post is a reply to.
    Column("template", String),
    # The post's sentences, each with the sentence of the article that it is based on.
    Column("summary", JsonText),
    Column("pending_action", Id),  # The action that waits until it is known whether the post is out.
    Column("target", String),  # The chat or account that the channel posted to when the post was composed.
    sqlite_autoincrement=True,
)
READY = in_queue(post.c.state, PostState.SCHEDULED, PostState.RETRYING)
SENDING = in_queue(post.c.state, PostState.SENDING)
UNKNOWN = in_queue(post.c.state, PostState.UNKNOWN)
# EXPIRABLE and WAITS concatenate an empty string, so that only queries that use these conditions get their
# indices. Without it, PostgreSQL sees that READY and SENDING imply them, and scans all waiting posts for
# every channel.
EXPIRABLE = in_queue(
    literal_column("''").concat(post.c.state), PostState.HELD, PostState.RETRYING, PostState.SCHEDULED
)
WAITS = in_queue(post.c.state.concat(literal_column("''")), *sorted(WAITING))
# The states of posts that may occupy a slot.
SLOTTED = in_queue(post.c.state, *sorted(WAITING | {PostState.SENT}))
PENDING = post.c.pending_action.is_not(None)
FAILED = in_queue(post.c.state, PostState.FAILED)
# The time from which a failed post counts as failed: the later one of its due time and its creation. It is a
# CASE, because SQLite and PostgreSQL have different functions for the greater of two values.
FAILED_FROM = case((post.c.due_at > post.c.created_at, post.c.due_at), else_=post.c.created_at)
# The condition on finished states has a form that no other query uses, so that a query for one of these
# states does not scan all three.
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
    # If this time is set, the attempt stands for all calls that a lost ledger may have made until then.
    Column("until", UtcDateTime),
)

look = Table(  # The progress of the search for the part of a call whose outcome is unknown.
    "look",
    metadata,
    Column("attempt_id", Id, ForeignKey("attempt.id"), primary_key=True, autoincrement=False),
    Column("looks", Integer, nullable=False),
    Column("look_at", UtcDateTime),  # The time of the next search; None if the search was given up.
    # The platform's time of the first complete search that did not find the part.
    Column("absent_since", UtcDateTime),
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
    Column("cause", String),  # The command of the desk that caused the event, if a command did.
)
# The events about changes that a source made to a post's article.
FLAGGED = in_queue(event.c.event, TimelineEvent.ARTICLE_EDITED, TimelineEvent.ARTICLE_GONE)

# ---------------------------------------------------------------- actions on published posts

action = Table(  # An editor's action on a whole article, from which the desk's report is made.
    "action",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("what", String, nullable=False),  # The action: fix, correct, withdraw, takedown, edit or embargo.
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", ReasonText(none=""), nullable=False),
    Column("cause", String),
    Column("fixed", JsonText),  # The sentences that a fix changed, as lists of FixedSentence's fields.
    sqlite_autoincrement=True,
)

amendment = Table(  # A call that edits or deletes a part. The call is idempotent, so it may be repeated.
    "amendment",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("action_id", Id, ForeignKey("action.id"), nullable=False),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("what", String, nullable=False),  # What the amendment does: edit or delete.
    # The amendment's state: due, calling, done, failed, manual (a person's task) or over.
    Column("state", String, nullable=False),
    Column("before", JsonText),  # The part of the post before the amendment.
    Column("after", JsonText),  # The part of the post after the amendment.
    Column("due_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("holder", Id),
    Column("attempts", Integer, nullable=False),
    Column("error", FailureText),
    Column("done_at", UtcDateTime),
    Column("done_by", SafeText),  # The person who edited or deleted the part by hand, if a person did.
    Column("cost_usd", UsdAmount),  # The cost of the call, from its reservation on.
    Column("follows", Id),  # The replacing post, which has to be out before the amendment's call.
    sqlite_autoincrement=True,
)
OPEN_AMENDMENT = in_queue(amendment.c.state, "calling", "due")
FAILED_AMENDMENT = in_queue(amendment.c.state, "failed")
MANUAL_AMENDMENT = in_queue(amendment.c.state, "manual")

# The addresses of articles that were taken down: nothing of these articles is posted any more.
blocked = Table(
    "blocked",
    metadata,
    Column("url_key", String(32), primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

gathered = Table(  # The articles in each digest; a digest is an article itself.
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
    Column("embargo_until", UtcDateTime, nullable=False),  # The end of the embargo that the request is about.
)

# ---------------------------------------------------------------- the desk

person = Table(
    "person",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", SafeText, nullable=False),
    Column("role", String),  # The person's role; None if config.yaml sets it.
    Column("language", String),
    Column("sounds", JsonText),
    Column("invited_by", SafeText),
    Column("joined_at", UtcDateTime, nullable=False),
)

invite = Table(
    "invite",
    metadata,
    Column("key", String(64), primary_key=True),  # The hash of the invitation's secret, which is not stored.
    Column("role", String, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_by", BigInteger),
)

desk_update = Table(  # The updates that the desk received; they are stored before the desk acts on them.
    "desk_update",
    metadata,
    Column("bot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("chat_id", BigInteger),
    Column("user_id", BigInteger),
    # The command that a person wrote, or the button that a person pressed.
    Column("said", SafeText, nullable=False),
    Column("state", String, nullable=False),  # The update's state: taken or done.
    Column("outcome", SafeText),
)
TAKEN = in_queue(desk_update.c.state, "taken")

card = Table(  # The messages of the desk that are updated when their subject changes.
    "card",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),  # The card's message; None until the message is sent.
    Column("kind", String, nullable=False),
    # The subject of the card: the id of an article, or the number of a takedown's action.
    Column("subject", String, nullable=False),
    Column("shown", String(32)),  # The digest of the text and buttons that the message shows.
    Column("at", UtcDateTime, nullable=False),
    # The time at which the card was closed; after that, only an event of its subject updates the card.
    Column("closed_at", UtcDateTime),
    sqlite_autoincrement=True,
)

notice = Table(  # The problems that people were notified of.
    "notice",
    metadata,
    Column("key", String, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", SafeText, nullable=False),
    Column("over_at", UtcDateTime),  # The time at which the problem of a notice was over.
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
    Column("code", String),  # The code of the failure that paused the channel.
    # The number of probes since the channel was paused for this reason.
    Column("probes", Integer, nullable=False, default=0),
    Column("probe_at", UtcDateTime),  # The time of the next probe, if the channel's platform paused it.
    # The time at which a probe resumed the channel; set while the reason of the pause is remembered.
    Column("resumed_at", UtcDateTime),
    Column("target", String),  # The chat or account that the channel posts to, as the last service read it.
)

reservation = Table(
    "reservation",
    metadata,
    Column("post_id", Id, ForeignKey("post.id"), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("account", String, nullable=False),
    Column("amount_usd", UsdAmount, nullable=False),
)

# The sum of an account's reservations in a month; one guarded write checks the limit and reserves.
month = Table(
    "month",
    metadata,
    Column("account", String, primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("amount_usd", UsdAmount, nullable=False),
)

paid_read = Table(  # The messages read on a UTC day, because X charges for each message once a day.
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
    Column("not_before", UtcDateTime),  # The time until which a platform asked to wait, with a 429.
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
