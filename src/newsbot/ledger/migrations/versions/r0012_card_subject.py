"""All cards of an article are found by an index, closed ones too: they are edited when something happens."""

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """From 0011."""
    create_index("ix_card_subject", "card", "subject")
