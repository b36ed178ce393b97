"""The lab's clock: real time plus an offset that tests move forward (token expiry, search lag, rate windows)."""

import time
from datetime import UTC, datetime


class Clock:
    def __init__(self) -> None:
        self._offset = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._offset

    def now_ms(self) -> int:
        return int(self.now() * 1000)

    def advance(self, seconds: float) -> None:
        self._offset += seconds


def iso_z(milliseconds: int) -> str:
    """2024-03-01T10:00:00.123Z"""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{to_seconds(moment)}.{milliseconds % 1000:03d}Z"


def to_seconds(moment: datetime) -> str:
    """2024-03-01T10:00:00, without its zone; four digits of the year also before 1000, which `%Y` does not give everywhere."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")
