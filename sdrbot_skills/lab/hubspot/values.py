"""How HubSpot checks and normalises one property value before it stores it (always as text)."""

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from sdrbot_skills.lab.core.clock import iso_z

Check = Callable[[str], str]
MAX_TEXT = 65_536
_EMAIL = re.compile(r"[^@\s,;<>\"()\[\]]+@([\w-]+\.)+[^\W\d_][\w-]+", re.ASCII)
_URL = re.compile(r"https?://|www\.", re.IGNORECASE)
_INTEGER = re.compile(r"-?\d+")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class BadValue(Exception):
    """`error` is HubSpot's code, e.g. INVALID_OPTION."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(message)
        self.error = error
        self.message = message


def as_text(value: Any) -> str:
    """JSON booleans and numbers are taken as text; null clears like ""."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise BadValue("INVALID_STRING", "a property value must be a string, a number or a boolean")


def check_for(definition: dict[str, Any], owners: Collection[str]) -> Check:
    """The check for values that are not empty. `owners` are the ids that an owner property may hold."""
    name, kind = definition["name"], definition["type"]
    metadata = definition.get("modificationMetadata") or {}
    if metadata.get("readOnlyValue") or definition.get("calculated"):
        return _refuse_read_only(name)
    if definition.get("referencedObjectType") == "OWNER":
        return _owner(owners)
    if kind == "enumeration":
        return _enumeration(definition)
    if kind == "bool":
        return _one_of(("true", "false"))
    if name in ("firstname", "lastname"):
        return _person_name
    return {"number": _number, "date": _date, "datetime": _datetime}.get(kind, text)


def email(value: str) -> str:
    """Lower case, trimmed; raises BadValue where it is no address."""
    address = value.strip().lower()
    if not _EMAIL.fullmatch(address) or len(address) > 254:
        raise BadValue("INVALID_EMAIL", f"Email address {value} is invalid")
    return address


def domain(value: str) -> str:
    """Bare host of a company's domain: no scheme, no www., no path."""
    host = value.strip().lower().partition("://")[2] or value.strip().lower()
    return host.partition("/")[0].removeprefix("www.")


def _refuse_read_only(name: str) -> Check:
    def check(value: str) -> str:
        raise BadValue("READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')

    return check


def text(value: str) -> str:
    if len(value) > MAX_TEXT:
        raise BadValue("VALUE_TOO_LONG", f"Property value is {len(value)} characters long, the limit is {MAX_TEXT}")
    return value


def _person_name(value: str) -> str:
    if _URL.search(value):
        raise BadValue("INVALID_NAME", f"{value} must not contain a URL")
    return text(value)


def _number(value: str) -> str:
    text = value.strip()
    if not _NUMBER.fullmatch(text):
        raise BadValue("INVALID_LONG", f"{value} was not a valid number.")
    return text


def _one_of(options: Collection[str]) -> Check:
    allowed = frozenset(options)
    shown = ", ".join(options)

    def check(value: str) -> str:
        if value not in allowed:
            raise BadValue("INVALID_OPTION", f"{value} was not one of the allowed options: [{shown}]")
        return value

    return check


def _enumeration(definition: dict[str, Any]) -> Check:
    if definition.get("externalOptions"):
        return text
    one = _one_of([option["value"] for option in definition.get("options", [])])
    if definition["fieldType"] != "checkbox":
        return one

    def many(value: str) -> str:
        append = ";" if value.startswith(";") else ""
        return append + ";".join(dict.fromkeys(one(part) for part in value.split(";") if part))

    return many


def _owner(owners: Collection[str]) -> Check:
    def check(value: str) -> str:
        if value not in owners:
            raise BadValue("INVALID_OWNER_ID", f"The owner id {value} does not exist.")
        return value

    return check


def _date(value: str) -> str:
    if len(value) == 10 and value[4] == "-":
        try:
            datetime.fromisoformat(value)
        except ValueError as error:
            raise BadValue("INVALID_DATE", f"{value} was not a valid date.") from error
        return value
    moment = _moment(value, "INVALID_DATE")
    if moment % 86_400_000:
        clock = (_EPOCH + timedelta(milliseconds=moment)).strftime("%H:%M:%S.%f")[:-3]
        raise BadValue("INVALID_DATE", f"{value} is at {clock} UTC, not midnight!")
    return iso_z(moment)[:10]


def _datetime(value: str) -> str:
    return shown(_moment(value, "INVALID_DATE"))


def shown(milliseconds: int) -> str:
    """As HubSpot shows an instant: without a fraction where there is none."""
    text = iso_z(milliseconds)
    return text[:-5] + "Z" if text.endswith(".000Z") else text


def instant(value: str) -> int:
    """Milliseconds since 1970, as search compares dates; raises BadValue."""
    return _moment(value, "INVALID_DATE")


def _moment(value: str, error: str) -> int:
    """Milliseconds since 1970 of "1700000000000" or ISO 8601; without a zone it counts as UTC."""
    text = value.strip()
    try:
        if _INTEGER.fullmatch(text):
            milliseconds = int(text)
            _ = _EPOCH + timedelta(milliseconds=milliseconds)
            return milliseconds
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as reason:
        raise BadValue(error, f"{value} was not a valid date.") from reason
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((moment - _EPOCH) / timedelta(milliseconds=1))
