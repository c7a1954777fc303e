"""What can expire has an index that no look-up of a channel is answered from."""

import sqlalchemy as sa
from alembic import op

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0003"
down_revision = "0002"

_EXPIRABLE = sa.text("('' || state) IN ('held', 'retrying', 'scheduled')")


def upgrade() -> None:
    """From 0002."""
    op.drop_index("ix_post_expiry", table_name="post")
    create_index("ix_post_expiry", "post", "expires_at", where=_EXPIRABLE)
