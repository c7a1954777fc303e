"""The tables of the ledger. The migrations produce exactly this schema; a test compares the two."""

from typing import Any

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
    func,
    literal_column,
)
from sqlalchemy.sql.elements import ColumnElement

from newsbot.ledger.dialects import FailureText, Id, JsonText, ReasonText, SafeText, UsdAmount, UtcDateTime
from newsbot.model import WAITING, PostState, TimelineEvent

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def in_queue(column: ColumnElement[str], *states: str) -> ColumnElement[bool]:
    """Build the SQL condition ``column IN ('a', 'b')``, with the states as literals in the text.

    Neither SQLite nor PostgreSQL uses an index over some states for a query whose states are parameters.
    """
    return column.in_([literal_column(f"'{state}'") for state in states])


def _table(name: str, *columns: Column[Any], **options: Any) -> Table:
    return Table(name, metadata, *columns, **options)


# ---------------------------------------------------------------- tables of the running services

instance = _table(
    "instance",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("host", SafeText, nullable=False),
    Column("pid", Integer, nullable=False),
    # On PostgreSQL: a text that identifies the process among all processes of its machine, and the time (of
    # the database's clock) until which the instance counts as running.
    Column("process", String),
    Column("until", UtcDateTime),
    # The newest schema revision that the service knows, its version of newsbot, and its roles, separated by
    # commas; None for a service of schema revision 0019 or before.
    Column("revision", String),
    Column("version", String),
    Column("roles", String),
    sqlite_autoincrement=True,
)

# The table of the leases: rights that one service at a time has, until a time by the database's clock.
lease = _table(
    "lease",
    Column("name", String, primary_key=True),
    Column("holder", Id, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

# The table `fence` has one row: the identity of this ledger, and its last restore from a backup.
fence = _table(
    "fence",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("identity", String(32), nullable=False),
    # The unique ids that the ledger had before it was restored from backups.
    Column("ancestors", JsonText, nullable=False),
    # True if a service has written this ledger's progress mark (the number of the last call) to a file.
    Column("marked", Boolean, nullable=False),
    # The ids of the ledger's tables in PostgreSQL, by which newsbot notices a restore: tables that are made
    # from a dump have other ids.
    Column("birthmark", String),
    # The time of the newest record that was in the ledger when it was restored.
    Column("since", UtcDateTime),
    Column("until", UtcDateTime),  # The time at which newsbot detected the ledger's restore.
    Column("why", ReasonText()),
)

# ---------------------------------------------------------------- tables of sources and articles

source = _table(
    "source",
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
    Column("read_at", UtcDateTime),  # The time of the source's last poll that did not fail.
)
POLLABLE = source.c.state != literal_column("'blocked'")
# The time at which a source is due to be polled; 0 (the year 1970) if its first poll was never stored.
POLL_AT = func.coalesce(source.c.next_poll_at, literal_column("0"))

article = _table(
    "article",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("source", String, nullable=False),
    Column("guid_key", String(32), nullable=False),
    Column("url_key", String(32)),
    # The article's state: found at its source; leased to the service that reads it now; ready, with its posts
    # made; recorded without posts, like the older articles of a source that is polled first, or one that a
    # person removed from all channels; failed; or gone, because its source removed it before it was read.
    Column("state", String, nullable=False),
    Column("title", SafeText),
    Column("url", SafeText),
    # The feed item, or other entry of the source, of the article; None once newsbot has read the article.
    Column("item", JsonText),
    Column("article", JsonText),  # The article's text and fields; None until the article is read.
    Column("hold", ReasonText()),
    Column("first_sight", Boolean, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    # For a found article, the time at which it is to be read; for one that a service reads now, the end of
    # that service's right to it.
    Column("wake_at", UtcDateTime, nullable=False),
    Column("holder", Id),
    Column("tries", Integer, nullable=False),
    Column("error", FailureText),
    Column("note", ReasonText()),
    # The hash of the article's item as the source last delivered it, by which newsbot notices an edit.
    Column("version", String(32)),
    # The time at which the source reported that the article is not published any more.
    Column("gone_at", UtcDateTime),
    # The row number of the article's root (the earlier article that it duplicates); None for a root.
    Column("same_as", Id),
    # The key by which the article's text is found; for an article that was only recorded and not posted, the
    # key of the text in the source's item.
    Column("text_key", String(32)),
    # The sketch of the article's text (its smallest hashes), by which near duplicates are found.
    Column("sketch", String),
    Column("published_at", UtcDateTime),
    # The end of the article's embargo; nothing of the article is sent before this time.
    Column("embargo_until", UtcDateTime),
    # The time at which the article's text was deleted from the ledger, because a person had the article
    # removed.
    Column("redacted_at", UtcDateTime),
    # True if the article may have been posted before the ledger was restored: the first poll after the
    # restore found the article, or the article was unread at the restore.
    Column("doubted", Boolean, nullable=False, server_default=false()),
    sqlite_autoincrement=True,
)
READY_ARTICLE = in_queue(article.c.state, "ready")
UNREAD = in_queue(article.c.state, "found", "leased")
TROUBLED = in_queue(article.c.state, "failed", "ready") & article.c.error.is_not(None)

# The table of the results of reading and summarizing articles, which take long or cost money.
stage_result = _table(
    "stage_result",
    # The step whose result the row has: read (the article), summarize (it) or check (its page).
    Column("stage", String(16), primary_key=True),
    # The fingerprint of the input, such as a page or a text, from which reading, summarizing or checking made
    # the row's result.
    Column("key", String(64), primary_key=True),
    # The fingerprint of the article's guid, by which newsbot finds and deletes the results when the article
    # is removed from all channels.
    Column("guid_key", String(32), nullable=False),
    Column("url_key", String(32)),
    Column("begun_at", UtcDateTime, nullable=False),
    # The time from which a call to a summarizer counts as interrupted if it has not ended.
    Column("until", UtcDateTime),
    Column("holder", Id),
    Column("ended_at", UtcDateTime),
    Column("result", JsonText),
    Column("error", FailureText),
    # The budget and month that pay for a call of a summarizer, and the money that is reserved for the call.
    Column("account", String),
    Column("month", String(7)),
    Column("reserved_usd", UsdAmount),
    # What the call to the summarizer cost; the column is NULL as long as that is not known, so that the money
    # stays reserved.
    Column("cost_usd", UsdAmount),
)

# The table of the look-up keys of recent articles, such as the rarest runs of words in their texts.
article_mark = _table(
    "article_mark",
    Column("mark", BigInteger, primary_key=True, autoincrement=False),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# The table of the changes that sources made to articles which newsbot has read; a row is deleted when the
# article's posts are updated.
change = _table(
    "change",
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    # The kind of the source's change to the article: edited, gone, protected (by a password) or back.
    Column("what", String, nullable=False),
    Column("item", JsonText),
    Column("found_at", UtcDateTime, nullable=False),
    Column("wake_at", UtcDateTime, nullable=False),
    Column("holder", Id),
    Column("tries", Integer, nullable=False),
)

# ---------------------------------------------------------------- tables of posts

post = _table(
    "post",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    # The root of the post's article (the article that it is the same as); None if it is the first of its
    # duplicates.
    Column("root", Id),
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
    # The role of the post: post, repeat (of a post), correction (of a post) or digest (a list of articles).
    Column("role", String, nullable=False, server_default="post"),
    Column("language", String),
    Column("set_at", UtcDateTime),  # The time for which a person scheduled the post; None if no person did.
    # The time at which a person asked to send the post at once; None if no person did.
    Column("asked_at", UtcDateTime),
    # The time slot of the channel that the post occupies; None if it has no slot.
    Column("slot_at", UtcDateTime),
    # A copy of the embargo of the post's article, so that newsbot need not read the article when it claims
    # the post for sending.
    Column("embargo_until", UtcDateTime),
    Column("breaking", Boolean, nullable=False, server_default=false()),
    # True if readers get the post without a notification sound.
    Column("silent", Boolean, nullable=False, server_default=false()),
    Column("edited_by", SafeText),  # The person who wrote the post's text; None if newsbot composed it.
    # The fingerprint of the approved content of the post; newsbot sends no other content.
    Column("approved", String(64)),
    Column("answers", Id),  # The number of the post to which this post is a reply; None if it is no reply.
    Column("template", String),
    # The sentences that the post shows, each with the article's sentence that it is based on.
    Column("summary", JsonText),
    # The number of an editor's action that waits until it is known whether the post is published.
    Column("pending_action", Id),
    Column("target", String),  # The chat or account to which the channel posted when the post was composed.
    sqlite_autoincrement=True,
)
READY = in_queue(post.c.state, PostState.SCHEDULED, PostState.RETRYING)
BREAKING = READY & literal_column("breaking")
SENDING = in_queue(post.c.state, PostState.SENDING)
UNKNOWN = in_queue(post.c.state, PostState.UNKNOWN)
# The conditions EXPIRABLE and WAITS concatenate an empty string, so that only queries that use these
# conditions get the indices of these conditions. Without the empty string, PostgreSQL sees that the
# conditions READY and SENDING imply them, and scans all waiting posts for every channel.
EXPIRABLE = in_queue(
    literal_column("''").concat(post.c.state), PostState.HELD, PostState.RETRYING, PostState.SCHEDULED
)
WAITS = in_queue(post.c.state.concat(literal_column("''")), *sorted(WAITING))
# Posts that wait, that may be published or that are sent may occupy a time slot of their channel.
SLOTTED = in_queue(post.c.state, *sorted(WAITING | {PostState.SENT}))
PENDING = post.c.pending_action.is_not(None)
FAILED = in_queue(post.c.state, PostState.FAILED)
# The time from which a failed post counts as failed: the later one of its due time and its creation. The SQL
# is a CASE, because SQLite and PostgreSQL have different functions for the greater of two values.
FAILED_FROM = case((post.c.due_at > post.c.created_at, post.c.due_at), else_=post.c.created_at)
# The condition on cancelled, failed and withdrawn posts has a form that no other query uses, so that a query
# for one of these states does not scan all of them.
OVER = in_queue(
    literal_column("''").concat(post.c.state).concat(literal_column("''")),
    PostState.CANCELLED,
    PostState.FAILED,
    PostState.WITHDRAWN,
)

receipt = _table(
    "receipt",
    Column("post_id", Id, ForeignKey("post.id"), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("remote_id", SafeText, nullable=False),
    Column("url", SafeText),
    Column("note", ReasonText()),
    Column("at", UtcDateTime, nullable=False),
)

attempt = _table(
    "attempt",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("part", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("outcome", String),
    # If this time is set, the attempt stands for all calls that may have been made until then from a ledger
    # that was lost in a restore.
    Column("until", UtcDateTime),
)

# The table of the searches on platforms for messages that calls of unknown outcome may have published.
look = _table(
    "look",
    Column("attempt_id", Id, ForeignKey("attempt.id"), primary_key=True, autoincrement=False),
    Column("looks", Integer, nullable=False),
    # The time of the next search on the platform for the part (message); None if the search was given up.
    Column("look_at", UtcDateTime),
    # The time, by the platform's clock, of the first complete search that did not find the part (message).
    Column("absent_since", UtcDateTime),
)

approval = _table(
    "approval",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("content", String(64), nullable=False),
)

event = _table(
    "event",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("event", String, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("detail", ReasonText(none=""), nullable=False),
    # The command in the editors' chat that caused the event; None if no command did.
    Column("cause", String),
)
# The SQL condition on events which say that a source edited or removed a post's article.
FLAGGED = in_queue(event.c.event, TimelineEvent.ARTICLE_EDITED, TimelineEvent.ARTICLE_GONE)

# ---------------------------------------------------------------- tables of actions on published posts

action = _table(  # The table of editors' actions on whole articles, from which reports to editors are made.
    "action",
    Column("id", Id, primary_key=True, autoincrement=True),
    # The kind of action: fix (of words), correct, withdraw (delete one post), takedown (delete all posts of
    # an article), edit (by the source) or embargo.
    Column("what", String, nullable=False),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", ReasonText(none=""), nullable=False),
    Column("cause", String),
    # The sentences that a fix (of words in an article) changed, as lists of FixedSentence's fields.
    Column("fixed", JsonText),
    sqlite_autoincrement=True,
)

# The table of calls that edit or delete a published part (message) of a post; repeating such a call does no
# harm.
amendment = _table(
    "amendment",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("action_id", Id, ForeignKey("action.id"), nullable=False),
    Column("post_id", Id, ForeignKey("post.id"), nullable=False),
    Column("part", Integer, nullable=False),
    # What the amendment does to its message (a part of the post): edit or delete it.
    Column("what", String, nullable=False),
    # The state of the edit or delete (amendment): due, calling, done, failed, manual (a person's task) or
    # over (not wanted any more).
    Column("state", String, nullable=False),
    Column("before", JsonText),  # The part (message) of the post as it was before it was edited or deleted.
    # The part (message) of the post as it is to be after the edit; for a delete, the notice to edit it to
    # instead.
    Column("after", JsonText),
    Column("due_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("holder", Id),
    Column("attempts", Integer, nullable=False),
    Column("error", FailureText),
    Column("done_at", UtcDateTime),
    # The person who edited or deleted the message by hand; None if no person did.
    Column("done_by", SafeText),
    # The cost of the call that makes the edit or delete, in US dollars; None until newsbot has reserved the
    # money.
    Column("cost_usd", UsdAmount),
    # The number of the post that replaces the deleted post, and has to be published before the deletion.
    Column("follows", Id),
    # The message's id on the platform before an edit that gave the message a new id.
    Column("replaced_id", SafeText),
    sqlite_autoincrement=True,
)
OPEN_AMENDMENT = in_queue(amendment.c.state, "calling", "due")
FAILED_AMENDMENT = in_queue(amendment.c.state, "failed")
MANUAL_AMENDMENT = in_queue(amendment.c.state, "manual")

# The table of the keys of articles that people removed from all channels for good; newsbot never posts these
# articles.
blocked = _table(
    "blocked",
    Column("url_key", String(32), primary_key=True),
    Column("article_id", Id, ForeignKey("article.id"), nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# The table of the articles that each digest (a post that lists articles) has; a digest is stored as an
# article too.
gathered = _table(
    "gathered",
    Column("digest_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
)

# The table of people's requests to lift an embargo, each of which a second person has to confirm.
lifting = _table(
    "lifting",
    Column("article_id", Id, ForeignKey("article.id"), primary_key=True, autoincrement=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("embargo_until", UtcDateTime, nullable=False),  # The end of the embargo that is to be lifted.
)

# ---------------------------------------------------------------- tables of the desk (the editors' chat)

person = _table(
    "person",
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", SafeText, nullable=False),
    Column("role", String),  # The person's role at the desk (the editors' chat); None if config.yaml sets it.
    Column("language", String),
    Column("sounds", JsonText),
    Column("invited_by", SafeText),
    Column("joined_at", UtcDateTime, nullable=False),
)

invite = _table(
    "invite",
    # The hash of the invitation's secret, as the secret itself is not stored.
    Column("key", String(64), primary_key=True),
    Column("role", String, nullable=False),
    Column("by", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_by", BigInteger),
)

# The table of Telegram updates that the desk received; they are stored before the desk acts on them.
desk_update = _table(
    "desk_update",
    Column("bot_id", BigInteger, primary_key=True, autoincrement=False),
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("chat_id", BigInteger),
    Column("user_id", BigInteger),
    # The command that a person wrote to the desk, or the data of the button that a person pressed.
    Column("said", SafeText, nullable=False),
    # The state of the update: taken (the desk, the editors' chat, has not answered it yet) or done.
    Column("state", String, nullable=False),
    Column("outcome", SafeText),
)
TAKEN = in_queue(desk_update.c.state, "taken")

# The table of cards: messages in the editors' chat that newsbot edits when the article that they show
# changes.
card = _table(
    "card",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("chat_id", BigInteger, nullable=False),
    # The id of the chat message that shows the article's state as a card; None until the message is sent.
    Column("message_id", BigInteger),
    Column("kind", String, nullable=False),
    # The subject of the card (chat message): the id of an article, or the number of a takedown (the removal
    # of an article).
    Column("subject", String, nullable=False),
    Column("shown", String(32)),  # The hash of the text and buttons that the card (chat message) shows.
    Column("at", UtcDateTime, nullable=False),
    # The time at which the card (chat message) was closed; after that, newsbot edits it only if something
    # happens to its subject.
    Column("closed_at", UtcDateTime),
    sqlite_autoincrement=True,
)

notice = _table(  # The table of the problems that people were notified of.
    "notice",
    Column("key", String, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("detail", SafeText, nullable=False),
    # The time at which the problem of the notice was over; None while it lasts.
    Column("over_at", UtcDateTime),
)

# ---------------------------------------------------------------- tables of channels, money and rate limits

channel = _table(
    "channel",
    Column("name", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("reason", ReasonText()),
    Column("paused_by", SafeText),
    Column("paused_at", UtcDateTime),
    Column("code", String),  # The code of the failure that paused the channel.
    # The number of checks (probes), since the channel was paused for this reason, whether its platform
    # accepts posts.
    Column("probes", Integer, nullable=False, default=0),
    # The time of the channel's next probe (a check whether the platform accepts posts again); None unless
    # newsbot paused the channel because of its platform.
    Column("probe_at", UtcDateTime),
    # The time at which a successful probe (check of the platform) resumed the channel; None once the reason
    # of the pause is deleted.
    Column("resumed_at", UtcDateTime),
    # The chat or account that the channel posts to, by config.yaml as a service read it last.
    Column("target", String),
)

reservation = _table(
    "reservation",
    Column("post_id", Id, ForeignKey("post.id"), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("account", String, nullable=False),
    Column("amount_usd", UsdAmount, nullable=False),
)

# The table of the sums that accounts have spent or reserved in each month; a single UPDATE checks the monthly
# limit and reserves money.
month = _table(
    "month",
    Column("account", String, primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("amount_usd", UsdAmount, nullable=False),
)

# The table of the X messages that newsbot read on each UTC day, as X charges for each of them once a day.
paid_read = _table(
    "paid_read",
    Column("account", String, primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("remote_id", String, primary_key=True),
)

pace = _table(
    "pace",
    Column("key", String, primary_key=True),
    # The time until which a platform asked (HTTP status 429) to make no call under the row's key.
    Column("not_before", UtcDateTime),
    Column("asked_at", UtcDateTime),
)

pace_log = _table(
    "pace_log",
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("key", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("attempt_id", Id, nullable=False),
)
