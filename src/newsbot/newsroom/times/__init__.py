"""Read times as people write them: ``18:30``, ``tomorrow 9am``, ``+20m``, ``2026-12-01 08:00``, ``明日 9時``.

The module `lexing` splits a text into tokens, by the words of `vocabulary`. `grammar` finds every reading of
the tokens, and `resolving` turns each reading into instants. The text is a time if all readings give the same
instant.
"""

from newsbot.newsroom.times.reading import (
    EXAMPLES,
    REFUSALS,
    TimeRefused,
    parse_time,
    say_briefly,
    say_time,
    write_exactly,
)

__all__ = [
    "EXAMPLES",
    "REFUSALS",
    "TimeRefused",
    "parse_time",
    "say_briefly",
    "say_time",
    "write_exactly",
]
