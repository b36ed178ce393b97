"""What a field accepts and how it is stored. A stored document has the shape that reading shows: no text is ever null, it is ""."""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

from sdrbot_skills.lab.twenty import errors
from sdrbot_skills.lab.twenty.composites import COMPOSITES, empty
from sdrbot_skills.lab.twenty.schema import PARTS, Field

UUID_TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
RATINGS = [f"RATING_{number}" for number in range(1, 6)]

Write = Callable[[Field, Any], Any]


def write(field: Field, value: Any, old: Any) -> Any:
    """The stored value. `old` is what a composite merges into (its empty value for a new record)."""
    if field.type in COMPOSITES:
        return COMPOSITES[field.type](field.name, value, old)
    if field.type == "TS_VECTOR":
        raise errors.bad_request(f"{field.name} TS_VECTOR-typed field does not support write operations")
    if value is None:
        return nothing(field)
    return _WRITERS.get(field.type, _as_it_is)(field, value)


def _as_it_is(field: Field, value: Any) -> Any:
    return value


def nothing(field: Field) -> Any:
    """What a field without a value reads as."""
    if field.join:
        return None
    if field.type in PARTS:
        return empty(field.type)
    return {"TEXT": "", "MULTI_SELECT": [], "ARRAY": [], "TS_VECTOR": ""}.get(field.type)


def default(field: Field) -> Any:
    """What a new record has where nothing was sent. Text defaults are written in inner quotes."""
    given = field.doc.get("defaultValue")
    if given is None or field.type in ("UUID", "DATE_TIME"):
        return nothing(field)
    if field.type == "ACTOR":
        return {
            **empty("ACTOR"),
            "source": _unquoted(given.get("source", "")),
            "name": _unquoted(given.get("name", "")),
        }
    if field.type in PARTS:
        return {**empty(field.type), **{part: _unquoted(value) for part, value in given.items() if value is not None}}
    return [_unquoted(one) for one in given] if isinstance(given, list) else _unquoted(given)


def _unquoted(value: Any) -> Any:
    return value[1:-1] if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == "'" else value


def is_uuid(text: Any) -> bool:
    return isinstance(text, str) and UUID_TEXT.fullmatch(text) is not None


def shown(value: Any) -> str:
    """As the server prints a value in a message: text in single quotes, everything else bare."""
    if isinstance(value, str):
        return f"'{value}'"
    return orjson.dumps(value).decode() if isinstance(value, bool | dict | list) else str(value)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise errors.bad_request(f'Invalid string value {shown(value)} for text field "{field.name}"')
    if "\0" in value:
        raise errors.Refusal(500, "Data validation error.", "InternalServerErrorException")
    return value


def _number(field: Field, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise errors.bad_request(f'Invalid number value {shown(value)} for field "{field.name}"')
    return value


def _boolean(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise errors.bad_request(f'Invalid boolean value {shown(value)} for field "{field.name}"')
    return value


def instant(value: Any, name: str) -> str:
    """UTC with milliseconds; a bare date is midnight UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and value[:4].isdigit() else None
    except ValueError:
        moment = None
    if moment is None:
        words = f"for date-time field \"{name}\". Expected format: 'YYYY-MM-DDTHH:mm:ssZ'"
        raise errors.bad_request(f"Invalid value {shown(value)} {words}")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _date(field: Field, value: Any) -> str:
    """A time of day is cut off; slashes are read the American way."""
    if isinstance(value, str):
        if american := AMERICAN.fullmatch(value):
            value = f"{american[3]}-{int(american[1]):02}-{int(american[2]):02}"
        try:
            return date.fromisoformat(value[:10]).isoformat()
        except ValueError:
            pass
    words = f"for date field \"{field.name}\". Expected format: 'YYYY-MM-DD'"
    raise errors.bad_request(f"Invalid value {shown(value)} {words}")


def _one_of(name: str, value: Any, options: list[str]) -> str:
    if value not in options:
        listed = ", ".join(options)
        raise errors.bad_request(f'Invalid value "{value}" for field "{name}". Valid values are: {listed}')
    return str(value)


def _select(field: Field, value: Any) -> str:
    return _one_of(field.name, value, field.options)


def _rating(field: Field, value: Any) -> str:
    return _one_of(field.name, _text(field, value), field.options or RATINGS)


def _multi_select(field: Field, value: Any) -> list[str]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or any(one not in field.options for one in values):
        raise errors.bad_request(f'Invalid value {shown(value)} for multi select field "{field.name}"')
    return values


def uuid(value: Any, name: str) -> str:
    if not is_uuid(value):
        raise errors.bad_request(f'Invalid UUID value {shown(value)} for field "{name}"')
    return str(UUID(value))


def _json(field: Field, value: Any) -> Any:
    if isinstance(value, dict | list):
        return value
    try:
        return orjson.loads(value)
    except (orjson.JSONDecodeError, TypeError):
        raise errors.bad_request(f'Invalid object value {shown(value)} for field "{field.name}"') from None


def _array(field: Field, value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_WRITERS: dict[str, Write] = {
    "TEXT": _text,
    "NUMBER": _number,
    "NUMERIC": _number,
    "BOOLEAN": _boolean,
    "DATE": _date,
    "DATE_TIME": lambda field, value: instant(value, field.name),
    "SELECT": _select,
    "MULTI_SELECT": _multi_select,
    "RATING": _rating,
    "UUID": lambda field, value: uuid(value, field.name),
    "RELATION": lambda field, value: uuid(value, field.join or field.name),
    "MORPH_RELATION": lambda field, value: uuid(value, field.join or field.name),
    "RAW_JSON": _json,
    "ARRAY": _array,
}
