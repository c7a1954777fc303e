"""The kind of source ``database``, which reads articles directly from a CMS's own database and never writes
to it.

This module has the source's keys in config.yaml, which are checked without loading a database driver, and the
source itself. The source runs each scan of the database in a thread, and returns the result as a `Poll`. The
thread is a daemon, so that a database that never answers can't keep newsbot from stopping.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from newsbot.errors import SourceError
from newsbot.model import Item
from newsbot.ports import Poll
from newsbot.reasons import SourceCode
from newsbot.scheduling.rules import parse_zone
from newsbot.scheduling.settings import Zone
from newsbot.sources.settings import PositiveDuration, SourceSettings
from newsbot.threads import run_in_thread

if TYPE_CHECKING:
    from newsbot.fetching.fetcher import Fetcher
    from newsbot.fetching.workers import Workers
    from newsbot.sources.database.connection import DatabaseConnection
    from newsbot.sources.database.scan import DatabaseScan, RowSource

__all__ = ["DatabaseSettings", "DatabaseSource", "SerialThreadRunner"]

# The following definitions declare the keys of a database source in config.yaml.

_PUBLISHED = ("publish", "published", "public", "live", "online", "1", "t", "true")

_SELECT = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:select|with)\b", re.IGNORECASE | re.DOTALL)
_URL = re.compile(r"[a-z][a-z0-9_+]*://.+", re.IGNORECASE | re.DOTALL)
_SITE = re.compile(r"https?://[^\s/?#]+[^\s?#]*", re.IGNORECASE)
_WORD = re.compile(r"\w+")


def _check_database_url(url: SecretStr) -> SecretStr:
    """Check the address of a CMS's database in config.yaml, and return it without white space around it.

    Raises:
        ValueError: The text is no database's address. The message never quotes the text, which may have a
            password.
    """
    if not _URL.fullmatch(url.get_secret_value().strip()):
        raise ValueError("is no database's address: write it like mysql://USER:PASSWORD@HOST/NAME")
    return SecretStr(url.get_secret_value().strip())


def _check_select(query: str) -> str:
    query = query.strip().rstrip(";").rstrip()
    if not _SELECT.match(query):
        raise ValueError(
            "must be one SELECT that names its columns: SELECT id AS guid, title, text AS body ..."
        )
    return query


def _check_site_url(url: str) -> str:
    if not _SITE.fullmatch(url):
        raise ValueError("must be the site's address, like https://example.org")
    return url.rstrip("/")


def _check_word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError("must be of letters, digits and _")
    return text


def _parse_overlap(value: object) -> object:
    return value if isinstance(value, (int, timedelta)) else str(value)


Words = Annotated[tuple[str, ...], BeforeValidator(lambda v: (v,) if isinstance(v, str) else v)]


class DatabaseSettings(SourceSettings):
    """The key ``full_text`` of other sources is missing, because the CMS's database has the whole text of an
    article.
    """

    full_text: ClassVar[Literal["row"]] = "row"
    # The longest pause after failed polls is shorter than for other kinds of source, because the database is
    # the newsroom's own.
    back_off: ClassVar[timedelta] = timedelta(minutes=1)

    url: Annotated[SecretStr, AfterValidator(_check_database_url)] = Field(
        description="The CMS's database: mysql://, mariadb://, postgresql:// or sqlite:///."
    )
    preset: Literal["wordpress"] | None = Field(
        default=None, description="A CMS that newsbot knows; without it, a query of your own."
    )
    query: Annotated[str, AfterValidator(_check_select)] | None = Field(
        default=None, description="A SELECT whose columns are named guid, title, body and so on."
    )
    cursor: Words = Field(
        default=(),
        description="The column, or columns, whose value grows when a row is new or changed.",
    )
    overlap: Annotated[Annotated[int, Field(ge=0)] | PositiveDuration, BeforeValidator(_parse_overlap)] = (
        Field(
            default=timedelta(hours=1),
            description="How far behind the newest row each poll reads again: a duration, or a number.",
        )
    )
    published: Words = Field(
        default=_PUBLISHED, description="The values of the column status which mean that a row is published."
    )
    timezone: Zone = Field(default=parse_zone("UTC"), description="The time zone of times that name none.")
    timeout: PositiveDuration = Field(
        default=timedelta(seconds=20), description="The longest time that one query may take."
    )
    prefix: Annotated[str, AfterValidator(_check_word)] = Field(
        default="wp_", description="wordpress: the prefix of the tables' names."
    )
    site_url: Annotated[str, AfterValidator(_check_site_url)] | None = Field(
        default=None, description="wordpress: the site's address. Default: WordPress's own setting."
    )
    post_types: Annotated[Words, Field(min_length=1)] = Field(
        default=("post",), description="wordpress: which types of post are articles."
    )
    categories: Words = Field(
        default=(),
        description="wordpress: only posts in these categories (names or slugs) or below them. Default: all.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> "DatabaseSettings":
        if bool(self.preset) == bool(self.query):
            raise ValueError("needs either a preset (wordpress) or a query")
        if self.query and not self.cursor:
            raise ValueError(
                "needs a cursor: the column of the query that moves when a row is new or changed"
            )
        if self.query and (own := self.model_fields_set & {"prefix", "site_url", "post_types", "categories"}):
            raise ValueError(f"has {min(own)}, which only the preset wordpress knows")
        if self.preset and (own := self.model_fields_set & {"cursor", "published", "timezone"}):
            raise ValueError(f"has {min(own)}, which only a query of one's own needs")
        return self

    def resolve_paths(self, folder: Path) -> "DatabaseSettings":
        """Return the settings with a relative path of an SQLite file resolved against ``folder``."""
        scheme, separator, path = self.url.get_secret_value().partition(":///")
        if scheme.partition("+")[0].lower() != "sqlite" or not separator:
            return self
        return self.model_copy(update={"url": SecretStr(f"{scheme}:///{folder / Path(path).expanduser()}")})


# The following definitions implement the database source.

T = TypeVar("T")


class SerialThreadRunner:
    """A runner of blocking database calls, which runs one call at a time in a thread.

    The runner refuses a further call while one is running.
    """

    def __init__(self) -> None:
        self.busy = False

    async def __call__(self, call: Callable[[], T], *, within: float) -> T:
        """Run ``call`` in a thread, and return the call's result or raise its error.

        A call that takes too long goes on in the thread, and its result is lost.

        Raises:
            SourceError: The call took over ``within`` seconds, or the previous call is still running.
        """
        if self.busy:
            raise SourceError(SourceCode.DATABASE_STILL_BUSY())
        self.busy = True

        def work() -> T:
            try:
                return call()
            finally:
                self.busy = False

        try:
            # The limit of time is not set by asyncio.wait_for, because it might swallow the cancellation of
            # the task that polls.
            async with asyncio.timeout(within):
                return await run_in_thread(work, name="newsbot-database")
        except TimeoutError:
            raise SourceError(SourceCode.DATABASE_TOO_SLOW(n=round(within))) from None


# A poll of the CMS's database makes several SQL statements. It may take this many times as long as a single
# statement may take at most.
_STATEMENTS = 4


class DatabaseSource:
    """A source that reads articles from a CMS's database.

    The source's stored cursor is a `CursorState` with one more key: ``of``, a hash of the settings that
    decide which rows are read. The cursor contains no password.
    """

    Settings = DatabaseSettings

    def __init__(
        self, name: str, settings: DatabaseSettings, fetcher: "Fetcher | None", workers: "Workers | None"
    ) -> None:
        # The fetcher and the workers, which every source gets, are not used, because a database source
        # fetches nothing over HTTP.
        del fetcher, workers
        self.name = name
        self._settings = settings
        self._of = _source_hash(settings)
        self._thread = SerialThreadRunner()
        self._link: DatabaseConnection | None = None
        self._rows: RowSource | None = None

    async def poll(self, cursor: dict[str, Any]) -> Poll:
        """Scan the CMS's database once, and return the new, changed and removed articles.

        Raises:
            SourceError: The database can't be queried, or took too long.
        """
        # The variable `new_selection` is true if this poll must scan the CMS's database as if it were the
        # first: at the first poll, and at the first poll after config.yaml was changed to select other rows.
        new_selection = cursor.get("of") != self._of
        look = await self._run(lambda scan: scan.scan({} if new_selection else cursor))
        memory = {"of": self._of, **look.memory.dump()}
        return Poll(
            tuple(look.items),
            memory,
            gone=tuple(look.gone),
            past=frozenset(look.past),
            new_selection=new_selection,
            soon=look.soon,
        )

    def may_have_article(self, url: str) -> bool:
        """Return whether this source may have the article at ``url``: True for any web address.

        The database's own address does not show which site it serves.
        """
        return url.lower().startswith(("http://", "https://"))

    async def find(self, url: str) -> Item | None:
        """Return the published article at the web address ``url``; None if the database has none.

        Raises:
            SourceError: The database can't be queried.
        """
        return await self._run(lambda scan: scan.find_by_url(url))

    async def examine(self) -> tuple[list[str], list[str]]:
        """Examine the database for the command `check --online`.

        Return two lists of lines: what was found, and what the operator must correct.

        Raises:
            SourceError: The database can't be queried.
        """

        def diagnose(scan: "DatabaseScan") -> tuple[list[str], list[str]]:
            from newsbot.sources.database.diagnostics import examine  # noqa: PLC0415

            return examine(scan), []

        return await self._run(diagnose)

    async def close(self) -> None:
        """Close the connection to the database, unless a call in the thread is still using it."""
        if self._link is not None and not self._thread.busy:
            self._link.close()

    async def _run(self, work: "Callable[[DatabaseScan], T]") -> T:
        limit = min(90.0, _STATEMENTS * self._settings.timeout.total_seconds() + 15)
        return await self._thread(lambda: work(self._make_scan()), within=limit)

    def _make_scan(self) -> "DatabaseScan":
        """Return the object that scans the CMS's database.

        The first call imports SQLAlchemy, which takes long, so the method is called in the thread.
        """
        from newsbot.sources.database.connection import DatabaseConnection  # noqa: PLC0415
        from newsbot.sources.database.scan import DatabaseScan  # noqa: PLC0415

        if self._link is None:
            patience = self._settings.timeout.total_seconds()
            self._link = DatabaseConnection(self._settings.url.get_secret_value(), patience=patience)
        if self._rows is None:
            self._rows = _make_row_source(self._settings, self._link)
        return DatabaseScan(self._link, self._rows, self._settings)


def _make_row_source(settings: DatabaseSettings, link: "DatabaseConnection") -> "RowSource":
    if settings.preset == "wordpress":
        from newsbot.sources.database.diagnostics import require_prefix  # noqa: PLC0415
        from newsbot.sources.database.wordpress import WordPressRowSource  # noqa: PLC0415

        require_prefix(link, settings.prefix)
        return WordPressRowSource(settings)
    from newsbot.sources.database.query import QueryRowSource  # noqa: PLC0415

    return QueryRowSource(settings)


def _source_hash(settings: DatabaseSettings) -> str:
    """Return a hash of the settings that decide which rows are read; it ignores user and password."""
    parts = urlsplit(settings.url.get_secret_value())
    place = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
    read = (settings.preset, settings.query, settings.cursor, settings.prefix, sorted(settings.post_types))
    return sha256(repr((place, read)).encode()).hexdigest()[:16]
