"""The configuration of previews, in which nothing is sent or stored."""

from pathlib import Path

from newsbot.channels import channel_class
from newsbot.channels.settings import ChannelSettings
from newsbot.config.models import Config, NetworkSettings
from newsbot.summarizers import summarizer_class

__all__ = ["build_preview_config"]

_NOBODY = "0:nobody"  # It has a key's form, but opens nothing.


def build_preview_config(config: Config | None, *, allow_private: bool) -> Config:
    """Return ``config``, or without one a Telegram and an X channel with placeholder credentials."""
    if config is None:
        config = Config(
            sources={},
            channels={"telegram": _build_telegram_settings(), "x": _build_x_settings()},
            summarizer=summarizer_class("extract").Settings(kind="extract"),
            folder=Path("/nonexistent"),
        )
    if not allow_private:
        return config
    return config.model_copy(update={"network": NetworkSettings(allow_private=True)})


def _build_telegram_settings() -> ChannelSettings:
    settings: ChannelSettings = channel_class("telegram").Settings(
        kind="telegram", token=_NOBODY, chat="@preview"
    )
    return settings


def _build_x_settings() -> ChannelSettings:
    keys = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    settings: ChannelSettings = channel_class("x").Settings(kind="x", **dict.fromkeys(keys, _NOBODY))
    return settings
