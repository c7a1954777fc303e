"""Load config.yaml and turn it into checked values that can't be changed."""

from newsbot.config.loading import load
from newsbot.config.models import Config

__all__ = ["Config", "load"]
