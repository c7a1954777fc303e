"""Revision 0002: add tables and columns for the desk (the chat interface), embargoes and time slots."""

import sqlalchemy as sa
from alembic import op

from newsbot.ledger.migrations.operations import ID, create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0002"
down_revision = "0001"

_SLOT = sa.text(
    "slot_at IS NOT NULL AND state IN ('held', 'retrying', 'scheduled', 'sending', 'sent', 'unknown')"
)
_EMBARGOED = sa.text("embargo_until IS NOT NULL")
_SAME = sa.text("same_as IS NOT NULL")
_PENDING = sa.text("pending_action IS NOT NULL")
_CAUSED = sa.text("cause IS NOT NULL")
_FOLLOWS = sa.text("closed_at IS NULL")
_OPEN = sa.text("state IN ('calling', 'due')")
_TAKEN = sa.text("state IN ('taken')")


def upgrade() -> None:
    """Add ten tables for the desk (the editors' chat), and new columns of the tables `post`, `article` and
    `event`.
    """
    _columns()
    _amendments()
    _articles()
    _desk()


def _columns() -> None:
    for column in (
        sa.Column("role", sa.String(), nullable=False, server_default="post"),
        sa.Column("language", sa.String()),
        sa.Column("set_at", sa.BigInteger()),
        sa.Column("asked_at", sa.BigInteger()),
        sa.Column("slot_at", sa.BigInteger()),
        sa.Column("embargo_until", sa.BigInteger()),
        sa.Column("breaking", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("silent", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("edited_by", sa.Text()),
        sa.Column("approved", sa.String(64)),
        sa.Column("answers", ID),
        sa.Column("template", sa.String()),
        sa.Column("summary", sa.Text()),
        sa.Column("pending_action", ID),
    ):
        op.add_column("post", column)
    op.add_column("article", sa.Column("embargo_until", sa.BigInteger()))
    op.add_column("article", sa.Column("redacted_at", sa.BigInteger()))
    op.add_column("event", sa.Column("cause", sa.String()))
    create_index("uq_post_slot", "post", "channel", "slot_at", where=_SLOT, unique=True)
    create_index("ix_post_pending", "post", "id", where=_PENDING)
    create_index("ix_article_embargo", "article", "id", where=_EMBARGOED)
    create_index("ix_event_cause", "event", "cause", where=_CAUSED)


def _amendments() -> None:
    op.create_table(
        "action",
        sa.Column("id", ID, primary_key=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("article_id", ID, sa.ForeignKey("article.id"), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("cause", sa.String()),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "amendment",
        sa.Column("id", ID, primary_key=True),
        sa.Column("action_id", ID, sa.ForeignKey("action.id"), nullable=False),
        sa.Column("post_id", ID, sa.ForeignKey("post.id"), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger()),
        sa.Column("holder", ID),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("done_at", sa.BigInteger()),
        sa.Column("done_by", sa.Text()),
        sa.Column("cost_usd", sa.BigInteger()),
        sa.Column("follows", ID),
        sqlite_autoincrement=True,
    )
    create_index("ix_amendment_open", "amendment", "due_at", where=_OPEN)
    create_index("ix_amendment_post", "amendment", "post_id")
    create_index("ix_amendment_action", "amendment", "action_id")
    create_index("ix_action_article", "action", "article_id")
    create_index("ix_article_same", "article", "same_as", where=_SAME)


def _articles() -> None:
    op.create_table(
        "blocked",
        sa.Column("url_key", sa.String(32), primary_key=True),
        sa.Column("article_id", ID, sa.ForeignKey("article.id"), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "gathered",
        sa.Column("digest_id", ID, sa.ForeignKey("article.id"), autoincrement=False, primary_key=True),
        sa.Column("article_id", ID, sa.ForeignKey("article.id"), autoincrement=False, primary_key=True),
    )
    create_index("ix_gathered_article", "gathered", "article_id")
    op.create_table(
        "lifting",
        sa.Column("article_id", ID, sa.ForeignKey("article.id"), autoincrement=False, primary_key=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("embargo_until", sa.BigInteger(), nullable=False),
    )


def _desk() -> None:
    op.create_table(
        "person",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String()),
        sa.Column("language", sa.String()),
        sa.Column("sounds", sa.Text()),
        sa.Column("invited_by", sa.Text()),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "invite",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_by", sa.BigInteger()),
    )
    op.create_table(
        "desk_update",
        sa.Column("bot_id", sa.BigInteger(), autoincrement=False, primary_key=True),
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger()),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.Text()),
    )
    create_index("ix_desk_update_taken", "desk_update", "update_id", where=_TAKEN)
    op.create_table(
        "card",
        sa.Column("id", ID, primary_key=True),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger()),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("shown", sa.String(32)),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger()),
        sqlite_autoincrement=True,
    )
    create_index("uq_card_subject", "card", "subject", "chat_id", where=_FOLLOWS, unique=True)
    op.create_table(
        "notice",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("over_at", sa.BigInteger()),
    )
