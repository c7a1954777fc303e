"""The reasons of errors of channels: calls to a platform, composing, pictures."""

from newsbot.reasons.table import ReasonCode

__all__ = ["PlatformCode"]


class PlatformCode(ReasonCode):
    """Say how a call to a platform ended, and what keeps a post from being composed."""
