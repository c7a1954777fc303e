"""newsbot: new articles become posts on Telegram and X, each sent once and accounted for."""

__all__ = ["__version__"]

__version__ = "0.1.0"
