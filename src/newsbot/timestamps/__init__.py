"""The parsing of dates in feeds, pages and databases, such as the date of an article's publication."""

from newsbot.timestamps.parse import check_time, is_day_first, parse_timestamp

__all__ = ["check_time", "is_day_first", "parse_timestamp"]
