"""What was read on a UTC day is noted, because X charges for it once."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """From 0009."""
    op.create_table(
        "paid_read",
        sa.Column("channel", sa.String(), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("remote_id", sa.String(), primary_key=True),
    )
