"""When something from outside was published: the one reading of dates, for feeds, pages and databases."""

from newsbot.timestamps.parse import check_time, is_day_first, parse_timestamp

__all__ = ["check_time", "is_day_first", "parse_timestamp"]
