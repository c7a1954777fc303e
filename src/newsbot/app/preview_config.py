"""The configuration of previews, in which nothing is sent or stored."""

from pathlib import Path

from newsbot.channels import list_kinds
from newsbot.channels.settings import ChannelSettings
from newsbot.config.models import Config, NetworkSettings
from newsbot.summarizers import summarizer_class

__all__ = ["build_preview_config"]


def build_preview_config(config: Config | None, *, allow_private: bool) -> Config:
    """Return ``config``, or without one a channel of each kind that has an example (`ChannelSettings`)."""
    if config is None:
        config = Config(
            sources={},
            channels=_build_examples(),
            summarizer=summarizer_class("extract").Settings(kind="extract"),
            folder=Path("/nonexistent"),
        )
    if not allow_private:
        return config
    return config.model_copy(update={"network": NetworkSettings(allow_private=True)})


def _build_examples() -> dict[str, ChannelSettings]:
    settings = {kind.kind: kind.Settings for kind in list_kinds()}
    return {name: own(kind=name, **own.example) for name, own in settings.items() if own.example}
