"""Revision 0022: store the money that is reserved for a call of a summarizer, and what the call cost."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "step", "upgrade"]

revision = "0022"
down_revision = "0021"
step = "expand"


def upgrade() -> None:
    """Add columns for the budget, the reserved money and the cost of calls of summarizers."""
    op.add_column("stage_result", sa.Column("account", sa.String()))
    op.add_column("stage_result", sa.Column("month", sa.String(7)))
    for name in ("reserved_usd", "cost_usd"):
        op.add_column("stage_result", sa.Column(name, sa.BigInteger()))
