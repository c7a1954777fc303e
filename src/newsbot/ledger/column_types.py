"""The types of the columns in the ledger's tables: how times, money, JSON and texts are stored.

Every type stores the same values on SQLite and PostgreSQL.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

from newsbot.model import Failure
from newsbot.reasons import Reason, decode_reason, encode_reason, from_json, to_json

__all__ = ["FailureText", "Id", "JsonText", "ReasonText", "SafeText", "UsdAmount", "UtcDateTime"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MICRODOLLAR = Decimal("0.000001")


class UtcDateTime(TypeDecorator[datetime]):
    """The column type of aware times, stored as whole microseconds since 1970 in UTC.

    The stored numbers are exact, and sort by time on every database.
    """

    impl = BigInteger
    cache_ok = True

    # The conversion methods of the column types have an unused parameter `dialect`, as SQLAlchemy passes it.
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _EPOCH + value * _MICROSECOND


class UsdAmount(TypeDecorator[Decimal]):
    """The column type of amounts in US dollars, stored as whole micro-dollars, so that sums are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int((value / _MICRODOLLAR).to_integral_value())

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else (int(value) * _MICRODOLLAR).normalize() + Decimal("0.00")


class JsonText(TypeDecorator[Any]):
    """The column type of JSON values, stored as ASCII text.

    In this form, SQLite and PostgreSQL store any character (NUL, lone surrogates) unchanged.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


class SafeText(TypeDecorator[str]):
    """The column type of texts for people; NUL characters and lone surrogates are replaced before storing.

    A database can't store these characters.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return value


class FailureText(TypeDecorator[Failure]):
    """The column type of a `Failure`, stored as the JSON list ``[code, reason]``.

    In failures that an older version of newsbot stored, the reason is a plain text.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Failure | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return (
            None if value is None else json.dumps([value.code, to_json(value.reason)], separators=(",", ":"))
        )

    def process_result_value(self, value: str | None, dialect: Dialect) -> Failure | None:  # noqa: ARG002
        return None if value is None else _decode_failure(value)


# The decoded failures are cached, because the alerts read the same stored failures each second.
@lru_cache(maxsize=4096)
def _decode_failure(text: str) -> Failure:
    code, reason = json.loads(text)
    return Failure(code, from_json(reason))


class ReasonText(TypeDecorator[Reason]):
    """The column type of a `Reason`, stored as JSON.

    A missing reason (None) is stored as NULL or, in a column that takes no NULL, as the text in ``none``.
    """

    impl = Text
    cache_ok = True

    def __init__(self, none: str | None = None) -> None:
        super().__init__()
        self.none = none

    def process_bind_param(self, value: Reason | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return self.none if value is None else encode_reason(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Reason | None:  # noqa: ARG002
        return decode_reason(value) if value else None


# The type of row numbers is INTEGER on SQLite, which assigns numbers by itself only to keys of that type.
Id = BigInteger().with_variant(Integer, "sqlite")
