"""Revision 0010: add a table of the X messages read on each UTC day, as X charges for each once a day."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table `paid_read`, which has the X messages that newsbot read on each UTC day."""
    op.create_table(
        "paid_read",
        sa.Column("channel", sa.String(), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("remote_id", sa.String(), primary_key=True),
    )
