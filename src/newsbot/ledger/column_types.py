"""The types of the ledger's columns: how times, money, JSON and texts are stored, alike on both databases."""

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
    """Aware datetimes, stored as microseconds since 1970 in UTC: exact and sortable on every database."""

    impl = BigInteger
    cache_ok = True

    # The unused parameter `dialect` in these methods is required by SQLAlchemy's signature.
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else _EPOCH + value * _MICROSECOND


class UsdAmount(TypeDecorator[Decimal]):
    """US dollars, stored as whole micro-dollars, so that sums are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else int((value / _MICRODOLLAR).to_integral_value())

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else (int(value) * _MICRODOLLAR).normalize() + Decimal("0.00")


class JsonText(TypeDecorator[Any]):
    """JSON in ASCII, so that both databases store any character (NUL, lone surrogates) unchanged."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)


class SafeText(TypeDecorator[str]):
    """Text for people; characters that a database can't store (NUL, lone surrogates) are replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return value


class FailureText(TypeDecorator[Failure]):
    """A failure as JSON: ``[code, reason]``. The reason is a text where an older version stored it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Failure | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return (
            None if value is None else json.dumps([value.code, to_json(value.reason)], separators=(",", ":"))
        )

    def process_result_value(self, value: str | None, dialect: Dialect) -> Failure | None:  # noqa: ARG002
        return None if value is None else _decode_failure(value)


@lru_cache(maxsize=4096)  # The results are cached because alerts read the same failures each second.
def _decode_failure(text: str) -> Failure:
    code, reason = json.loads(text)
    return Failure(code, from_json(reason))


class ReasonText(TypeDecorator[Reason]):
    """A reason as JSON. The text ``none`` is stored for no reason in a column that takes no NULL."""

    impl = Text
    cache_ok = True

    def __init__(self, none: str | None = None) -> None:
        super().__init__()
        self.none = none

    def process_bind_param(self, value: Reason | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return self.none if value is None else encode_reason(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Reason | None:  # noqa: ARG002
        return decode_reason(value) if value else None


# The variant is needed because SQLite generates numbers for INTEGER keys only.
Id = BigInteger().with_variant(Integer, "sqlite")
