"""Delivery: claiming posts, sending them and recording the outcome. Only this package calls a channel."""

from newsbot.delivery.sender import Sender

__all__ = ["Sender"]
