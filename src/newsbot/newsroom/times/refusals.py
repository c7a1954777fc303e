"""Why what somebody wrote is not taken for a time."""

from datetime import datetime, tzinfo

from newsbot.errors import UsageError
from newsbot.newsroom.times.saying import say_time

__all__ = ["REFUSALS", "TimeRefused"]

REFUSALS = {
    "unknown": "{text} is no time: write it like 18:30, +20m, tomorrow 9am or {example}",
    "no clock": "{text} names a day without a time of day: write it like tomorrow 9am or {example}",
    "unit": "{text} has no unit: write it like +90m or +2h",
    "bare": "{text} is a length of time: write it like +20m or +2h, or a time of day like 18:30",
    "two": "{text} can be {first} or {second}: write it like {example}",
    "left out": "{text} is when the clocks are put forward and does not come: write it like {example}",
    "zone": "{text} names a zone's short name that does not fit then: write it like {example}",
    "weekday": "{text} has a date that is another weekday: write it like {example}",
    "no day": "{text} is no day of the calendar: write it like {example}",
    "past": "{text} is {first}, which is past",
    "too far": "{text} is over a hundred years ahead",
    # those that a person can confirm
    "far": "{text} is {first}, over a year ahead",
    "next year": "{text} is {first}, as it is past in this year",
    "near": "{text} is {first}, which is two minutes away or less",
}


class TimeRefused(UsageError):  # noqa: N818  a decision
    """``why`` is a key of `REFUSALS`; ``text`` what was written, ``times`` what it can mean.

    ``example`` writes one that is right. ``asks``: it is ``times[0]`` once a person says yes to that.
    """

    def __init__(
        self, why: str, *, text: str, times: tuple[datetime, ...], zone: tzinfo, example: str, asks: bool
    ) -> None:
        self.why = why
        self.text = text
        self.times = times
        self.example = example
        self.asks = asks
        said = dict(zip(("first", "second"), (say_time(at, zone) for at in times), strict=False))
        super().__init__(REFUSALS[why].format(text=repr(text), example=example, **said))
