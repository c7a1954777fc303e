"""The base class of the ledger's stores."""

from typing import NamedTuple

from newsbot.ledger.database import Database
from newsbot.ledger.disk_reserve import DiskReserve
from newsbot.ledger.fence import Fence
from newsbot.ledger.instances import Instances

__all__ = ["LedgerParts", "LedgerStore"]


class LedgerParts(NamedTuple):
    """The objects that all stores of a ledger share.

    They are the database connections, the list of the services that run on the ledger, the disk reserve (a
    file whose deletion frees space for storing the outcomes of calls), and the fence (which detects that the
    ledger was restored from a backup).
    """

    database: Database
    instances: Instances
    disk_reserve: DiskReserve
    fence: Fence


class LedgerStore:
    """The base class of the ledger's stores. Each public method of a store is one transaction.

    All stores of a ledger share one database. Inside `Database.share_transaction` and `Database.view`, the
    methods of all stores join the one transaction of the block.
    """

    def __init__(self, parts: LedgerParts) -> None:
        self._database, self._instances, self._disk_reserve, self._fence = parts
