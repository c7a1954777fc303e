"""Revision 0006: drop two indices that no query uses."""

from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Upgrade the schema from revision 0005 to 0006."""
    op.drop_index("ix_article_embargo", table_name="article")
    op.drop_index("ix_event_cause", table_name="event")
