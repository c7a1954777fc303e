"""Render reasons as English text, with times in the newsroom's time zone."""

from collections.abc import Callable
from datetime import tzinfo

from newsbot.newsroom.times import say_time
from newsbot.reasons import Reason, Wording, render

__all__ = ["say_reason"]


def say_reason(reason: Reason, zone: tzinfo, name: Callable[[str], str] = str) -> str:
    """Return a reason as English text for the command line, with its times in the time zone ``zone``.

    ``name`` returns the name of a person whom the ledger calls ``tg:111``.
    """
    return render(reason, Wording(lambda at: say_time(at, zone), name))
