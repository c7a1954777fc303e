"""Revision 0012: an index by which all cards (desk messages) of an article are found, also closed ones."""

from newsbot.ledger.migrations.operations import create_index

__all__ = ["down_revision", "revision", "upgrade"]

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Upgrade the schema from revision 0011 to 0012."""
    create_index("ix_card_subject", "card", "subject")
