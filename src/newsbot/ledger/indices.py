"""The indices of the ledger's tables, which keep frequent queries fast on 10^7 posts.

They are needed only to create the schema or to compare it. This module is apart from the tables, so that a
start on SQLite does not import SQLAlchemy's PostgreSQL dialect.
"""

from typing import Any

from sqlalchemy import ColumnElement, Index, func
from sqlalchemy.sql.elements import Grouping

from newsbot.ledger import schema as tables

__all__ = ["INDICES"]

_ACTION, _AMENDMENT, _APPROVAL = tables.action.c, tables.amendment.c, tables.approval.c
_ARTICLE, _MARK, _STAGE = tables.article.c, tables.article_mark.c, tables.stage_result.c
_POST, _RECEIPT, _ATTEMPT, _EVENT = tables.post.c, tables.receipt.c, tables.attempt.c, tables.event.c
_CARD, _NOTICE, _UPDATE = tables.card.c, tables.notice.c, tables.desk_update.c
_PACE_LOG, _GATHERED = tables.pace_log.c, tables.gathered.c
_IS_OPEN_CARD = _CARD.closed_at.is_(None)


def _index(name: str, *columns: Any, where: ColumnElement[bool], **options: Any) -> Index:
    """Build an index that contains only those rows of a table which meet the SQL condition ``where``."""
    return Index(name, *columns, sqlite_where=where, postgresql_where=where, **options)


INDICES = (
    _index("ix_source_due", tables.POLL_AT, where=tables.POLLABLE),
    Index("ix_stage_result_guid_key", _STAGE.guid_key),
    Index("ix_stage_result_url_key", _STAGE.url_key),
    Index("ix_stage_result_begun", _STAGE.begun_at),
    Index("uq_article_guid", _ARTICLE.source, _ARTICLE.guid_key, unique=True),
    _index("ix_article_url", _ARTICLE.url_key, _ARTICLE.id, where=_ARTICLE.url_key.is_not(None)),
    _index("ix_article_unread", _ARTICLE.source, _ARTICLE.id, where=tables.UNREAD),
    _index("ix_article_ready", _ARTICLE.source, _ARTICLE.id, where=tables.READY_ARTICLE),
    _index("ix_article_found", _ARTICLE.source, _ARTICLE.found_at, where=~_ARTICLE.first_sight),
    _index("ix_article_troubled", _ARTICLE.found_at, where=tables.TROUBLED),
    _index("ix_article_text", _ARTICLE.text_key, _ARTICLE.id, where=_ARTICLE.text_key.is_not(None)),
    _index("ix_article_same", _ARTICLE.same_as, _ARTICLE.source, where=_ARTICLE.same_as.is_not(None)),
    Index("ix_article_mark_article", _MARK.article_id),
    # This unique index makes the database refuse a second post with the same revision number for the same
    # article and channel. An article's copies from all sources count as one article.
    Index(
        "uq_post_revision",
        func.coalesce(_POST.root, _POST.article_id),
        _POST.channel,
        _POST.revision,
        unique=True,
    ),
    Index("ix_post_article", _POST.article_id),
    _index("ix_post_ready", _POST.channel, _POST.due_at, _POST.id, where=tables.READY),
    _index("ix_post_breaking", _POST.channel, where=tables.BREAKING),
    _index("uq_post_sending", _POST.channel, where=tables.SENDING, unique=True),
    _index("ix_post_unknown", _POST.id, where=tables.UNKNOWN),
    _index("ix_post_lease", _POST.lease_until, where=tables.SENDING),
    _index("ix_post_expiry", _POST.expires_at, where=tables.EXPIRABLE),
    _index("ix_post_waiting", _POST.due_at, _POST.id, where=tables.WAITS),
    _index("ix_post_out", _POST.channel, _POST.sent_at, where=_POST.sent_at.is_not(None)),
    # No index of posts covers all states. If there were one, SQLite would use it for queries of a few states,
    # and read and sort most posts.
    _index("ix_post_over", _POST.state, _POST.id, where=tables.OVER),
    _index("ix_post_failed", Grouping(tables.FAILED_FROM), where=tables.FAILED),
    _index(
        "uq_post_slot",
        _POST.channel,
        _POST.slot_at,
        where=_POST.slot_at.is_not(None) & tables.SLOTTED,
        unique=True,
    ),
    _index("ix_post_pending", _POST.id, where=tables.PENDING),
    _index("ix_event_flagged", _EVENT.at, where=tables.FLAGGED),
    Index("ix_event_post", _EVENT.post_id, _EVENT.id),
    Index("ix_receipt_remote", _RECEIPT.remote_id),
    Index("ix_attempt_post", _ATTEMPT.post_id),
    Index("ix_attempt_started", _ATTEMPT.started_at),
    Index("ix_approval_post", _APPROVAL.post_id),
    _index("ix_amendment_open", _AMENDMENT.due_at, where=tables.OPEN_AMENDMENT),
    _index("ix_amendment_failed", _AMENDMENT.due_at, where=tables.FAILED_AMENDMENT),
    _index("ix_amendment_manual", _AMENDMENT.id, where=tables.MANUAL_AMENDMENT),
    Index("ix_amendment_post", _AMENDMENT.post_id),
    Index("ix_amendment_action", _AMENDMENT.action_id),
    _index("ix_amendment_replaced", _AMENDMENT.replaced_id, where=_AMENDMENT.replaced_id.is_not(None)),
    Index("ix_action_article", _ACTION.article_id),
    Index("ix_gathered_article", _GATHERED.article_id),
    _index("uq_card_subject", _CARD.subject, _CARD.chat_id, where=_IS_OPEN_CARD, unique=True),
    _index("ix_card_open", _CARD.id, where=_IS_OPEN_CARD),
    Index("ix_card_subject", _CARD.subject),
    Index("ix_card_message", _CARD.chat_id, _CARD.message_id),
    _index(
        "ix_notice_told",
        _NOTICE.key,
        where=_NOTICE.over_at.is_(None),
        postgresql_ops={"key": "text_pattern_ops"},
    ),
    _index("ix_desk_update_taken", _UPDATE.bot_id, _UPDATE.update_id, where=tables.TAKEN),
    Index("ix_pace_log_at", _PACE_LOG.key, _PACE_LOG.at),
    Index("ix_pace_log_attempt", _PACE_LOG.attempt_id),
)
