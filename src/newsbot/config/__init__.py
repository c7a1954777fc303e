"""The loading of config.yaml into frozen, fully checked values."""

from newsbot.config.loading import load
from newsbot.config.models import Config

__all__ = ["Config", "load"]
