"""Revision 0020: store the version and roles of each service, and the oldest revision whose newsbot can work
with the schema.
"""

import sqlalchemy as sa
from alembic import op

__all__ = ["down_revision", "revision", "step", "upgrade"]

revision = "0020"
down_revision = "0019"
step = "expand"


def upgrade() -> None:
    """Add columns to the table of services, and a column for the oldest usable revision to the table of the
    schema's revision.
    """
    for name in ("revision", "version", "roles"):
        op.add_column("instance", sa.Column(name, sa.String()))
    op.add_column("alembic_version", sa.Column("oldest", sa.String(32)))
