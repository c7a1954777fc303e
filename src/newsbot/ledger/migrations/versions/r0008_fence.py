"""Revision 0008: add the table by which newsbot recognizes a ledger that was restored from a backup."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the table `fence`, by which newsbot recognizes a restored ledger, and add a column to three
    tables.

    The three tables are `source`, `article` and `attempt`.
    """
    op.create_table(
        "fence",
        sa.Column("id", sa.Integer(), autoincrement=False, primary_key=True),
        sa.Column("identity", sa.String(32), nullable=False),
        sa.Column("ancestors", sa.Text(), nullable=False),
        sa.Column("marked", sa.Boolean(), nullable=False),
        sa.Column("birthmark", sa.String()),
        sa.Column("since", sa.BigInteger()),
        sa.Column("until", sa.BigInteger()),
        sa.Column("why", sa.Text()),
    )
    op.add_column("source", sa.Column("read_at", sa.BigInteger()))
    op.add_column("article", sa.Column("doubted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("attempt", sa.Column("until", sa.BigInteger()))
