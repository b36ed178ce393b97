"""Field values as they come in: checked and brought into the form in which the platform keeps them.

A value of the wrong JSON kind (text that is no date, null for a checkbox, ...) raises `Unparsable`: the platform finds it while it
parses the request and refuses the whole request, not the row.
"""

import re
from collections.abc import Callable
from typing import Any

from sdrbot_skills.lab.salesforce import dates, ids
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.schema import Field

Check = Callable[[Any], Any]
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]+\.[^\s@.,;:<>()\[\]\"\\]{2,}")
_KINDS = {
    str: "VALUE_STRING",
    int: "VALUE_NUMBER_INT",
    float: "VALUE_NUMBER_FLOAT",
    dict: "START_OBJECT",
    list: "START_ARRAY",
}


class Unparsable(Refusal):
    """Refuses the request as a whole."""

    def __init__(self, kind: str, value: Any) -> None:
        token = (
            {True: "VALUE_TRUE", False: "VALUE_FALSE"}[value]
            if isinstance(value, bool)
            else _KINDS.get(type(value), "VALUE_NULL")
        )
        super().__init__(
            "JSON_PARSER_ERROR",
            f"Cannot deserialize instance of {kind} from {token} value {value} or request may be missing a required"
            " field at [line:1, column:1]",
        )


def checker(f: Field, zone: str) -> Check:
    """A function from the wire value (never None) to what is stored; None clears. Raises Refusal."""
    if f.type in ("int", "double", "currency", "percent"):
        return _number(f)
    makers: dict[str, Callable[[Field], Check]] = {
        "boolean": _boolean,
        "email": _email,
        "picklist": _picklist,
        "multipicklist": _multipicklist,
        "reference": _reference,
        "id": _reference,
        "datetime": _datetime,
    }
    if f.type == "date":
        return _date(zone)
    return makers.get(f.type, _text)(f)


def _text(f: Field) -> Check:
    length, label, name = f.length, f.label, f.name

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            if isinstance(value, dict | list):
                raise Unparsable("string", value)
            value = str(value).lower() if isinstance(value, bool) else str(value)
        text = value.strip()
        if length and len(text) > length:
            message = f"{label}: data value too large: {text} (max length={length})"
            raise Refusal("STRING_TOO_LONG", message, [name])
        return text or None

    return check


def _email(f: Field) -> Check:
    text = _text(f)

    def check(value: Any) -> Any:
        address = text(value)
        if address and not _EMAIL.fullmatch(address):
            raise Refusal("INVALID_EMAIL_ADDRESS", f"{f.label}: invalid email address: {address}", [f.name])
        return address

    return check


def _boolean(f: Field) -> Check:
    def check(value: Any) -> Any:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise Unparsable("boolean", value)

    return check


def _number(f: Field) -> Check:
    whole = f.type == "int"
    most = 10 ** (f.digits or 8) if whole else 10 ** (f.precision - f.scale)

    def check(value: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            return None
        try:
            if isinstance(value, bool):
                raise ValueError
            number = float(value)
        except (TypeError, ValueError):
            raise Unparsable("int" if whole else "double", value) from None
        if abs(number) >= most:
            message = f"{f.label}: value outside of valid range on numeric field: {value}"
            raise Refusal("NUMBER_OUTSIDE_VALID_RANGE", message, [f.name])
        return round(number) if whole else round(number, f.scale)

    return check


def _date(zone: str) -> Check:
    def check(value: Any) -> Any:
        if value == "":
            return None
        try:
            return dates.day(value, zone)
        except (TypeError, ValueError):
            raise Unparsable("date", value) from None

    return check


def _datetime(f: Field) -> Check:
    def check(value: Any) -> Any:
        if value == "":
            return None
        try:
            return dates.instant(value)
        except (TypeError, ValueError):
            raise Unparsable("datetime", value) from None

    return check


def _picklist(f: Field) -> Check:
    text = _text(f)
    known = {o.value.casefold(): o.value for o in f.options if o.active}

    def check(value: Any) -> Any:
        chosen = text(value)
        if chosen is None:
            return None
        listed = known.get(chosen.casefold())
        if listed is None and f.restricted:
            raise _not_listed(f, chosen)
        return listed or chosen

    return check


def _multipicklist(f: Field) -> Check:
    order = {o.value.casefold(): (i, o.value) for i, o in enumerate(f.options) if o.active}

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise Unparsable("multipicklist", value)
        chosen = {part.strip().casefold(): part.strip() for part in value.split(";") if part.strip()}
        if f.restricted and (unknown := [part for key, part in chosen.items() if key not in order]):
            raise _not_listed(f, unknown[0])
        ranked = sorted((order.get(key, (len(order), part)) for key, part in chosen.items()), key=lambda pair: pair[0])
        return ";".join(part for _, part in ranked) or None

    return check


def _not_listed(f: Field, value: str) -> Refusal:
    message = f"{f.label}: bad value for restricted picklist field: {value}"
    return Refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, [f.name])


def _reference(f: Field) -> Check:
    def check(value: Any) -> Any:
        if value == "":
            return None
        canonical = ids.restore(value) if isinstance(value, str) else None
        if canonical is None:
            raise Refusal("MALFORMED_ID", f"{f.label}: id value of incorrect type: {value}", [f.name])
        return canonical

    return check
