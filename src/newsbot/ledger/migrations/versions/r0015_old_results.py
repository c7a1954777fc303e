"""The oldest results of stages are found by an index, because they are deleted after a month."""

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """From 0014."""
    create_index("ix_stage_result_begun", "stage_result", "begun_at")
