"""The English text of reasons, with times in the newsroom's time zone."""

from datetime import tzinfo

from newsbot.newsroom.times import say_time
from newsbot.reasons import EnglishWording, Reason, render

__all__ = ["say_reason"]


def say_reason(reason: Reason, zone: tzinfo) -> str:
    """Return a reason as English text for the command line, with its times in ``zone``."""
    return render(reason, EnglishWording(lambda at: say_time(at, zone)))
