"""${message}."""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

__all__ = ["down_revision", "revision", "upgrade"]

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
