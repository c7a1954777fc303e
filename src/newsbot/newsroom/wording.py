"""Word counts, prices, times, reasons and warnings in English, for the command line and the desk."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import NamedTuple

from newsbot.composing.compose import TEXT_WARNINGS
from newsbot.composing.measures import find_possible_links
from newsbot.model import Draft, Part, Post, PostWarning
from newsbot.reasons import Reason, Wording, render

__all__ = [
    "format_time_briefly",
    "group_warnings",
    "say_charge",
    "say_count",
    "say_reason",
    "say_time",
    "say_usd",
    "write_exactly",
]


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


def say_time(at: datetime, zone: tzinfo) -> str:
    """Format a time with its date and zone, so that the person who wrote it can check it:
    ``Mon 1 Dec 2026 08:00 PKT``.
    """
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y %H:%M %Z}"


def format_time_briefly(at: datetime, zone: tzinfo, now: datetime) -> str:
    """Format a time briefly, for a table.

    The result is ``08:00`` for a time today, ``Mon 08:00`` within three days, else ``1 Dec 08:00``, or ``1
    Dec 2027`` in another year.
    """
    local, today = at.astimezone(zone), now.astimezone(zone)
    days = (local.date() - today.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    # The weekday is named only for a day at most three days away; for another day, it would not be clear
    # which week is meant.
    if abs(days) <= 3:  # noqa: PLR2004
        return f"{local:%a %H:%M}"
    return f"{local.day} {local:%b %H:%M}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def write_exactly(at: datetime, zone: tzinfo) -> str:
    """Format a time as ``2026-12-01 08:00``; with its UTC offset if clocks are put
    back so that it comes twice.
    """
    local = at.astimezone(zone)
    twice = local.replace(fold=1 - local.fold).astimezone(UTC) != at.astimezone(UTC)
    return local.isoformat(timespec="minutes")[:22] if twice else f"{local:%Y-%m-%d %H:%M}"


def say_reason(reason: Reason, zone: tzinfo, name: Callable[[str], str] = str) -> str:
    """Return a reason as English text for the command line, with its times in the time zone ``zone``.

    ``name`` returns the name of a person whom the ledger calls ``tg:111``.
    """
    return render(reason, Wording(lambda at: say_time(at, zone), name))


class SharedWarning(NamedTuple):
    """A warning to editors, and the indices of the posts to name with it;
    () if it concerns the article itself.
    """

    reason: Reason
    posts: tuple[int, ...]


def group_warnings(of: Sequence[Post | Draft]) -> list[SharedWarning]:
    """Return each warning of the posts or drafts ``of`` once, with the posts to name with the warning.

    A warning about a post's text, such as that its headline was cut, names its posts even if all have it,
    because each post has its own text. If ``of`` is a single post, no warning names it.
    """
    found: dict[PostWarning, list[int]] = {}
    for index, post in enumerate(of):
        for warning in dict.fromkeys(post.warnings):
            found.setdefault(warning, []).append(index)
    shared = []
    for warning, having in found.items():
        named = len(of) > 1 and (len(having) < len(of) or warning.code in TEXT_WARNINGS)
        shared.append(SharedWarning(warning.reason, tuple(having) if named else ()))
    return shared
