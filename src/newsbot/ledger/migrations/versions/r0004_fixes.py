"""Revision 0004: add a column for the sentences that an editor's fix changed."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column ``fixed`` to the table `action`."""
    op.add_column("action", sa.Column("fixed", sa.Text()))
