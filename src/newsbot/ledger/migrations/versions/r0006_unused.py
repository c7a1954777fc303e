"""Revision 0006: drop two indices that no query uses."""

from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Drop the indices of articles with an embargo, and of events by the editors' chat command that caused
    them.
    """
    op.drop_index("ix_article_embargo", table_name="article")
    op.drop_index("ix_event_cause", table_name="event")
