"""When something from outside was published: the one reading of dates, for feeds, pages and databases."""

from newsbot.timestamps.parse import day_comes_first, parse_timestamp, trusted_time

__all__ = ["day_comes_first", "parse_timestamp", "trusted_time"]
