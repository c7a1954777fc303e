"""The first schema."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
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
    """From an empty database."""
    _services()
    _what_comes_in()
    _posts()
    _stories()
    _channels()


def _services() -> None:
    op.create_table(
        "instance",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instance"),
        sqlite_autoincrement=True,
    )


def _what_comes_in() -> None:
    op.create_table(
        "source",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("first_poll_at", sa.BigInteger(), nullable=True),
        sa.Column("last_polled_at", sa.BigInteger(), nullable=True),
        sa.Column("last_new_at", sa.BigInteger(), nullable=True),
        sa.Column("next_poll_at", sa.BigInteger(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("usual_new", sa.Float(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("holder", _ID, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_source"),
    )
    op.create_table(
        "article",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("guid_key", sa.String(length=32), nullable=False),
        sa.Column("url_key", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("article", sa.Text(), nullable=True),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("first_sight", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("wake_at", sa.BigInteger(), nullable=False),
        sa.Column("holder", _ID, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("version", sa.String(length=32), nullable=True),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("same_as", _ID, nullable=True),
        sa.Column("sketch", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "change",
        sa.Column("article_id", _ID, autoincrement=False, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("wake_at", sa.BigInteger(), nullable=False),
        sa.Column("holder", _ID, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_change_article_id"),
        sa.PrimaryKeyConstraint("article_id", name="pk_change"),
    )
    op.create_index(
        "ix_article_troubled",
        "article",
        ["found_at"],
        unique=False,
        sqlite_where=_TROUBLED,
        postgresql_where=_TROUBLED,
    )
    op.create_index(
        "ix_article_unread", "article", ["id"], unique=False, sqlite_where=_UNREAD, postgresql_where=_UNREAD
    )
    op.create_index(
        "ix_article_url",
        "article",
        ["url_key", "id"],
        unique=False,
        sqlite_where=_HAS_URL,
        postgresql_where=_HAS_URL,
    )
    op.create_index("uq_article_guid", "article", ["source", "guid_key"], unique=True)


def _posts() -> None:
    op.create_table(
        "post",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("warnings", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("approval", sa.Integer(), nullable=False),
        sa.Column("held_for", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cost_usd", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("holder", _ID, nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_post_article_id"),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_post_expiry",
        "post",
        ["expires_at"],
        unique=False,
        sqlite_where=_EXPIRABLE,
        postgresql_where=_EXPIRABLE,
    )
    op.create_index(
        "ix_post_lease",
        "post",
        ["lease_until"],
        unique=False,
        sqlite_where=_SENDING,
        postgresql_where=_SENDING,
    )
    op.create_index(
        "ix_post_out", "post", ["channel", "sent_at"], unique=False, sqlite_where=_OUT, postgresql_where=_OUT
    )
    op.create_index(
        "ix_post_over",
        "post",
        ["state", "channel", "id"],
        unique=False,
        sqlite_where=_OVER,
        postgresql_where=_OVER,
    )
    op.create_index(
        "ix_post_ready",
        "post",
        ["channel", "due_at", "id"],
        unique=False,
        sqlite_where=_READY,
        postgresql_where=_READY,
    )
    op.create_index(
        "ix_post_waiting",
        "post",
        ["due_at", "id"],
        unique=False,
        sqlite_where=_WAITS,
        postgresql_where=_WAITS,
    )
    op.create_index(
        "ix_post_unknown",
        "post",
        ["id"],
        unique=False,
        sqlite_where=_UNKNOWN,
        postgresql_where=_UNKNOWN,
    )
    op.create_index("uq_post_revision", "post", ["article_id", "channel", "revision"], unique=True)
    op.create_index(
        "uq_post_sending", "post", ["channel"], unique=True, sqlite_where=_SENDING, postgresql_where=_SENDING
    )


def _stories() -> None:
    op.create_table(
        "receipt",
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_receipt_post_id"),
        sa.PrimaryKeyConstraint("post_id", "part", name="pk_receipt"),
    )
    op.create_index("ix_receipt_remote", "receipt", ["remote_id"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_attempt_post_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_post", "attempt", ["post_id"], unique=False)
    op.create_index("ix_attempt_started", "attempt", ["started_at"], unique=False)
    op.create_table(
        "look",
        sa.Column("attempt_id", _ID, autoincrement=False, nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("look_at", sa.BigInteger(), nullable=True),
        sa.Column("absent_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name="fk_look_attempt_id"),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_look"),
    )
    op.create_table(
        "approval",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_approval_post_id"),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
    )
    op.create_index("ix_approval_post", "approval", ["post_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_event_post_id"),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
    )
    op.create_index("ix_event_post", "event", ["post_id", "id"], unique=False)


def _channels() -> None:
    op.create_table(
        "channel",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("paused_by", sa.Text(), nullable=True),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.Column("probe_at", sa.BigInteger(), nullable=True),
        sa.Column("resumed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_channel"),
    )
    op.create_table(
        "reservation",
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("amount_usd", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_reservation_post_id"),
        sa.PrimaryKeyConstraint("post_id", "month", name="pk_reservation"),
    )
    op.create_table(
        "month",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("amount_usd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "month", name="pk_month"),
    )
    op.create_table(
        "pace",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_pace"),
    )
    op.create_table(
        "pace_log",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("attempt_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pace_log"),
    )
    op.create_index("ix_pace_log_at", "pace_log", ["key", "at"], unique=False)
    op.create_index("ix_pace_log_attempt", "pace_log", ["attempt_id"], unique=False)
