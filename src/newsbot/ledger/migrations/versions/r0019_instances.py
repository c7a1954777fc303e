"""Revision 0019: add the time until which an instance (service process) counts as running, and a text that
identifies its process.
"""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the columns `process` and `until` to the table `instance`."""
    op.add_column("instance", sa.Column("process", sa.String()))
    op.add_column("instance", sa.Column("until", sa.BigInteger()))
