"""Revision 0015: an index of the oldest results of reading and summarizing, which newsbot deletes."""

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Upgrade the schema from revision 0014 to 0015."""
    create_index("ix_stage_result_begun", "stage_result", "begun_at")
