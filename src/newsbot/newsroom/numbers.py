"""Format counts and prices in English words for editors."""

from collections.abc import Sequence
from decimal import Decimal

from newsbot.composing.measures import find_possible_links
from newsbot.model import Part

__all__ = ["say_charge", "say_count", "say_usd"]


def say_count(count: int, noun: str) -> str:
    """Format a count as ``1 post`` or ``2 posts``; the plural of ``noun`` must end in s."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def say_usd(amount: Decimal) -> str:
    """Format an amount of US dollars with all its digits and at least two decimals:
    ``$0.20`` or ``$0.205``.
    """
    cents = amount.quantize(Decimal("0.01"))
    return f"${cents if cents == amount else amount.normalize():f}"


def say_charge(amount: Decimal, parts: Sequence[Part]) -> str:
    """Describe the price of a post on X with its reasons:
    ``$0.205 for a post with a link and an alt text``.
    """
    linked = sum(1 for part in parts if find_possible_links(part.text))
    described = sum(1 for part in parts for image in part.media[:1] if image.alt)
    named = (
        _format_count(linked, "post with a link", "posts with a link"),
        _format_count(len(parts) - linked, "post", "posts"),
        _format_count(described, "alt text", "alt texts"),
    )
    return f"{say_usd(amount)} for {' and '.join(filter(None, named))}"


def _format_count(n: int, one: str, many: str) -> str:
    article = "an" if one[0] == "a" else "a"
    return "" if not n else f"{article} {one}" if n == 1 else f"{n} {many}"
