"""Revision 0021: store the id that a message had before an edit that gave it a new id."""

import sqlalchemy as sa
from alembic import op

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "step", "upgrade"]

revision = "0021"
down_revision = "0020"
step = "expand"


def upgrade() -> None:
    """Add a column to the table of edits and deletions, and an index of it."""
    op.add_column("amendment", sa.Column("replaced_id", sa.Text()))
    create_index(
        "ix_amendment_replaced", "amendment", "replaced_id", where=sa.text("replaced_id IS NOT NULL")
    )
