"""The whole configuration as frozen, checked values."""

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, SerializeAsAny, WithJsonSchema

from newsbot.channels.settings import ChannelSettings, Language, Strict, Zone
from newsbot.config.desk import DeskSettings
from newsbot.errors import ConfigError, Mistake
from newsbot.sources.settings import SourceSettings

__all__ = [
    "DEFAULT_DATABASE",
    "Address",
    "Config",
    "NetworkSettings",
    "NewsroomSettings",
    "Outline",
    "WebSettings",
]

DEFAULT_DATABASE = "sqlite:///newsbot.db"

_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)):(?P<port>\d{1,5})")
_LARGEST_PORT = 65535


class Address(NamedTuple):
    """Where to listen; port 0 is any that is free."""

    host: str
    port: int


def _parse_address(text: str) -> Address:
    found = _ADDRESS.fullmatch(text.strip())
    if found is None:
        raise ValueError("is no address to listen on: write it like 127.0.0.1:8080, or 0.0.0.0:8080 for all")
    if int(found["port"]) > _LARGEST_PORT:
        raise ValueError(f"names a port that is none: write one up to {_LARGEST_PORT}, like 127.0.0.1:8080")
    return Address(_checked_v6(found["v6"]) if found["v6"] else found["host"], int(found["port"]))


def _checked_v6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise ValueError("is no address to listen on: write it like [::1]:8080") from None


_ADDRESS_AS_JSON = r"^\s*(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):\d{1,5}\s*$"
Listen = Annotated[
    Address,
    PlainValidator(lambda v: v if isinstance(v, Address) else _parse_address(str(v))),
    WithJsonSchema({"type": "string", "pattern": _ADDRESS_AS_JSON}),
]


class NetworkSettings(Strict):
    allow_private: bool = Field(
        default=False, description="true lets sources live on private addresses (10.x, 192.168.x, localhost)."
    )


class WebSettings(Strict):
    listen: Listen = Field(
        default=Address("127.0.0.1", 8080), description="The address of /healthz, /readyz and /metrics."
    )


class NewsroomSettings(Strict):
    """The keys at the top of config.yaml that belong to no kind."""

    database: str = Field(
        default=DEFAULT_DATABASE,
        repr=False,  # it may hold a password
        description="Where newsbot keeps its state: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
    )
    timezone: Zone = Field(
        default=ZoneInfo("UTC"), description="How people's times are read and shown, like Asia/Karachi."
    )
    language: Language = Field(
        default="en", description="The newsroom's own language, two letters of ISO 639-1."
    )
    network: NetworkSettings = Field(
        default=NetworkSettings(), description="What sources may be fetched from."
    )
    web: WebSettings | None = Field(
        default=None, description="Health and metrics over HTTP; without it nothing listens."
    )
    desk: DeskSettings | None = Field(
        default=None, description="The editors' chat; without it they work by the command line."
    )


class Outline(NewsroomSettings):
    """The shape of the file; what stands in its three parts is checked by each entry's kind."""

    sources: dict[str, Any] = Field(default={}, description="Where articles come from, each by a name.")
    channels: dict[str, Any] = Field(default={}, description="Where posts go, each by a name.")
    summarizer: dict[str, Any] = Field(
        default={"kind": "extract"}, description="What chooses the sentences that stand for an article."
    )


class Config(NewsroomSettings):
    """config.yaml, checked whole. ``database`` has its SQLite file as an absolute path.

    ``sources`` and ``channels`` hold each kind's own Settings, in the order of the file. ``absent`` is what
    could not be had of one and was not asked for, by its part and name: its other values are right.
    """

    sources: Mapping[str, SerializeAsAny[SourceSettings]]
    channels: Mapping[str, SerializeAsAny[ChannelSettings]]
    summarizer: SerializeAsAny[BaseModel]
    folder: Path
    absent: Mapping[tuple[str, str], tuple[Mistake, ...]] = {}

    model_config = ConfigDict(title="newsbot's configuration")

    def need(self, part: str, names: Iterable[str]) -> None:
        """Ask for all of these sources' or channels' values, as they are about to be used.

        Raises:
            ConfigError: some could not be had.
        """
        if mistakes := [mistake for name in names for mistake in self.absent.get((part, name), ())]:
            raise ConfigError(mistakes)

    @property
    def templates(self) -> Path:
        """Where the newsroom's own templates are."""
        return self.folder / "templates"
