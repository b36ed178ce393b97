"""What v2 accepts: unknown names, numbers as text and 1/0 for booleans are refused (guide "API v2 migration", custom fields guide)."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sdrbot_skills.lab.core.clock import to_seconds
from sdrbot_skills.lab.pipedrive import errors

ADDRESS = [
    "value",
    "country",
    "admin_area_level_1",
    "admin_area_level_2",
    "locality",
    "sublocality",
    "route",
    "street_number",
    "subpremise",
    "postal_code",
]
SHORT_TEXT, LONG_TEXT = 255, 65_000

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)")
_CLOCK = re.compile(r"\d\d:\d\d(:\d\d)?")


def text(key: str, value: Any, most: int = SHORT_TEXT) -> str:
    if not isinstance(value, str):
        raise errors.invalid(key, "The value is not a valid 'string'")
    if len(value) > most:
        raise errors.invalid(key, f"The length of the value should be between 1 and {most}")
    return value


def integer(key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise errors.invalid(key, "The value is not a valid 'integer'")
    return value


def number(key: str, value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise errors.invalid(key, "The value is not a valid 'number'")
    return value


def boolean(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise errors.invalid(key, "The value is not a valid 'boolean'")
    return value


def moment(key: str, value: Any) -> str:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise errors.invalid(key, "The value is not a valid 'date-time'")
    stamp = datetime.fromisoformat(value)
    return f"{to_seconds(stamp.astimezone(_UTC))}Z"


def day(key: str, value: Any) -> str:
    """An empty text is stored as a date that is none (seen live)."""
    if value == "":
        return "0000-00-00"
    try:
        return date.fromisoformat(text(key, value)).isoformat()
    except ValueError as error:
        raise errors.invalid(key, "The value is not a valid 'date'") from error


def contacts(key: str, value: Any) -> list[dict[str, Any]]:
    """E-mails, phones, messengers: `label` defaults to work, the first is primary where none says so."""
    if not isinstance(value, list):
        raise errors.invalid(key, "The value is not a valid 'array'")
    entries = []
    for entry in value:
        if not isinstance(entry, dict) or set(entry) - {"value", "primary", "label"}:
            raise errors.invalid(key, "The value is not a valid 'object'")
        primary = boolean(f"{key}.primary", entry.get("primary", False))
        label = text(f"{key}.label", entry.get("label", "work"))
        entries.append({"value": text(f"{key}.value", entry.get("value")), "primary": primary, "label": label})
    if entries and not any(entry["primary"] for entry in entries):
        entries[0]["primary"] = True
    return entries


def address(key: str, value: Any) -> dict[str, Any] | None:
    """Always the whole of it: parts left out become null."""
    if not isinstance(value, dict):
        raise errors.invalid(key, "The value is not a valid 'object'")
    for name in value:
        if name not in ADDRESS:
            raise errors.not_allowed(f"{key}.{name}")
    whole = text(f"{key}.value", value.get("value"))
    parts = {name: None if value.get(name) is None else text(f"{key}.{name}", value[name]) for name in ADDRESS[1:]}
    return {"value": whole, **parts} if whole else None


def integers(key: str, value: Any) -> list[int]:
    if not isinstance(value, list):
        raise errors.invalid(key, "The value is not a valid 'array'")
    return [integer(key, entry) for entry in value]


def objects(key: str, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise errors.invalid(key, "The value is not a valid 'array'")
    return value


_ROOT: dict[str, Callable[[str, Any], Any]] = {
    "text": text,
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "time": moment,
    "date": day,
    "contacts": contacts,
    "address": address,
    "integers": integers,
    "objects": objects,
}
_NULLED = frozenset({"integer", "number", "integers", "address", "objects", "contacts"})
"""Null for these is taken as "none" (unverified at the vendor); a text or date that does not say `?` refuses it (seen live)."""


def root(key: str, kind: str | list[str], value: Any) -> Any:
    """One attribute at the root of a body. Raises the vendor's 400."""
    if isinstance(kind, list):
        if value not in kind:
            raise errors.invalid(key, f"The value should be one of {', '.join(kind)}")
        return value
    bare = kind.removesuffix("?")
    if value is None and (kind.endswith("?") or bare in _NULLED):
        return [] if bare in ("integers", "contacts", "objects") else None
    if key in ("notes", "note", "description", "public_description"):
        return text(key, value, LONG_TEXT)
    return _ROOT[bare](key, value)


# --- inside custom_fields ---


def custom(code: str, field: Mapping[str, Any], value: Any) -> Any:
    """One value of `custom_fields`; null clears every type. Raises the vendor's 400, which names the field's code."""
    key = f"custom_fields.{code}"
    if value is None:
        return None
    return _CUSTOM[field["field_type"]](key, value, field)


def _option(key: str, value: Any, field: Mapping[str, Any]) -> int:
    chosen = integer(key, value)
    if chosen not in {option["id"] for option in field["options"] or ()}:
        raise errors.invalid(key, "The value is not a valid option")
    return chosen


def _options(key: str, value: Any, field: Mapping[str, Any]) -> list[int]:
    if not isinstance(value, list) or not value:
        raise errors.invalid(key, "The value is not a valid 'array' with at least one entry")
    return list(dict.fromkeys(_option(key, entry, field) for entry in value))


def _money(key: str, value: Any, _: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != {"value", "currency"}:
        raise errors.invalid(key, "The value needs 'value' and 'currency'")
    return {
        "value": number(f"{key}.value", value["value"]),
        "currency": text(f"{key}.currency", value["currency"], 3),
    }


def _range(check: Callable[[str, Any], Any]) -> Callable[[str, Any, Mapping[str, Any]], dict[str, Any]]:
    def check_range(key: str, value: Any, _: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(value, dict) or "value" not in value:
            raise errors.invalid(key, "The value is not a valid 'object'")
        rest = {name: part for name, part in value.items() if name == "timezone_name"}
        return {name: check(key, part) for name, part in value.items() if name in ("value", "until")} | rest

    return check_range


def _clock(key: str, value: Any) -> str:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise errors.invalid(key, "The value is not a valid 'time'")
    return value if len(value) == 8 else f"{value}:00"


_UTC = datetime.fromisoformat("2000-01-01T00:00:00Z").tzinfo
_CUSTOM: dict[str, Callable[[str, Any, Mapping[str, Any]], Any]] = {
    "varchar": lambda key, value, _: text(key, value) or None,
    "varchar_auto": lambda key, value, _: text(key, value) or None,
    "text": lambda key, value, _: text(key, value, LONG_TEXT) or None,
    "phone": lambda key, value, _: text(key, value) or None,
    "double": lambda key, value, _: number(key, value),
    "monetary": _money,
    "date": lambda key, value, _: day(key, value),
    "daterange": _range(day),
    "time": _range(_clock),
    "timerange": _range(_clock),
    "enum": _option,
    "set": _options,
    "address": lambda key, value, _: address(key, value),
    "user": lambda key, value, _: integer(key, value),
    "org": lambda key, value, _: integer(key, value),
    "people": lambda key, value, _: integer(key, value),
}
