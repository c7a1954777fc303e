"""Revision 0007: add columns for the chat or account of each channel, and for that of each post."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column ``target`` to the tables `post` and `channel`.

    Stored posts and channels get their chat or account from config.yaml when a service first starts.
    """
    op.add_column("post", sa.Column("target", sa.String()))
    op.add_column("channel", sa.Column("target", sa.String()))
