"""A post knows the place that it was composed for, and a channel the one that it posts to."""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """From 0006. What is there gets its place from config.yaml, when a service first starts."""
    op.add_column("post", sa.Column("target", sa.String()))
    op.add_column("channel", sa.Column("target", sa.String()))
