"""Revision 0011: add a table of articles' texts and summaries, so that a crash repeats no paid call."""

import sqlalchemy as sa
from alembic import op

from newsbot.ledger.migrations.operations import ID, create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table `stage_result` with indices of its keys of articles' guids and URLs."""
    op.create_table(
        "stage_result",
        sa.Column("stage", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("guid_key", sa.String(32), nullable=False),
        sa.Column("url_key", sa.String(32)),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("holder", ID),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("result", sa.Text()),
        sa.Column("error", sa.Text()),
    )
    create_index("ix_stage_result_guid_key", "stage_result", "guid_key")
    create_index("ix_stage_result_url_key", "stage_result", "url_key")
