"""The machine's clock."""

from datetime import UTC, datetime

__all__ = ["SystemClock"]


class SystemClock:
    """The Clock port on this machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)
