"""Revision 0012: add an index that finds all cards (desk messages) of an article, also closed cards."""

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create an index of the table `card` (the editors' chat messages about articles) by the column
    ``subject``.
    """
    create_index("ix_card_subject", "card", "subject")
