"""Counts as they are read."""

__all__ = ["say_count"]


def say_count(count: int, noun: str) -> str:
    """``1 post``, ``2 posts``: for nouns that take an s."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
