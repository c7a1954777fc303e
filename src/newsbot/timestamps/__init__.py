"""The parsing of publication dates in feeds, pages and databases."""

from newsbot.timestamps.parse import check_time, is_day_first, parse_timestamp

__all__ = ["check_time", "is_day_first", "parse_timestamp"]
