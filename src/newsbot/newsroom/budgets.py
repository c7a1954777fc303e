"""List the monthly budgets for editors: one budget per platform account, which several channels may share."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from newsbot.ports import AccountSpending

if TYPE_CHECKING:
    from newsbot.ledger.channels import ChannelsStore

__all__ = ["AccountBudget", "list_account_budgets"]


class AccountBudget(NamedTuple):
    """The month's spending and budget, in USD, of the channels that share one platform account."""

    channels: tuple[str, ...]
    spent: Decimal
    limit: Decimal

    @property
    def name(self) -> str:
        """Return the names of the account's channels, separated by commas; editors know a platform account by
        its channels.
        """
        return ", ".join(self.channels)


def list_account_budgets(
    store: "ChannelsStore", limits: Mapping[str, Decimal | None], *, now: datetime
) -> list[AccountBudget]:
    """Return the present month's spending and budget of each platform account that has a budget.

    ``limits`` are the channels' monthly limits in USD, or None for a channel without one.

    Raises:
        LedgerError: the ledger can't be read.
    """
    if not any(limit is not None for limit in limits.values()):
        return []
    spending = store.list_spending(now=now)
    accounts: dict[AccountSpending, dict[str, Decimal]] = {}
    for name, limit in limits.items():
        if limit is not None:
            accounts.setdefault(spending.get(name, AccountSpending(name)), {})[name] = limit
    return [AccountBudget(tuple(has), spent.usd, min(has.values())) for spent, has in accounts.items()]
