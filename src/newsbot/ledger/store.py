"""What every part of the ledger stands on."""

from newsbot.ledger.database import Database
from newsbot.ledger.disk_reserve import Ballast
from newsbot.ledger.fence import Fence
from newsbot.ledger.instances import Instances

__all__ = ["Store"]


class Store:
    """A part of the Ledger port: each public method is one transaction."""

    _database: Database
    _presence: Instances
    _ballast: Ballast
    _fence: Fence
