"""When something from outside was published: the one reading of dates, for feeds and pages alike."""

from newsbot.timestamps.parse import day_comes_first, parse_timestamp

__all__ = ["day_comes_first", "parse_timestamp"]
