"""Filters in words: `created this year`, `owned by a@b.c`, `since 2026-01-01`, `lifecyclestage = customer`, `email is known`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rapidfuzz import process

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Filter
from sdrbot_skills.model.records import Comparison
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.model.values import Kind, instant
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.names import plain_words
from sdrbot_skills.planning.survey import Survey

UNDERSTOOD = (
    "created this year, changed last month, created in the last 90 days, since 2026-01-01, created after 2024, created before 2026-01-01, "
    "in Germany, owned by a@b.c, FIELD = VALUE, FIELD in A, B, FIELD is known, FIELD is empty"
)

_AGES = {
    "created": "created_field",
    "changed": "modified_field",
    "modified": "modified_field",
    "updated": "modified_field",
}
_NOT_TWICE = {"lead": ("is converted", "converted")}
_OPERATORS = {
    "=": Comparison.EQ,
    "!=": Comparison.NE,
    "<": Comparison.LT,
    "<=": Comparison.LE,
    ">": Comparison.GT,
    ">=": Comparison.GE,
}


def add_filters(drafts: Mapping[str, Draft], phrases: Sequence[str], ours: Survey) -> None:
    """Put the phrases into the drafts they are for, after those that keep a record from being carried twice."""
    for draft in drafts.values():
        draft.filter += _not_twice(draft)
    for phrase in phrases:
        word, colon, rest = phrase.partition(":")
        named = bool(colon) and word.strip() in drafts
        for name in [word.strip()] if named else list(drafts):
            text = rest if named else phrase
            draft = drafts[name]
            draft.filter += parse_filter(text, draft.source, ours)


def parse_filter(phrase: str, schema: ObjectSchema, ours: Survey, today: date | None = None) -> list[Filter]:
    """The conditions a phrase means for one object. Raises `ConfigurationError` with what would be understood.

    Days are counted in the source account's time zone; a field that holds times is compared with the moment at which the day begins.
    """
    text = re.sub(r"\s+", " ", phrase).strip()
    found = (
        _by_age(text, schema, ours.zone, today or datetime.now(ZoneInfo(ours.zone)).date())
        or _by_owner(text, schema, ours)
        or _by_field(text, schema, ours.zone)
    )
    if not found:
        raise ConfigurationError(f"The filter {phrase!r} is not understood. Understood: {UNDERSTOOD}.")
    return found


def _not_twice(draft: Draft) -> list[Filter]:
    """Converted leads live on as contacts: without this they would be carried twice."""
    names = _NOT_TWICE.get(draft.source.standard or "", ())
    return [
        Filter(field=field.name, op=Comparison.EQ, value=False)
        for field in draft.source.fields
        if field.kind is Kind.BOOLEAN and not field.custom and plain_words(field.name) in names
    ]


def _by_age(text: str, schema: ObjectSchema, zone: str, today: date) -> list[Filter]:
    match = re.fullmatch(r"(?:(created|changed|modified|updated) )?(?:in (?:the )?)?(.+)", text, re.IGNORECASE)
    if match is None:
        return []
    span = _span(match[2].lower(), today)
    if span is None:
        return []
    verb = (match[1] or "created").lower()
    name = getattr(schema, _AGES[verb])
    if name is None:
        raise ConfigurationError(f"{schema.label} does not say when a record was {verb}.")
    field = schema.field(name)
    start, end = span
    found = []
    if start is not None:
        found.append(Filter(field=name, op=Comparison.GE, value=_day(field, start, zone)))
    if end is not None:
        found.append(Filter(field=name, op=Comparison.LT, value=_day(field, end, zone)))
    return found


def _span(text: str, today: date) -> tuple[date | None, date | None] | None:
    """First day, and the first day no longer in it."""
    month = today.replace(day=1)
    week = today - timedelta(days=today.weekday())
    before = (month - timedelta(days=1)).replace(day=1)
    named: dict[str, tuple[date | None, date | None]] = {
        "today": (today, None),
        "yesterday": (today - timedelta(days=1), today),
        "this week": (week, None),
        "last week": (week - timedelta(days=7), week),
        "this month": (month, None),
        "last month": (before, month),
        "this year": (date(today.year, 1, 1), None),
        "last year": (date(today.year - 1, 1, 1), date(today.year, 1, 1)),
    }
    if text in named:
        return named[text]
    if match := re.fullmatch(r"(?:last|past) (\d+) (day|week|month|year)s?", text):
        days = int(match[1]) * {"day": 1, "week": 7, "month": 30, "year": 365}[match[2]]
        return today - timedelta(days=days), None
    if match := re.fullmatch(r"(since|from|after|before|until) (\d{4}-\d{2}-\d{2})", text):
        day = _date(match[2])
        return _bound(match[1], day) if day else None
    if match := re.fullmatch(
        r"(since|from|after|before|until|in) ([1-8]\d{3})(?:-(0[1-9]|1[0-2]))?",
        f"in {text}" if text[:1].isdigit() else text,
    ):
        return _whole(match[1], int(match[2]), int(match[3]) if match[3] else None)
    return None


def _whole(word: str, year: int, month: int | None) -> tuple[date | None, date | None]:
    """A whole year or month: `after 2024` begins with 2025, `since 2024` with 2024."""
    start = date(year, month or 1, 1)
    end = date(year + 1, 1, 1) if month in (None, 12) else date(year, int(month or 0) + 1, 1)
    spans: dict[str, tuple[date | None, date | None]] = {
        "after": (end, None),
        "before": (None, start),
        "until": (None, end),
        "in": (start, end),
    }
    return spans.get(word, (start, None))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:  # the thirtieth of February
        return None


def _bound(word: str, day: date) -> tuple[date | None, date | None]:
    following = day + timedelta(days=1)
    return {"since": (day, None), "from": (day, None), "after": (following, None), "before": (None, day)}.get(
        word, (None, following)
    )


def _day(field: Field | None, day: date, zone: str) -> str:
    if field is not None and field.kind is Kind.DATE:
        return day.isoformat()
    return instant(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).isoformat())


def _by_owner(text: str, schema: ObjectSchema, ours: Survey) -> list[Filter]:
    if schema.owner_field and text.lower() in ("without owner", "unowned"):
        return [Filter(field=schema.owner_field, op=Comparison.UNKNOWN)]
    match = re.fullmatch(r"(?:owned by|owner(?: is| =)?) (\S+@\S+)", text, re.IGNORECASE)
    if match is None:
        return []
    if schema.owner_field is None:
        raise ConfigurationError(f"{schema.label} has no owner.")
    ids = [user.id for user in ours.users if (user.email or "").casefold() == match[1].casefold()]
    if not ids:
        raise ConfigurationError(f"The source has no user {match[1]}.")
    return [
        Filter(
            field=schema.owner_field,
            op=Comparison.IN if len(ids) > 1 else Comparison.EQ,
            value=ids if len(ids) > 1 else ids[0],
        )
    ]


def _by_field(text: str, schema: ObjectSchema, zone: str) -> list[Filter]:
    if match := re.fullmatch(r"(?:are |is |live |based )?in (?:the )?(.+)", text, re.IGNORECASE):
        text = f"country = {match[1]}"
    if match := re.fullmatch(r"(.+?) (?:is )?(known|filled|set|unknown|empty|missing)", text, re.IGNORECASE):
        op = Comparison.KNOWN if match[2].lower() in ("known", "filled", "set") else Comparison.UNKNOWN
        return [Filter(field=field_named(match[1], schema).name, op=op)]
    if match := re.fullmatch(r"(.+?) in (.+)", text, re.IGNORECASE):
        field = field_named(match[1], schema)
        return [
            Filter(
                field=field.name,
                op=Comparison.IN,
                value=[_canonical(field, part.strip(), zone) for part in match[2].split(",")],
            )
        ]
    if match := re.fullmatch(r"(.+?) ?(!=|<=|>=|=|<|>) ?(.+)", text):
        field = field_named(match[1], schema)
        return [Filter(field=field.name, op=_OPERATORS[match[2]], value=_canonical(field, match[3], zone))]
    return []


def field_named(text: str, schema: ObjectSchema) -> Field:
    """A field by API name, label or standard name. Raises `ConfigurationError` with the names that come near."""
    wanted = text.strip().casefold()
    for field in schema.fields:
        standard = (field.standard or "").partition(".")[2].replace("_", " ")
        if wanted in (field.name.casefold(), field.label.casefold(), standard or None):
            return field
    near = [
        match[0] for match in process.extract(text, [field.name for field in schema.fields], limit=3, score_cutoff=60)
    ]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise ConfigurationError(
        f"{schema.label} has no field {text.strip()!r}.{hint} What is meant for one object alone is written `contacts: ...`."
    )


def _canonical(field: Field, text: str, zone: str) -> Any:
    text = text.strip().strip("\"'")
    if field.kind in (Kind.BOOLEAN, Kind.CONSENT):
        return text.casefold() in ("true", "yes", "1")
    if field.kind is Kind.INSTANT and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return _day(field, date.fromisoformat(text), zone)
    if field.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.MONEY):
        if not re.fullmatch(r"-?\d+(\.\d+)?", text):
            raise ConfigurationError(f"{field.label} ({field.name}) holds numbers; {text!r} is none.")
        return float(text) if "." in text else int(text)
    if field.options:
        hits = [
            option.value
            for option in field.options
            if text.casefold() in (option.value.casefold(), option.label.casefold())
        ]
        if not hits:
            known = ", ".join(option.label for option in field.options[:15])
            raise ConfigurationError(f"{field.label} ({field.name}) has no option {text!r}. It has: {known}.")
        return hits[0]
    return text
