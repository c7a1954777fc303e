"""Two indices go that no query is answered from."""

from alembic import op

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """From 0005."""
    op.drop_index("ix_article_embargo", table_name="article")
    op.drop_index("ix_event_cause", table_name="event")
