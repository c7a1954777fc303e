"""The results of stages that wait or cost money are stored, because a crash must repeat no paid call."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0011"
down_revision = "0010"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0010."""
    op.create_table(
        "stage_result",
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("guid_key", sa.String(32), nullable=False),
        sa.Column("url_key", sa.String(32), nullable=True),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("holder", _ID, nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("stage", "key", name="pk_stage_result"),
    )
    op.create_index("ix_stage_result_guid_key", "stage_result", ["guid_key"])
    op.create_index("ix_stage_result_url_key", "stage_result", ["url_key"])
