"""Revision 0003: an index of the posts that can expire, which is not used to look up a channel's posts."""

import sqlalchemy as sa
from alembic import op

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0003"
down_revision = "0002"

_EXPIRABLE = sa.text("('' || state) IN ('held', 'retrying', 'scheduled')")


def upgrade() -> None:
    """Upgrade the schema from revision 0002 to 0003."""
    op.drop_index("ix_post_expiry", table_name="post")
    create_index("ix_post_expiry", "post", "expires_at", where=_EXPIRABLE)
