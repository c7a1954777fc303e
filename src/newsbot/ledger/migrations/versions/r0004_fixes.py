"""Revision 0004: an editor's action stores the sentences that a fix changed."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Upgrade the schema from revision 0003 to 0004."""
    op.add_column("action", sa.Column("fixed", sa.Text()))
