"""Revision 0017: add a table of leases, by which one of several services does what only one has to do."""

import sqlalchemy as sa
from alembic import op

from newsbot.ledger.migrations.operations import ID

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Create the table `lease`, which says for each lease which service has it, and until when."""
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("holder", ID, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
    )
