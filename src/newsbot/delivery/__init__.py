"""Delivery: claim posts, send them and record the outcomes. Only this package calls a platform's channel."""

from newsbot.delivery.sender import Sender

__all__ = ["Sender"]
