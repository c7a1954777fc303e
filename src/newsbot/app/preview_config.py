"""The configuration for commands that send and store nothing, such as `newsbot preview`."""

from pathlib import Path

from newsbot.channels import list_kinds
from newsbot.config.models import Config, NetworkSettings
from newsbot.summarizers import summarizer_class

__all__ = ["build_preview_config"]


def build_preview_config(config: Config | None, *, allow_private: bool) -> Config:
    """Return ``config`` or, if it is None, a configuration with one example channel of each kind of channel
    that can make an example.

    With ``allow_private``, the configuration lets newsbot fetch from private addresses.
    """
    if config is None:
        config = Config(
            sources={},
            channels={
                kind.kind: kind.Settings(kind=kind.kind, **kind.Settings.example)
                for kind in list_kinds()
                if kind.Settings.example
            },
            summarizer=summarizer_class("extract").Settings(kind="extract"),
            folder=Path("/nonexistent"),
        )
    if not allow_private:
        return config
    return config.model_copy(update={"network": NetworkSettings(allow_private=True)})
