"""What the editors' desk needs: approvals by content, embargoes, slots, amendments of what is out."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
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
    """From 0001."""
    _columns()
    _amendments()
    _articles()
    _desk()


def _columns() -> None:
    for column in (
        sa.Column("role", sa.String(), nullable=False, server_default="post"),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("set_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("slot_at", sa.BigInteger(), nullable=True),
        sa.Column("embargo_until", sa.BigInteger(), nullable=True),
        sa.Column("breaking", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("silent", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("edited_by", sa.Text(), nullable=True),
        sa.Column("approved", sa.String(length=64), nullable=True),
        sa.Column("answers", _ID, nullable=True),
        sa.Column("template", sa.String(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("pending_action", _ID, nullable=True),
    ):
        op.add_column("post", column)
    op.add_column("article", sa.Column("embargo_until", sa.BigInteger(), nullable=True))
    op.add_column("article", sa.Column("redacted_at", sa.BigInteger(), nullable=True))
    op.add_column("event", sa.Column("cause", sa.String(), nullable=True))
    _index("uq_post_slot", "post", "channel", "slot_at", where=_SLOT, unique=True)
    _index("ix_post_pending", "post", "id", where=_PENDING)
    _index("ix_article_embargo", "article", "id", where=_EMBARGOED)
    _index("ix_event_cause", "event", "cause", where=_CAUSED)


def _amendments() -> None:
    op.create_table(
        "action",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_action_article_id"),
        sa.PrimaryKeyConstraint("id", name="pk_action"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "amendment",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("action_id", _ID, nullable=False),
        sa.Column("post_id", _ID, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("holder", _ID, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("cost_usd", sa.BigInteger(), nullable=True),
        sa.Column("follows", _ID, nullable=True),
        sa.ForeignKeyConstraint(["action_id"], ["action.id"], name="fk_amendment_action_id"),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name="fk_amendment_post_id"),
        sa.PrimaryKeyConstraint("id", name="pk_amendment"),
        sqlite_autoincrement=True,
    )
    _index("ix_amendment_open", "amendment", "due_at", where=_OPEN)
    op.create_index("ix_amendment_post", "amendment", ["post_id"], unique=False)
    op.create_index("ix_amendment_action", "amendment", ["action_id"], unique=False)
    op.create_index("ix_action_article", "action", ["article_id"], unique=False)
    _index("ix_article_same", "article", "same_as", where=_SAME)


def _articles() -> None:
    op.create_table(
        "blocked",
        sa.Column("url_key", sa.String(length=32), nullable=False),
        sa.Column("article_id", _ID, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_blocked_article_id"),
        sa.PrimaryKeyConstraint("url_key", name="pk_blocked"),
    )
    op.create_table(
        "gathered",
        sa.Column("digest_id", _ID, autoincrement=False, nullable=False),
        sa.Column("article_id", _ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["digest_id"], ["article.id"], name="fk_gathered_digest_id"),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_gathered_article_id"),
        sa.PrimaryKeyConstraint("digest_id", "article_id", name="pk_gathered"),
    )
    op.create_index("ix_gathered_article", "gathered", ["article_id"], unique=False)
    op.create_table(
        "lifting",
        sa.Column("article_id", _ID, autoincrement=False, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("embargo_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name="fk_lifting_article_id"),
        sa.PrimaryKeyConstraint("article_id", name="pk_lifting"),
    )


def _desk() -> None:
    op.create_table(
        "person",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("sounds", sa.Text(), nullable=True),
        sa.Column("invited_by", sa.Text(), nullable=True),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_person"),
    )
    op.create_table(
        "invite",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_invite"),
    )
    op.create_table(
        "desk_update",
        sa.Column("bot_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("bot_id", "update_id", name="pk_desk_update"),
    )
    _index("ix_desk_update_taken", "desk_update", "update_id", where=_TAKEN)
    op.create_table(
        "card",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("shown", sa.String(length=32), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_card"),
        sqlite_autoincrement=True,
    )
    _index("uq_card_subject", "card", "subject", "chat_id", where=_FOLLOWS, unique=True)
    op.create_table(
        "notice",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("over_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_notice"),
    )


def _index(name: str, table: str, *columns: str, where: sa.TextClause, unique: bool = False) -> None:
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=where, postgresql_where=where)
