"""When a spent day opens again: at midnight where the vendor counts days, or as our own calls of a day ago fall out of a rolling day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Resets = Literal["rolling", "midnight", "midnight UTC"]
"""`midnight`: in the account's own time zone."""

HOUR, DAY = 3600.0, 86_400.0
MARGIN = 60.0
"""Seconds after midnight: the vendor's clock and ours differ."""
WORTH_WAKING = 0.05
"""The part of a day's allowance that has to be free before it is worth going on."""


def opens_in(now: float, resets: Resets, zone: str | None, amount: float, spent: Mapping[str, int]) -> float:
    """Seconds until calls may leave again. `spent`: our own calls of the last day, by the epoch second at which their hour began.

    Where a rolling day was spent by others, nobody tells when it opens: an hour then.
    """
    if resets != "rolling":
        return _midnight(now, "UTC" if resets == "midnight UTC" else zone) + MARGIN - now
    free = 0
    for began in sorted(map(int, spent)):
        free += spent[str(began)]
        if began > now - DAY and free >= WORTH_WAKING * amount:
            return began + HOUR + DAY - now
    return HOUR


def counted(spent: Mapping[str, int], now: float) -> dict[str, int]:
    """Our own calls with one more, those of more than a day ago left out."""
    hour = str(int(now // HOUR * HOUR))
    kept = {began: number for began, number in spent.items() if int(began) > now - DAY - HOUR}
    return {**kept, hour: kept.get(hour, 0) + 1}


def _midnight(now: float, zone: str | None) -> float:
    """The next one there, by the calendar: a day may have 23 or 25 hours."""
    try:
        place = ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):  # a vendor's own name for a zone
        place = ZoneInfo("UTC")
    today = datetime.fromtimestamp(now, UTC).astimezone(place).date()
    return datetime.combine(today + timedelta(days=1), time(), place).timestamp()
