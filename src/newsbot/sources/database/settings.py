"""The settings of a database source in config.yaml; they are checked without loading a database driver."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    model_validator,
)

from newsbot.scheduling.rules import parse_zone
from newsbot.sources.settings import Duration, SourceSettings, Zone

__all__ = ["PUBLISHED", "DatabaseSettings"]

PUBLISHED = ("publish", "published", "public", "live", "online", "1", "t", "true")

_SELECT = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/|\()*(?:select|with)\b", re.IGNORECASE | re.DOTALL)
_URL = re.compile(r"[a-z][a-z0-9_+]*://.+", re.IGNORECASE | re.DOTALL)
_SITE = re.compile(r"https?://[^\s/?#]+[^\s?#]*", re.IGNORECASE)
_WORD = re.compile(r"\w+")


def _check_database_url(url: SecretStr) -> SecretStr:
    """Return a database's address without white space around it.

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
    """The keys of a database source in config.yaml.

    The key ``full_text`` is missing, because the CMS has the whole text of an article.
    """

    full_text: ClassVar[Literal["row"]] = "row"
    # The longest pause after failures is shorter than for other sources: the database is the newsroom's own.
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
        default=(), description="The query's column that moves when a row is new or changed; or several."
    )
    overlap: Annotated[Annotated[int, Field(ge=0)] | Duration, BeforeValidator(_parse_overlap)] = Field(
        default=timedelta(hours=1),
        description="How far behind the newest row each poll looks again: a duration, or a number.",
    )
    published: Words = Field(
        default=PUBLISHED, description="The values of the column status that say: this is published."
    )
    timezone: Zone = Field(default=parse_zone("UTC"), description="Whose clock times without a zone are by.")
    timeout: Duration = Field(
        default=timedelta(seconds=20), description="The longest that one query may take."
    )
    prefix: Annotated[str, AfterValidator(_check_word)] = Field(
        default="wp_", description="wordpress: what its tables' names begin with."
    )
    site_url: Annotated[str, AfterValidator(_check_site_url)] | None = Field(
        default=None, description="wordpress: the site's address; WordPress's own setting."
    )
    post_types: Annotated[Words, Field(min_length=1)] = Field(
        default=("post",), description="wordpress: which types of post are articles."
    )
    categories: Words = Field(
        default=(), description="wordpress: only posts in these (names or slugs), or below them; all."
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
