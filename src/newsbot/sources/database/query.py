"""The rows of the operator's own SQL query, whose columns have the names of an `Item`'s fields.

Values of these columns become plain texts, times and lists. No value makes the conversion fail.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from newsbot.errors import SourceError
from newsbot.model import Image, Item
from newsbot.reasons import SourceCode, list_names
from newsbot.sources.database.connection import ReadTransaction, Row
from newsbot.sources.database.scan import (
    CursorState,
    MovedRows,
    Position,
    PublishProgress,
    RowId,
    RowKey,
    parse_row_id,
)
from newsbot.sources.database.source import DatabaseSettings
from newsbot.timestamps import check_time, parse_timestamp

__all__ = ["KNOWN", "QueryRowSource", "as_list", "as_start", "as_text", "as_time", "shorten_body"]

# The following functions convert the values of a database's columns.

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOST = 2_000_000  # The most characters of an article's body that are kept; no real article has more.
_DATA = re.compile(r"data:[\w/+.-]{0,80}(?:;[\w=+.-]{0,40}){0,4};base64,[A-Za-z0-9+/=\s]*")
_SEPARATORS = re.compile(r"\s*[,;|\n]\s*")


def as_text(value: Any) -> str | None:
    """Return a value from a CMS's database as text; None for NULL and for white space alone.

    Bytes are decoded as UTF-8, or else as Windows-1252.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        data = bytes(value)
        try:
            value = data.decode("utf-8")
        except UnicodeDecodeError:
            value = data.decode("cp1252", "replace")
    if value is None:
        return None
    text = value if isinstance(value, str) else str(value)
    return text if text.strip() else None


def as_time(value: Any, zone: tzinfo) -> datetime | None:
    """Return a value from a CMS's database as a time in UTC; None for zero dates, placeholders and other
    values.

    docs/adr, "A date means one time, or none" has the rule. ``zone`` is the time zone of times without one. A
    day without a time of day becomes its midnight in UTC.
    """
    if isinstance(value, datetime):
        return check_time(value, zone)
    if isinstance(value, date):
        return check_time(datetime.combine(value, time()), UTC)
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return parse_timestamp(f"{value:.0f}")
    return parse_timestamp((as_text(value) or "").strip(), zone=zone)


def as_start(value: Any, zone: tzinfo) -> datetime | None:
    """Return a value from a CMS's database as a time until which something lasts, such as an embargo.

    A day without a time begins at midnight in ``zone``. Other values are converted as by `as_time`.
    """
    day = value if isinstance(value, date) and not isinstance(value, datetime) else None
    if day is None and isinstance(value, str) and _DAY.fullmatch(value.strip()):
        day = date.fromisoformat(value.strip())
    return as_time(datetime.combine(day, time()) if day else value, zone)


def as_list(value: Any) -> tuple[str, ...]:
    """Return a value from a CMS's database as a list of words: from an array, a JSON list, or a text with
    separators.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = value.strip(" []")
    if isinstance(value, (list, tuple)):
        return _clean_words(value)
    return _clean_words(_SEPARATORS.split(as_text(value) or ""))


def shorten_body(body: str | None) -> str | None:
    """Cut an article's body to 2 000 000 characters; if the body is longer, its ``data:`` URLs are removed
    before.
    """
    if body is None or len(body) <= _MOST:
        return body
    return _DATA.sub("", body)[:_MOST]


def _clean_words(values: Iterable[Any]) -> tuple[str, ...]:
    found = (as_text(value) for value in values if not isinstance(value, (dict, list)))
    return tuple(dict.fromkeys(text.strip() for text in found if text))


# The following definitions read the rows of the operator's query.

REQUIRED = ("guid", "title", "body")
KNOWN = (
    *REQUIRED,
    "url",
    "published_at",
    "updated_at",
    "author",
    "image_url",
    "image_alt",
    "tags",
    "categories",
    "language",
    "summary",
    "status",
    "embargo_until",
)
_LIGHT = ("guid", "title", "url", "published_at", "updated_at", "status", "embargo_until")
_MOST_ROWS = 200_000
_MOST_PLACELESS = 1000
_AT_ONCE = 100  # The most articles that one query reads or looks up by their row ids.


class QueryRowSource:
    """The rows of the SQL query that the operator configured, as rows of a database source.

    A scan queries each cursor column separately, and so finds each row whose value in any of the columns
    grew.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        assert settings.query is not None  # noqa: S101  The settings were checked before.
        self.columns = settings.cursor
        self._from = "FROM (\n" + settings.query.replace(":", r"\:") + "\n) AS newsbot_rows"
        self._published = {word.casefold() for word in settings.published}
        self._zone = settings.timezone
        self._names: dict[str, str] = {}

    def begin(self, ask: ReadTransaction, memory: CursorState, *, newest: int) -> list[RowKey]:
        """Return all rows of the operator's query, because newsbot must record the guids of all articles that
        exist at the first poll.
        """
        del memory, newest
        return self._read_keys(ask, "")

    def find_moved(self, ask: ReadTransaction, memory: CursorState, low: Sequence[Position]) -> MovedRows:
        """Return the rows that may have changed since the last scan.

        A row may have changed if its value in a cursor column is at or after the column's position in
        ``low``, or if the row has no value in any cursor column.
        """
        del memory
        found: dict[RowId, RowKey] = {}
        for column, least in zip(self.columns, low, strict=True):
            if least is None:
                return MovedRows(self._read_keys(ask, ""), whole=True)
            where = f"WHERE {self._column_name(ask, column)} >= :least"
            found |= {key.id: key for key in self._read_keys(ask, where, least=least)}
        return MovedRows([*found.values(), *self._read_keys_without_cursor(ask)], whole=True)

    def find(self, ask: ReadTransaction, ids: Collection[str]) -> list[RowKey]:
        """Return those of the rows with the keys ``ids`` (`RowKey.name`) that the operator's query still
        returns.
        """
        wanted, found = [parse_row_id(name) for name in ids], []
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            found += self._read_keys(ask, f"WHERE {self._column_name(ask, 'guid')} IN :ids", ids=some)
        return found

    def find_by_url(self, ask: ReadTransaction, url: str) -> list[RowKey]:
        """Return the rows whose web address ends with the path and query of ``url``; return [] if the
        operator's SQL query has no column ``url``.
        """
        if "url" not in self._column_names(ask):
            return []
        # The characters % and _ in the address are escaped by !, because they are wildcards of LIKE.
        escaped = (re.sub("[!%_]", r"!\g<0>", end) for end in _address_endings(url))
        ends: dict[str, Any] = {f"end{n}": f"%{end}" for n, end in enumerate(escaped)}
        name = self._column_name(ask, "url")
        where = " OR ".join(f"{name} LIKE :{end} ESCAPE '!'" for end in ends)
        return self._read_keys(ask, f"WHERE {where}", **ends) if ends else []

    def items(self, ask: ReadTransaction, keys: Sequence[RowKey]) -> Iterator[tuple[RowId, Item | None]]:
        """Yield the id and the whole article of each row of the operator's query in ``keys``."""
        known = [name for name in KNOWN if name in self._column_names(ask)]
        chosen = ", ".join(f"{self._column_name(ask, name)} AS {name}" for name in known)
        for start in range(0, len(keys), _AT_ONCE):
            ids = [key.id for key in keys[start : start + _AT_ONCE]]
            where = f"WHERE {self._column_name(ask, 'guid')} IN :ids"
            for row in ask.iterate_rows(f"SELECT {chosen} {self._from} {where}", ids=ids):
                yield _check_row_id(row["guid"]), self._make_item(row)

    def is_past(self, key: RowKey, memory: CursorState) -> bool:
        """Return whether the source knows that the row's article is older than its first poll: always False,
        because the ledger itself knows which articles existed then.
        """
        del key, memory
        return False

    def progress(self, ask: ReadTransaction, keys: Sequence[RowKey]) -> dict[RowId, PublishProgress]:
        """Return how much of each article the CMS has written: {}, because the operator's query does not show
        that.
        """
        del ask, keys
        return {}

    def statements(self, ask: ReadTransaction) -> dict[str, str]:
        """Return, for each column by which a poll selects rows, the poll's SELECT statement, which the
        diagnostics examine by EXPLAIN.
        """
        columns = dict.fromkeys((*self.columns, "guid"))
        return {
            name: f"SELECT {self._keys_query(ask)} {self._from} WHERE {self._column_name(ask, name)}"
            for name in columns
        }

    def _column_names(self, ask: ReadTransaction) -> dict[str, str]:
        """Return the query's column names by their lower-case form, because databases may change the case.

        Raises:
            SourceError: The query lacks a required column or a cursor column.
        """
        if not self._names:
            names = {name.lower(): name for name in ask.names(f"SELECT * {self._from} WHERE 1 = 0")}
            for needed in (*REQUIRED, *map(str.lower, self.columns)):
                if needed not in names:
                    known = list_names(names.values())
                    raise SourceError(SourceCode.NO_COLUMN(name=needed, reasons=known))
            self._names = names
        return self._names

    def _column_name(self, ask: ReadTransaction, column: str) -> str:
        return ask.quote(self._column_names(ask)[column.lower()])

    def _keys_query(self, ask: ReadTransaction) -> str:
        known = [name for name in _LIGHT if name in self._column_names(ask)]
        light = [f"{self._column_name(ask, name)} AS {name}" for name in known]
        cursor = [f"{self._column_name(ask, column)} AS newsbot_{n}" for n, column in enumerate(self.columns)]
        return ", ".join([*light, *cursor])

    def _read_keys(
        self, ask: ReadTransaction, where: str, most: int = _MOST_ROWS, **values: Any
    ) -> list[RowKey]:
        """Return the rows of the operator's query that match ``where`` (an SQL clause or ""), without the
        articles' bodies. At most ``most`` + 1 rows are read.

        Raises:
            SourceError: The query has over 200 000 rows that match.
        """
        rows = ask.fetch_all(
            f"SELECT {self._keys_query(ask)} {self._from} {where} LIMIT {most + 1}", **values
        )
        if len(rows) > most == _MOST_ROWS:
            raise SourceError(SourceCode.TOO_MANY_ROWS(n=most))
        return [self._make_key(row) for row in rows if row["guid"] is not None]

    def _read_keys_without_cursor(self, ask: ReadTransaction) -> list[RowKey]:
        """Return the query's rows that have no value in any cursor column; MySQL's zero dates count as no
        value.

        Raises:
            SourceError: There are over 1000 such rows, too many to read them in each poll.
        """
        names = [self._column_name(ask, column) for column in self.columns]
        zero = " OR {0} < '0001-01-01'" if ask.dialect == "mysql" else ""
        where = " AND ".join(f"({{0}} IS NULL{zero})".format(name) for name in names)
        keys = self._read_keys(ask, f"WHERE {where}", most=_MOST_PLACELESS)
        if len(keys) > _MOST_PLACELESS:
            told = " or ".join(self.columns)
            raise SourceError(SourceCode.TOO_MANY_ROWS_WITHOUT_CURSOR(n=_MOST_PLACELESS, name=told))
        return keys

    def _make_key(self, row: Row) -> RowKey:
        at = tuple(_cursor_position(row[f"newsbot_{n}"]) for n in range(len(self.columns)))
        values = [row.get(name) for name in _LIGHT]
        guid = _check_row_id(row["guid"])
        return RowKey(
            id=guid,
            guid=str(guid),
            mark=blake2b(repr((values, at)).encode("utf-8", "replace"), digest_size=8).hexdigest(),
            live="status" not in row or self._is_published(row["status"]),
            at=at,
            published_at=as_time(row.get("published_at"), self._zone),
            until=as_start(row.get("embargo_until"), self._zone),
        )

    def _is_published(self, status: Any) -> bool:
        return str(as_text(int(status) if isinstance(status, bool) else status)).casefold() in self._published

    def _make_item(self, row: Row) -> Item:
        image, categories = as_text(row.get("image_url")), as_list(row.get("categories"))
        return Item(
            guid=str(_check_row_id(row["guid"])),
            url=as_text(row.get("url")),
            title=as_text(row["title"]),
            html=shorten_body(as_text(row["body"])),
            summary=shorten_body(as_text(row.get("summary"))),
            published_at=as_time(row.get("published_at"), self._zone),
            updated_at=as_time(row.get("updated_at"), self._zone),
            author=as_text(row.get("author")),
            language=as_text(row.get("language")),
            image=Image(image.strip(), as_text(row.get("image_alt"))) if image else None,
            tags=tuple(dict.fromkeys((*categories, *as_list(row.get("tags"))))),
            categories=categories,
        )


def _address_endings(url: str) -> list[str]:
    """Return the possible endings of an article's stored address: path and query, in each way of escaping.

    The host is left out, because a site may have several hosts.
    """
    parts = urlsplit(url)
    path = unquote(parts.path).rstrip("/")
    escaped = quote(path)
    lower = re.sub("%..", lambda found: found[0].lower(), escaped)
    paths = dict.fromkeys((parts.path.rstrip("/"), path, escaped, lower))
    queries = dict.fromkeys(("", f"?{parts.query}" if parts.query else ""))
    ends = [f"{each}{slash}{query}" for each in paths for slash in ("", "/") for query in queries]
    return [end for end in ends if end.strip("/")]


def _check_row_id(value: Any) -> RowId:
    """Return an article's guid from the database as the row's id, an int or a text.

    Raises:
        SourceError: The guid is binary, so it can't be passed in a later query.
    """
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise SourceError(SourceCode.BINARY_GUID())
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _cursor_position(value: Any) -> Position:
    """Convert the value of a cursor column (by which changed rows are found) to a form that can be compared
    and stored as JSON; return None for a zero date.
    """
    if isinstance(value, str) and value.startswith("0000-00-00"):
        return None
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, (datetime, int, Decimal, str)) and not isinstance(value, bool):
        return value
    return as_text(value) if not hasattr(value, "isoformat") else value
