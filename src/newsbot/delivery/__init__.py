"""Claim, send, settle, rescue: the only place that calls a channel."""

from newsbot.delivery.sender import Sender

__all__ = ["Sender"]
