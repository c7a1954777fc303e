"""Times as people write them: ``18:30``, ``tomorrow 9am``, ``+20m``, ``2026-12-01 08:00``, ``明日 9時``.

A text is cut into tokens (`lexing`, by the words of `vocabulary`), every reading of them is found
(`grammar`), and each gives instants (`resolving`). It is a time where all readings give the same one.
"""

from newsbot.newsroom.times.reading import (
    REFUSALS,
    STAMP,
    TimeRefused,
    parse_time,
    replace_stamps,
    say_briefly,
    say_time,
    write_exactly,
)

__all__ = [
    "REFUSALS",
    "STAMP",
    "TimeRefused",
    "parse_time",
    "replace_stamps",
    "say_briefly",
    "say_time",
    "write_exactly",
]
