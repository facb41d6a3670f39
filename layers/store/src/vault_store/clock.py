"""Time: the system's, and one that stands still until told."""

from datetime import UTC, datetime, timedelta


class SystemClock:
    """The present moment, in UTC."""

    def __call__(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """Stands at ``now`` and moves only when told."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> None:
        if now.tzinfo is None:
            raise ValueError("a time needs a time zone")
        self.now = now.astimezone(UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **passed: float) -> datetime:
        """Move on by ``timedelta(**passed)``; returns the new time."""
        self.now += timedelta(**passed)
        return self.now
