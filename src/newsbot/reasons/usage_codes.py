"""The reasons of errors of commands and of the ledger."""

from newsbot.reasons.table import ReasonCode

__all__ = ["UsageCode"]


class UsageCode(ReasonCode):
    """Say why a command can't be carried out."""
