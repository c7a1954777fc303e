"""The composition root: the one package that knows every kind of source and channel and joins all."""

from newsbot.app.container import App

__all__ = ["App"]
