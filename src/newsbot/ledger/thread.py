"""The one thread that makes the ledger's calls, so that the event loop never waits for a disk."""

from newsbot.threads import SerialThread

__all__ = ["LedgerThread"]


class LedgerThread(SerialThread):
    """The thread on which newsbot's calls to the ledger run, one after the other.

    The class implements the protocol `LedgerRunner`.
    """

    def __init__(self) -> None:
        super().__init__("ledger")
