"""Revision 0010: a table of the messages read on each UTC day, because X charges once a day for each."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Upgrade the schema from revision 0009 to 0010."""
    op.create_table(
        "paid_read",
        sa.Column("channel", sa.String(), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("remote_id", sa.String(), primary_key=True),
    )
