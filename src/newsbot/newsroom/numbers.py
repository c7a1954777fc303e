"""Formatting counts for people."""

__all__ = ["say_count"]


def say_count(count: int, noun: str) -> str:
    """Format a count as ``1 post`` or ``2 posts``, for nouns with a plural in s."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
