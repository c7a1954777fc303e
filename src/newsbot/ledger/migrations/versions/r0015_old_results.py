"""Revision 0015: add an index that finds the oldest stored texts and summaries, which newsbot deletes."""

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Create an index of the table `stage_result` by the column ``begun_at``."""
    create_index("ix_stage_result_begun", "stage_result", "begun_at")
