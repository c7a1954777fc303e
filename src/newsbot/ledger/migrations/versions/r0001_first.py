"""Revision 0001: create the tables and indices of the first schema."""

import sqlalchemy as sa
from alembic import op

from newsbot.ledger.migrations.operations import ID, create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0001"
down_revision = None

_TROUBLED = sa.text("state IN ('failed', 'ready') AND error IS NOT NULL")
_UNREAD = sa.text("state IN ('found', 'leased')")
_HAS_URL = sa.text("url_key IS NOT NULL")
_EXPIRABLE = sa.text("state IN ('held', 'retrying', 'scheduled')")
_SENDING = sa.text("state IN ('sending')")
_OUT = sa.text("sent_at IS NOT NULL")
_OVER = sa.text("state IN ('cancelled', 'failed', 'withdrawn')")
_READY = sa.text("state IN ('scheduled', 'retrying')")
_UNKNOWN = sa.text("state IN ('unknown')")
_WAITS = sa.text("(state || '') IN ('held', 'retrying', 'scheduled', 'sending', 'unknown')")


def upgrade() -> None:
    """Create the tables and indices of the first schema in an empty database."""
    _services()
    _what_comes_in()
    _posts()
    _stories()
    _channels()


def _services() -> None:
    op.create_table(
        "instance",
        sa.Column("id", ID, primary_key=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sqlite_autoincrement=True,
    )


def _what_comes_in() -> None:
    op.create_table(
        "source",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("first_poll_at", sa.BigInteger()),
        sa.Column("last_polled_at", sa.BigInteger()),
        sa.Column("last_new_at", sa.BigInteger()),
        sa.Column("next_poll_at", sa.BigInteger()),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("usual_new", sa.Float(), nullable=False),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("holder", ID),
    )
    op.create_table(
        "article",
        sa.Column("id", ID, primary_key=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("guid_key", sa.String(32), nullable=False),
        sa.Column("url_key", sa.String(32)),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("url", sa.Text()),
        sa.Column("item", sa.Text()),
        sa.Column("article", sa.Text()),
        sa.Column("hold", sa.Text()),
        sa.Column("first_sight", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("wake_at", sa.BigInteger(), nullable=False),
        sa.Column("holder", ID),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("version", sa.String(32)),
        sa.Column("gone_at", sa.BigInteger()),
        sa.Column("same_as", ID),
        sa.Column("sketch", sa.String()),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "change",
        sa.Column("article_id", ID, sa.ForeignKey("article.id"), autoincrement=False, primary_key=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("item", sa.Text()),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("wake_at", sa.BigInteger(), nullable=False),
        sa.Column("holder", ID),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    create_index("ix_article_troubled", "article", "found_at", where=_TROUBLED)
    create_index("ix_article_unread", "article", "id", where=_UNREAD)
    create_index("ix_article_url", "article", "url_key", "id", where=_HAS_URL)
    create_index("uq_article_guid", "article", "source", "guid_key", unique=True)


def _posts() -> None:
    op.create_table(
        "post",
        sa.Column("id", ID, primary_key=True),
        sa.Column("article_id", ID, sa.ForeignKey("article.id"), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.Column("approval", sa.Integer(), nullable=False),
        sa.Column("held_for", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cost_usd", sa.BigInteger()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("holder", ID),
        sqlite_autoincrement=True,
    )
    create_index("ix_post_expiry", "post", "expires_at", where=_EXPIRABLE)
    create_index("ix_post_lease", "post", "lease_until", where=_SENDING)
    create_index("ix_post_out", "post", "channel", "sent_at", where=_OUT)
    create_index("ix_post_over", "post", "state", "channel", "id", where=_OVER)
    create_index("ix_post_ready", "post", "channel", "due_at", "id", where=_READY)
    create_index("ix_post_waiting", "post", "due_at", "id", where=_WAITS)
    create_index("ix_post_unknown", "post", "id", where=_UNKNOWN)
    create_index("uq_post_revision", "post", "article_id", "channel", "revision", unique=True)
    create_index("uq_post_sending", "post", "channel", where=_SENDING, unique=True)


def _stories() -> None:
    op.create_table(
        "receipt",
        sa.Column("post_id", ID, sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("part", sa.Integer(), primary_key=True),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    create_index("ix_receipt_remote", "receipt", "remote_id")
    op.create_table(
        "attempt",
        sa.Column("id", ID, primary_key=True),
        sa.Column("post_id", ID, sa.ForeignKey("post.id"), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("outcome", sa.String()),
    )
    create_index("ix_attempt_post", "attempt", "post_id")
    create_index("ix_attempt_started", "attempt", "started_at")
    op.create_table(
        "look",
        sa.Column("attempt_id", ID, sa.ForeignKey("attempt.id"), autoincrement=False, primary_key=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("look_at", sa.BigInteger()),
        sa.Column("absent_since", sa.BigInteger()),
    )
    op.create_table(
        "approval",
        sa.Column("id", ID, primary_key=True),
        sa.Column("post_id", ID, sa.ForeignKey("post.id"), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
    )
    create_index("ix_approval_post", "approval", "post_id")
    op.create_table(
        "event",
        sa.Column("id", ID, primary_key=True),
        sa.Column("post_id", ID, sa.ForeignKey("post.id"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    create_index("ix_event_post", "event", "post_id", "id")


def _channels() -> None:
    op.create_table(
        "channel",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("paused_by", sa.Text()),
        sa.Column("paused_at", sa.BigInteger()),
        sa.Column("code", sa.String()),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.Column("probe_at", sa.BigInteger()),
        sa.Column("resumed_at", sa.BigInteger()),
    )
    op.create_table(
        "reservation",
        sa.Column("post_id", ID, sa.ForeignKey("post.id"), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("amount_usd", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "month",
        sa.Column("channel", sa.String(), primary_key=True),
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("amount_usd", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "pace",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("not_before", sa.BigInteger()),
        sa.Column("asked_at", sa.BigInteger()),
    )
    op.create_table(
        "pace_log",
        sa.Column("id", ID, primary_key=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("attempt_id", ID, nullable=False),
    )
    create_index("ix_pace_log_at", "pace_log", "key", "at")
    create_index("ix_pace_log_attempt", "pace_log", "attempt_id")
