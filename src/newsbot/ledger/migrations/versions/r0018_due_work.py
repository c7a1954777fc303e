"""Revision 0018: add indices of the sources by the time of their next poll, and of waiting posts of breaking
news.
"""

import sqlalchemy as sa

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create an index of sources by the time of their next poll, and one of breaking posts that wait."""
    create_index(
        "ix_source_due",
        "source",
        sa.text("coalesce(next_poll_at, 0)"),
        where=sa.text("state != 'blocked'"),
    )
    create_index(
        "ix_post_breaking",
        "post",
        "channel",
        where=sa.text("state IN ('scheduled', 'retrying') AND breaking"),
    )
