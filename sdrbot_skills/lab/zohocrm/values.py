"""Values by data type: what is taken, how it is kept, how it is given back (vendor docs "Insert Records", Kaizen "Data types").

Kept: moments as UTC text, looked-up records and users as their id, everything else as it was given.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sdrbot_skills.lab.core.store import Doc, Record
from sdrbot_skills.lab.zohocrm import specialfields
from sdrbot_skills.lab.zohocrm.errors import RowError
from sdrbot_skills.lab.zohocrm.org import Field, Module, Org

_EMAIL = re.compile(r"[+\-\w]([\w!#$%&'*+\-/=?^`{|}~.]*)@([\w\-]+\.)+[^\W\d_]{2,22}")
_PHONE = re.compile(r"[+]?([0-9A-Za-z().\-\s]){1,30}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([+-]\d{2}:?\d{2}|Z)")
USER_TYPES = frozenset({"ownerlookup", "userlookup"})
_NUMBERS = {"integer": 9, "bigint": 18}


class Values:
    """Checks and spells values of one organisation. `open_picklists`: values that a list does not have are taken as they are."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.open_picklists = "open_picklists" in org.options.variants

    def take(self, module: Module, field: Field, given: Any, where: str) -> Any:
        """The value as it is kept; None where it clears the field. Raises RowError."""
        if given is None or given == "":
            return False if field.data_type == "boolean" else None
        taker = _TAKERS.get(field.data_type)
        if taker is not None:
            return taker(self, module, field, given, where)
        return self._text(field, given, where)

    def _text(self, field: Field, given: Any, where: str) -> str:
        if not isinstance(given, str):
            raise _wrong(field, where, expected="text")
        text = given.replace("\r\n", "\n").strip()
        if len(text) > field.length:
            raise _wrong(field, where, maximum_length=field.length)
        return text

    def pattern(self, field: Field, given: Any, where: str, expression: re.Pattern[str]) -> str:
        text = self._text(field, given, where)
        if not expression.fullmatch(text):
            raise _wrong(field, where, expected=field.data_type)
        return text

    def option(self, field: Field, given: Any, where: str) -> str | None:
        if not isinstance(given, str):
            raise _wrong(field, where, expected="text")
        if given == "-None-":
            return None
        if given not in field.values() and not self.open_picklists:
            raise _wrong(field, where, supported_values=field.values())
        return given

    def looked_up(self, field: Field, given: Any, where: str) -> str:
        found = given.get("id") if isinstance(given, dict) else given if field.to == "users" else None
        if not isinstance(found, str | int):
            raise _wrong(field, where, expected="jsonobject")
        text = str(found)
        if field.to == "users":
            user = self.org.user(text)
            if user is None or user["status"] != "active":
                raise _wrong(field, where)
        elif not (text.isdigit() and len(text) < 20 and self.org.store.alive(field.to, [int(text)])):
            raise _wrong(field, where)
        return text

    # --- giving back ---

    def moment(self, milliseconds: int) -> str:
        """In the organisation's own zone, with its offset and without a fraction."""
        local = datetime.fromtimestamp(milliseconds // 1000, ZoneInfo(self.org.zone))
        return local.isoformat(timespec="seconds")

    def shown(self, module: Module, field: Field, record: Record) -> Any:
        """As a list or a single read gives it."""
        special = _SPECIAL.get(field.api_name)
        if special is not None:
            return special(self, record)
        if field.data_type in specialfields.CREATABLE:
            named = (lambda one: self.person(one)["name"]) if field.to == "users" else partial(self.name_of, field.to)
            return specialfields.shown(field, record.doc, named)
        value = record.doc.get(field.api_name)
        if value is None:
            return [] if field.json == "jsonarray" and field.api_name == "Tag" else None
        if field.data_type == "datetime":
            return self.moment(round(datetime.fromisoformat(value).timestamp() * 1000))
        if field.data_type in USER_TYPES:
            return self.person(value)
        if field.data_type == "lookup":
            return {"name": self.name_of(field.to, value), "id": value}
        return value

    def person(self, user_id: str) -> dict[str, str]:
        user = self.org.user(user_id) or {"first": "", "last": "", "email": ""}
        return {"name": f"{user['first']} {user['last']}", "id": user_id, "email": user["email"]}

    def name_of(self, module_name: str, record_id: str) -> str:
        module, record = self.org.module(module_name), self.org.store.get(module_name, int(record_id))
        if module is None or record is None:
            return ""
        return str(self.shown(module, module.names[module.display], record) or "")


def full_name(doc: Doc) -> str:
    return " ".join(part for part in (doc.get("First_Name"), doc.get("Last_Name")) if part)


def _wrong(
    field: Field,
    where: str,
    expected: str = "",
    maximum_length: int = 0,
    supported_values: list[str] | None = None,
) -> RowError:
    details: dict[str, Any] = {"api_name": field.api_name, "json_path": where}
    if expected:
        details = {"expected_data_type": expected, **details}
    if maximum_length:
        details = {"maximum_length": maximum_length, **details}
    if supported_values is not None:
        details = {"supported_values": supported_values, **details}
    return RowError("INVALID_DATA", details)


def _whole(values: Values, module: Module, field: Field, given: Any, where: str) -> Any:
    text = str(given)
    digits = _NUMBERS[field.data_type]
    if isinstance(given, bool | float) or not re.fullmatch(r"-?\d+", text):
        raise _wrong(field, where, expected="integer" if field.data_type == "integer" else "bigint")
    if field.data_type == "integer" and not isinstance(given, int):
        raise _wrong(field, where, expected="integer")
    if len(text.lstrip("-")) > digits:
        raise _wrong(field, where, maximum_length=digits)
    return int(text) if field.data_type == "integer" else text


def _decimal(values: Values, module: Module, field: Field, given: Any, where: str) -> Any:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise _wrong(field, where, expected="double")
    return round(float(given), field.digits) if field.digits else given


def _boolean(values: Values, module: Module, field: Field, given: Any, where: str) -> Any:
    if not isinstance(given, bool):
        raise _wrong(field, where, expected="boolean")
    return given


def _date(values: Values, module: Module, field: Field, given: Any, where: str) -> Any:
    if not isinstance(given, str) or not _DATE.fullmatch(given) or _parsed(given) is None:
        raise _wrong(field, where, expected="date")
    return given


def _moment(values: Values, module: Module, field: Field, given: Any, where: str) -> Any:
    if not isinstance(given, str) or not _MOMENT.fullmatch(given) or (moment := _parsed(given)) is None:
        raise _wrong(field, where, expected="datetime")
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _several(values: Values, module: Module, field: Field, given: Any, where: str) -> Any:
    if not isinstance(given, list):
        raise _wrong(field, where, expected="jsonarray")
    kept = [values.option(field, one, f"{where}[{number}]") for number, one in enumerate(given)]
    return list(dict.fromkeys(one for one in kept if one is not None)) or None


def _special(values: Values, module: Module, field: Field, given: Any, where: str) -> Any:
    return specialfields.take(values.org, field, given, where)


_TAKERS: dict[str, Callable[[Values, Module, Field, Any, str], Any]] = {
    "integer": _whole,
    "bigint": _whole,
    "double": _decimal,
    "currency": _decimal,
    "percent": _decimal,
    "boolean": _boolean,
    "date": _date,
    "datetime": _moment,
    "multiselectpicklist": _several,
    "picklist": lambda values, module, field, given, where: values.option(field, given, where),
    "email": lambda values, module, field, given, where: values.pattern(field, given, where, _EMAIL),
    "phone": lambda values, module, field, given, where: values.pattern(field, given, where, _PHONE),
    "lookup": lambda values, module, field, given, where: values.looked_up(field, given, where),
    "ownerlookup": lambda values, module, field, given, where: values.looked_up(field, given, where),
    **dict.fromkeys(specialfields.FILES | specialfields.SEVERAL, _special),
    "userlookup": lambda values, module, field, given, where: values.looked_up(field, given, where),
}

_SPECIAL: dict[str, Callable[[Values, Record], Any]] = {
    "id": lambda values, record: str(record.id),
    "Created_Time": lambda values, record: values.moment(record.created),
    "Modified_Time": lambda values, record: values.moment(record.modified),
    "Last_Activity_Time": lambda values, record: values.moment(record.modified),
    "Full_Name": lambda values, record: full_name(record.doc),
}
