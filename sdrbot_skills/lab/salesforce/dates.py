"""Dates and times as the platform writes, reads and compares them. A stored instant is its wire text in UTC."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sdrbot_skills.lab.core.clock import to_seconds

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,3})?(Z|[+-]\d{2}:?\d{2})?")


def stamp(milliseconds: int) -> str:
    """2024-01-02T03:04:05.000+0000: whole seconds, an offset without a colon."""
    return _stamp(milliseconds // 1000)


@lru_cache(maxsize=4096)
def _stamp(seconds: int) -> str:
    return f"{to_seconds(datetime.fromtimestamp(seconds, UTC))}.000+0000"


@lru_cache(maxsize=4096)
def instant(text: str) -> str:
    """Canonical text of an ISO 8601 instant; without an offset it is UTC. Raises ValueError."""
    return f"{to_seconds(_parse(text))}.000+0000"


def milliseconds(text: str) -> int:
    """Of a canonical text."""
    return int(_parse(text).timestamp()) * 1000


def _parse(text: str) -> datetime:
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    day, time, offset = found.groups()
    return datetime.fromisoformat(f"{day}T{time}{(offset or 'Z')}").astimezone(UTC)


@lru_cache(maxsize=4096)
def day(text: str, zone: str) -> str:
    """Canonical date; an instant is cut to the date it has in the user's time zone. Raises ValueError."""
    if _DATE.fullmatch(text):
        return date.fromisoformat(text).isoformat()
    return _parse(text).astimezone(ZoneInfo(zone)).date().isoformat()


def midnight(when: date, zone: str) -> str:
    """The instant at which that day starts for the user."""
    local = datetime(when.year, when.month, when.day, tzinfo=ZoneInfo(zone))
    return f"{to_seconds(local.astimezone(UTC))}.000+0000"


def period(word: str, today: date) -> tuple[date, date]:
    """First day and first day after it of a SOQL date literal, e.g. THIS_YEAR, LAST_N_DAYS:30. Raises ValueError."""
    name, _, count = word.partition(":")
    amount = int(count or 0)
    one = timedelta(days=1)
    match name:
        case "TODAY" | "YESTERDAY" | "TOMORROW":
            start = today + one * {"TODAY": 0, "YESTERDAY": -1, "TOMORROW": 1}[name]
            return start, start + one
        case "LAST_N_DAYS":
            return today - one * amount, today + one
        case "NEXT_N_DAYS":
            return today + one, today + one * (amount + 1)
        case "N_DAYS_AGO":
            return today - one * amount, today - one * (amount - 1)
        case "LAST_90_DAYS":
            return today - one * 90, today + one
        case "NEXT_90_DAYS":
            return today + one, today + one * 91
    which, _, unit = name.partition("_")
    many, _, units = unit.partition("_")
    if many == "N" and which in ("LAST", "NEXT"):
        return _span(units.removesuffix("S"), today, *((-amount, 0) if which == "LAST" else (1, amount + 1)))
    steps = {"THIS": 0, "LAST": -1, "NEXT": 1}
    if which not in steps:
        raise ValueError(word)
    return _span(unit, today, steps[which], steps[which] + 1)


def _span(unit: str, today: date, first: int, last: int) -> tuple[date, date]:
    if unit == "WEEK":
        sunday = today - timedelta(days=(today.weekday() + 1) % 7)
        return sunday + timedelta(weeks=first), sunday + timedelta(weeks=last)
    months = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}.get(unit)
    if months is None:
        raise ValueError(unit)
    current = today.year * 12 + today.month - 1
    current -= current % months
    return _month(current + first * months), _month(current + last * months)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
