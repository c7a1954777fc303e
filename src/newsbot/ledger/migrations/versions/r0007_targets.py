"""Revision 0007: posts store the chat or account they were composed for, channels the one they post to."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Upgrade the schema from revision 0006 to 0007.

    Stored posts and channels get their chat or account from config.yaml when a service first starts.
    """
    op.add_column("post", sa.Column("target", sa.String()))
    op.add_column("channel", sa.Column("target", sa.String()))
