"""The store of the results of reading articles, summarizing them and checking their pages, so that a crash
repeats no slow or paid call.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, and_, case, delete, false, or_, select, true, tuple_, update

from newsbot.ledger import budget
from newsbot.ledger import schema as tables
from newsbot.ledger.dialects import ensure_row
from newsbot.ledger.serialization import (
    address_key,
    decode_article,
    decode_summary_result,
    decode_warning,
    encode_article,
    encode_summary_result,
    encode_warning,
    fingerprint,
)
from newsbot.ledger.store import LedgerStore
from newsbot.model import Article, Failure, PostWarning, Summary
from newsbot.ports import CallPrice, StageCall, StageInput
from newsbot.reasons import Code, UsageCode

__all__ = ["StageResultsStore", "delete_stage_results"]

_STAGE = tables.stage_result.c
_INTERRUPTED = Failure("summarizer", UsageCode.SUMMARY_LOST())
_UNPAID = dict.fromkeys(("account", "month", "reserved_usd", "cost_usd"))


# The time for which an article's stored text and summary are kept, because a correction of a post needs them.
_KEPT_FOR = timedelta(days=30)
# The number of old texts and summaries that are deleted for each new one, so that old ones do not pile up.
_DELETED_PER_CALL = 2


class StageResultsStore(LedgerStore):
    """The ledger's store of the results of reading, summarizing and checking: texts of articles, summaries,
    and warnings about articles' pages.

    A result is deleted after a month: by then the article's posts are made or given up.
    """

    def begin_call(
        self,
        given: StageInput,
        *,
        now: datetime,
        lease: timedelta,
        again: timedelta,
        price: CallPrice | None = None,
    ) -> StageCall:
        """Store that a call to a summarizer begins, or return how an earlier call for the same input stands.

        A `StageCall` without values means that the caller may make the call; then the most that it may cost
        by ``price`` is reserved. A call counts as interrupted if it has not ended within the time ``lease``.
        A call that failed or was interrupted may be made again when the time ``again`` has passed, except an
        interrupted call that may have cost money.
        """
        with self._database.write(notify=False) as tx:
            _delete_old_results(tx, now)
            values = {"begun_at": now, "until": now + lease, "holder": self._instances.me}
            new = ensure_row(tx, tables.stage_result, **_make_columns(given), **values)
            row = self._lock(tx, given)
            known = None if new else _build_call(row, now=now, again=again)
            if known is not None:
                return known
            own = {**values, "ended_at": None, "error": None}
            if new or not _is_begun_here(row):
                if failure := _reserve(tx, price, now):
                    over = {"ended_at": now, "holder": None, "error": failure, **_UNPAID}
                    tx.execute(update(tables.stage_result).where(*_is(given)).values(**own | over))
                    return StageCall(failure=failure)
                own |= _make_reservation(price, now)
            tx.execute(update(tables.stage_result).where(*_is(given)).values(**own))
            return StageCall()

    def _lock(self, tx: Connection, given: StageInput) -> Row[Any]:
        """Lock and return the row of a summarizer's call.

        The row's columns ``mine`` and ``dead`` say whether the process that makes the call is this one, and
        whether that process has ended.
        """
        mine = false() if self._instances.me is None else _STAGE.holder == self._instances.me
        dead = self._instances.is_dead(tx, _STAGE.holder)
        columns = (
            tables.stage_result,
            case((mine, true()), else_=false()).label("mine"),
            case((dead, true()), else_=false()).label("dead"),
        )
        return tx.execute(select(*columns).where(*_is(given)).with_for_update()).one()

    def end_call(
        self,
        given: StageInput,
        outcome: Summary | Failure,
        *,
        now: datetime,
        cost_usd: Decimal | None = None,
    ) -> None:
        """Store how a summarizer's call ended, with a summary or with a failure, and what it cost.

        The cost replaces the reserved money. If ``cost_usd`` is None, the cost is not known, and the money
        stays reserved. A repeated call of this method changes nothing more.
        """
        values: dict[str, Any] = {"ended_at": now, "holder": None, "error": outcome, "result": None}
        if isinstance(outcome, Summary):
            values |= {"error": None, "result": encode_summary_result(outcome)}
        with self._database.write(notify=False) as tx:
            row = self._lock(tx, given)
            if row.ended_at is None and row.reserved_usd is not None and cost_usd is not None:
                budget.settle_in_account(tx, row.account, row.month, row.reserved_usd, cost_usd)
                values["cost_usd"] = cost_usd
            tx.execute(update(tables.stage_result).where(*_is(given)).values(**values))

    def find_call(self, given: StageInput) -> StageCall:
        """Return the stored summary or failure of an earlier call to a summarizer for the same input, however
        old it is.

        All fields are None if there was no call, or if it has not ended.
        """
        row = self._fetch_first(select(_STAGE.result, _STAGE.error).where(*_is(given)))
        if row is None:
            return StageCall()
        return StageCall(decode_summary_result(row.result) if row.result else None, row.error)

    def store_read(self, given: StageInput, article: Article, *, now: datetime) -> None:
        """Store an article that was read, so that after a crash its text still fits its paid summary."""
        values = {**_make_columns(given), "begun_at": now, "ended_at": now, "result": encode_article(article)}
        with self._database.write(notify=False) as tx:
            _delete_old_results(tx, now)
            ensure_row(tx, tables.stage_result, **values)

    def find_read(self, given: StageInput) -> Article | None:
        """Return the article that newsbot read before from the same input (such as a page) and stored by
        `store_read`; None if there is none.
        """
        row = self._fetch_first(select(_STAGE.result).where(*_is(given)))
        return decode_article(row.result) if row and row.result else None

    def begin_check(self, url: str, *, now: datetime, lease: timedelta, age: timedelta) -> bool:
        """Store that a check of the article's page at ``url`` begins; return False if the page need not be
        checked.

        It need not be checked if a process has begun a check that has not ended, or if the last check ended
        less than ``age`` ago. A check counts as interrupted after the time ``lease``.
        """
        given = _make_check_input(url)
        values = {"begun_at": now, "until": now + lease, "holder": self._instances.me}
        with self._database.write(notify=False) as tx:
            _delete_old_results(tx, now)
            if ensure_row(tx, tables.stage_result, **_make_columns(given), **values):
                return True
            is_left = and_(_STAGE.holder.is_not(None), self._instances.is_dead(tx, _STAGE.holder))
            is_free = or_(_STAGE.until.is_(None), _STAGE.until <= now, _STAGE.begun_at > now, is_left)
            is_old = or_(_STAGE.ended_at.is_(None), _STAGE.ended_at <= now - age, _STAGE.ended_at > now)
            begun = update(tables.stage_result).where(*_is(given), is_free, is_old).values(**values)
            return bool(tx.execute(begun).rowcount)

    def end_check(self, url: str, warnings: Sequence[PostWarning], *, now: datetime) -> None:
        """Store the warnings that a check of the article's page at ``url`` made."""
        values = {
            "ended_at": now,
            "until": None,
            "holder": None,
            "result": list(map(encode_warning, warnings)),
        }
        self._write(update(tables.stage_result).where(*_is(_make_check_input(url))).values(**values))

    def find_check(self, url: str) -> tuple[PostWarning, ...] | None:
        """Return the warnings of the last check of the article's page at ``url``; None if there was none."""
        row = self._fetch_first(select(_STAGE.result).where(*_is(_make_check_input(url))))
        return tuple(map(decode_warning, row.result)) if row and row.result is not None else None

    def forget_read(self, given: StageInput) -> None:
        """Delete the article that `store_read` stored, because the article's posts are in the ledger now."""
        self._write(delete(tables.stage_result).where(*_is(given)))


def _is(given: StageInput) -> tuple[Any, Any]:
    return (_STAGE.stage == given.stage, _STAGE.key == given.key)


def _make_check_input(url: str) -> StageInput:
    return StageInput("check", address_key(url), url, url)


def _make_columns(given: StageInput) -> dict[str, Any]:
    keys = {"guid_key": fingerprint(given.guid), "url_key": address_key(given.url) if given.url else None}
    return {"stage": given.stage, "key": given.key, **keys}


def _build_call(row: Row[Any], *, now: datetime, again: timedelta) -> StageCall | None:
    """Return the result or failure of an earlier call to a summarizer, or the time until which it may run.

    Return None if the caller may make the call now. If the ledger says that this process has
    begun the call, the call was not made: the process asks again because it did not get the ledger's first
    answer.
    """
    if row.result is not None:
        return StageCall(result=decode_summary_result(row.result))
    if row.ended_at is not None:
        is_recent = abs(now - row.ended_at) < again
        return StageCall(failure=row.error) if is_recent else None
    if row.mine:
        return None
    if row.dead or row.until is None or now >= row.until:
        is_kept = row.reserved_usd is not None or abs(now - row.begun_at) < again
        return StageCall(failure=_INTERRUPTED) if is_kept else None
    return StageCall(until=row.until)


def _is_begun_here(row: Row[Any]) -> bool:
    """Return whether this process has begun the call to the summarizer already, so that the money for it is
    reserved.
    """
    return bool(row.mine) and row.ended_at is None


def _reserve(tx: Connection, price: CallPrice | None, now: datetime) -> Failure | None:
    """Reserve the most that a call to a summarizer may cost; return why not if that would exceed the month's
    budget.
    """
    if price is None:
        return None
    month, most, limit = budget.format_month(now), price.most_usd, price.limit_usd
    if budget.reserve_in_account(tx, price.account, month, most, limit):
        return None
    spent = budget.get_account_spending(tx, price.account, now=now)
    return Failure("summarizer", Code.OVER_BUDGET(spent=spent, limit=limit, date=month, price=most))


def _make_reservation(price: CallPrice | None, now: datetime) -> dict[str, Any]:
    if price is None:
        return dict(_UNPAID)
    paid = {"account": price.account, "month": budget.format_month(now), "reserved_usd": price.most_usd}
    return _UNPAID | paid


def _delete_old_results(tx: Connection, now: datetime) -> None:
    old = select(_STAGE.stage, _STAGE.key).where(_STAGE.begun_at < now - _KEPT_FOR)
    these = old.order_by(_STAGE.begun_at).limit(_DELETED_PER_CALL)
    tx.execute(delete(tables.stage_result).where(tuple_(_STAGE.stage, _STAGE.key).in_(these)))


def delete_stage_results(tx: Connection, guid_key: str | None, url_key: str | None) -> None:
    """Delete the stored text and summary of the article whose guid or URL has one of these keys."""
    same = [_STAGE.guid_key == guid_key] if guid_key else []
    same += [_STAGE.url_key == url_key] if url_key else []
    if same:
        tx.execute(delete(tables.stage_result).where(or_(*same)))
