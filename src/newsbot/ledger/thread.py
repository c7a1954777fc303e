"""The one thread that runs the ledger's calls, so that the event loop never waits for a disk."""

from newsbot.threads import SerialThread

__all__ = ["LedgerThread"]


class LedgerThread(SerialThread):
    """The LedgerRunner port."""

    def __init__(self) -> None:
        super().__init__("ledger")
