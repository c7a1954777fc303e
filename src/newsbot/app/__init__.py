"""The composition root: the one place that knows every kind and wires them together."""

from newsbot.app.container import App

__all__ = ["App"]
