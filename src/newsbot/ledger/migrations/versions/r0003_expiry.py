"""Revision 0003: replace the index of posts that can expire, so that only queries for them use the index."""

import sqlalchemy as sa
from alembic import op

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0003"
down_revision = "0002"

_EXPIRABLE = sa.text("('' || state) IN ('held', 'retrying', 'scheduled')")


def upgrade() -> None:
    """Replace the index of the table `post` by which the posts that can expire are found."""
    op.drop_index("ix_post_expiry", table_name="post")
    create_index("ix_post_expiry", "post", "expires_at", where=_EXPIRABLE)
