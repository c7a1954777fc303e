"""The base class of the ledger's stores."""

from typing import NamedTuple

from newsbot.ledger.database import Database
from newsbot.ledger.disk_reserve import DiskReserve
from newsbot.ledger.fence import Fence
from newsbot.ledger.instances import Instances

__all__ = ["LedgerParts", "LedgerStore"]


class LedgerParts(NamedTuple):
    """The parts that all stores of a ledger share: one database connection above all."""

    database: Database
    instances: Instances
    disk_reserve: DiskReserve
    fence: Fence


class LedgerStore:
    """One store of the ledger. Each public method is one transaction on the database that all stores share.

    Inside `Database.together` and `Database.view` the methods of all stores join the one transaction there.
    """

    def __init__(self, parts: LedgerParts) -> None:
        self._database, self._instances, self._disk_reserve, self._fence = parts
