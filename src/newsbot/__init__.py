"""newsbot: new articles become posts on Telegram and X, and each post is sent once and accounted for."""

__all__ = ["__version__"]

__version__ = "0.1.0"
