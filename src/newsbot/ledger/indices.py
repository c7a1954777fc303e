"""The indices of the tables, which keep frequent queries fast on 10^7 posts.

They are needed only to create or compare the schema. In a module apart from the tables, they spare a start on
SQLite the import of SQLAlchemy's PostgreSQL dialect.
"""

from sqlalchemy import Index, func
from sqlalchemy.sql.elements import Grouping

from newsbot.ledger.schema import (
    EXPIRABLE,
    FAILED,
    FAILED_AMENDMENT,
    FAILED_FROM,
    FLAGGED,
    MANUAL_AMENDMENT,
    OPEN_AMENDMENT,
    OVER,
    PENDING,
    READY,
    READY_ARTICLE,
    SENDING,
    SLOTTED,
    TAKEN,
    TROUBLED,
    UNKNOWN,
    UNREAD,
    WAITS,
    action,
    amendment,
    approval,
    article,
    article_mark,
    attempt,
    card,
    desk_update,
    event,
    gathered,
    notice,
    pace_log,
    post,
    receipt,
    stage_result,
)

__all__ = ["INDICES"]

_OUT = post.c.sent_at.is_not(None)
_SLOT = post.c.slot_at.is_not(None) & SLOTTED
_FOLLOWS = card.c.closed_at.is_(None)
_IS_SAME = article.c.same_as.is_not(None)
_HAS_URL = article.c.url_key.is_not(None)
_TOLD = notice.c.over_at.is_(None)
_LATER = ~article.c.first_sight
_HAS_TEXT = article.c.text_key.is_not(None)
INDICES = (
    Index("ix_stage_result_guid_key", stage_result.c.guid_key),
    Index("ix_stage_result_url_key", stage_result.c.url_key),
    Index("uq_article_guid", article.c.source, article.c.guid_key, unique=True),
    Index(
        "ix_article_url",
        article.c.url_key,
        article.c.id,
        sqlite_where=_HAS_URL,
        postgresql_where=_HAS_URL,
    ),
    Index("ix_article_unread", article.c.source, article.c.id, sqlite_where=UNREAD, postgresql_where=UNREAD),
    Index(
        "ix_article_ready",
        article.c.source,
        article.c.id,
        sqlite_where=READY_ARTICLE,
        postgresql_where=READY_ARTICLE,
    ),
    Index(
        "ix_article_found", article.c.source, article.c.found_at, sqlite_where=_LATER, postgresql_where=_LATER
    ),
    Index("ix_article_troubled", article.c.found_at, sqlite_where=TROUBLED, postgresql_where=TROUBLED),
    Index(
        "ix_article_text",
        article.c.text_key,
        article.c.id,
        sqlite_where=_HAS_TEXT,
        postgresql_where=_HAS_TEXT,
    ),
    Index("ix_article_mark_article", article_mark.c.article_id),
    # The database itself allows only one set of posts per article and channel, counting all its sources.
    Index(
        "uq_post_revision",
        func.coalesce(post.c.root, post.c.article_id),
        post.c.channel,
        post.c.revision,
        unique=True,
    ),
    Index("ix_post_article", post.c.article_id),
    Index(
        "ix_post_ready", post.c.channel, post.c.due_at, post.c.id, sqlite_where=READY, postgresql_where=READY
    ),
    Index("uq_post_sending", post.c.channel, unique=True, sqlite_where=SENDING, postgresql_where=SENDING),
    Index("ix_post_unknown", post.c.id, sqlite_where=UNKNOWN, postgresql_where=UNKNOWN),
    Index("ix_post_lease", post.c.lease_until, sqlite_where=SENDING, postgresql_where=SENDING),
    Index("ix_post_expiry", post.c.expires_at, sqlite_where=EXPIRABLE, postgresql_where=EXPIRABLE),
    Index("ix_post_waiting", post.c.due_at, post.c.id, sqlite_where=WAITS, postgresql_where=WAITS),
    Index("ix_post_out", post.c.channel, post.c.sent_at, sqlite_where=_OUT, postgresql_where=_OUT),
    # There is no index over all states: SQLite would use it for a few states, and read and sort most posts.
    Index("ix_post_over", post.c.state, post.c.id, sqlite_where=OVER, postgresql_where=OVER),
    Index("ix_post_failed", Grouping(FAILED_FROM), sqlite_where=FAILED, postgresql_where=FAILED),
    Index(
        "uq_post_slot",
        post.c.channel,
        post.c.slot_at,
        unique=True,
        sqlite_where=_SLOT,
        postgresql_where=_SLOT,
    ),
    Index("ix_event_flagged", event.c.at, sqlite_where=FLAGGED, postgresql_where=FLAGGED),
    Index(
        "ix_amendment_open",
        amendment.c.due_at,
        sqlite_where=OPEN_AMENDMENT,
        postgresql_where=OPEN_AMENDMENT,
    ),
    Index(
        "ix_amendment_failed",
        amendment.c.due_at,
        sqlite_where=FAILED_AMENDMENT,
        postgresql_where=FAILED_AMENDMENT,
    ),
    Index(
        "ix_amendment_manual",
        amendment.c.id,
        sqlite_where=MANUAL_AMENDMENT,
        postgresql_where=MANUAL_AMENDMENT,
    ),
    Index("ix_amendment_post", amendment.c.post_id),
    Index("ix_amendment_action", amendment.c.action_id),
    Index("ix_action_article", action.c.article_id),
    Index(
        "ix_article_same",
        article.c.same_as,
        article.c.source,
        sqlite_where=_IS_SAME,
        postgresql_where=_IS_SAME,
    ),
    Index("ix_post_pending", post.c.id, sqlite_where=PENDING, postgresql_where=PENDING),
    Index("ix_gathered_article", gathered.c.article_id),
    Index(
        "uq_card_subject",
        card.c.subject,
        card.c.chat_id,
        unique=True,
        sqlite_where=_FOLLOWS,
        postgresql_where=_FOLLOWS,
    ),
    Index("ix_card_open", card.c.id, sqlite_where=_FOLLOWS, postgresql_where=_FOLLOWS),
    Index("ix_card_subject", card.c.subject),
    Index("ix_card_message", card.c.chat_id, card.c.message_id),
    Index(
        "ix_notice_told",
        notice.c.key,
        sqlite_where=_TOLD,
        postgresql_where=_TOLD,
        postgresql_ops={"key": "text_pattern_ops"},
    ),
    Index(
        "ix_desk_update_taken",
        desk_update.c.bot_id,
        desk_update.c.update_id,
        sqlite_where=TAKEN,
        postgresql_where=TAKEN,
    ),
    Index("ix_receipt_remote", receipt.c.remote_id),
    Index("ix_attempt_post", attempt.c.post_id),
    Index("ix_attempt_started", attempt.c.started_at),
    Index("ix_approval_post", approval.c.post_id),
    Index("ix_event_post", event.c.post_id, event.c.id),
    Index("ix_pace_log_at", pace_log.c.key, pace_log.c.at),
    Index("ix_pace_log_attempt", pace_log.c.attempt_id),
)
