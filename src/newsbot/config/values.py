"""The whole configuration as frozen, checked values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny

from newsbot.channels.settings import ChannelSettings, Language, Strict, Zone
from newsbot.sources.settings import SourceSettings

__all__ = ["DEFAULT_DATABASE", "Config", "NetworkSettings", "NewsroomSettings", "Outline"]

DEFAULT_DATABASE = "sqlite:///newsbot.db"


class NetworkSettings(Strict):
    allow_private: bool = Field(
        default=False, description="true lets sources live on private addresses (10.x, 192.168.x, localhost)."
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


class Outline(NewsroomSettings):
    """The shape of the file; what stands in its three parts is checked by each entry's kind."""

    sources: dict[str, Any] = Field(default={}, description="Where articles come from, each by a name.")
    channels: dict[str, Any] = Field(default={}, description="Where posts go, each by a name.")
    summarizer: dict[str, Any] = Field(
        default={"kind": "extract"}, description="What chooses the sentences that stand for an article."
    )


class Config(NewsroomSettings):
    """config.yaml, checked whole. ``database`` has its SQLite file as an absolute path.

    ``sources`` and ``channels`` hold each kind's own Settings, in the order of the file.
    """

    sources: Mapping[str, SerializeAsAny[SourceSettings]]
    channels: Mapping[str, SerializeAsAny[ChannelSettings]]
    summarizer: SerializeAsAny[BaseModel]
    folder: Path

    model_config = ConfigDict(title="newsbot's configuration")

    @property
    def templates(self) -> Path:
        """Where the newsroom's own templates are."""
        return self.folder / "templates"
