"""From one kind of value to another.

`converter(kind, frame)` gives a plain function that brings any canonical value to the given kind; it looks at the value's Python type, so it
takes what a transform has already brought to the target's kind as well as what came straight from the source. What would lose something,
or cannot be done, raises `Misfit`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from sdrbot_skills.model.values import Kind, instant

Convert = Callable[[Any], Any]
"""From a canonical value of any kind to one of the wanted kind; never called with `None`; may answer `None` (nothing was in it)."""


class Misfit(ValueError):
    """A value that the target field cannot hold as it is.

    `rule` is our name for the reason. `shortened` is what would fit (`None`: nothing would). `harmless`: the value is carried as it is, and noted.
    """

    def __init__(self, rule: str, message: str, shortened: Any = None, *, harmless: bool = False) -> None:
        super().__init__(message)
        self.rule = rule
        self.shortened = shortened
        self.harmless = harmless


@dataclass(frozen=True)
class Frame:
    """What values mean silently in either account: its time zone (dates) and its currency (money without one).

    `currencies`: those that the currency field beside a money field lists, `None` where it takes any.
    """

    source_zone: tzinfo = UTC
    target_zone: tzinfo = UTC
    source_currency: str | None = None
    target_currency: str | None = None
    currencies: frozenset[str] | None = None


def converter(kind: Kind, frame: Frame) -> Convert:
    """The function that brings a value to `kind`."""
    if kind is Kind.DATE:
        return lambda value: _date(value, frame.source_zone)
    if kind is Kind.INSTANT:
        return lambda value: _instant(value, frame.target_zone)
    return _CONVERTERS[kind]


_TRUE = frozenset({"true", "yes", "y", "1", "on"})
_FALSE = frozenset({"false", "no", "n", "0", "off"})
_EMAIL_SEPARATOR = re.compile(r"[;,\s]+")
_LIST_SEPARATOR = re.compile(r"\s*[;\n]\s*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ADDRESS = ("street", "city", "region", "postal_code", "country")
_NAME = ("prefix", "first", "middle", "last", "suffix")


def _text(value: Any) -> str | None:
    if type(value) is str:
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list):
        return "; ".join(str(entry) for entry in value) or None
    if isinstance(value, Mapping):
        return _text_of_parts(value)
    return str(value) or None


def _text_of_parts(value: Mapping[str, Any]) -> str | None:
    if "amount" in value:
        return " ".join(str(part) for part in (_text(value["amount"]), value.get("currency")) if part)
    if "street" in value:
        return ", ".join(value[part] for part in _ADDRESS if value.get(part)) or None
    if "last" in value:
        return " ".join(value[part] for part in _NAME if value.get(part)) or None
    return str(value.get("url") or "") or None


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        number = value
    elif isinstance(value, bool):
        raise Misfit("not_a_number", f"A number is needed, {value} is not one.")
    elif isinstance(value, int):
        number = Decimal(value)
    elif isinstance(value, Mapping) and "amount" in value:
        return _decimal(value["amount"]) if value["amount"] is not None else None
    else:
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            raise Misfit("not_a_number", "The value is not a number.") from None
    if not number.is_finite():
        raise Misfit("not_a_number", "The value is not a finite number.")
    return number


def _integer(value: Any) -> int | None:
    if type(value) is int:
        return value
    number = _decimal(value)
    if number is None:
        return None
    whole = int(number.to_integral_value())
    if whole != number:
        raise Misfit("loses_precision", "The field holds whole numbers; the value has a fraction.", whole)
    return whole


def _boolean(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    word = str(value).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise Misfit("not_a_boolean", "The field holds yes or no; the value is neither.")


def _date(value: Any, zone: tzinfo) -> str:
    text = str(value).strip()
    if _DATE.fullmatch(text):
        return _checked_date(text)
    try:
        utc = datetime.fromisoformat(instant(text))
    except ValueError:
        raise Misfit("not_a_date", "The value is not a date.") from None
    try:
        moment = utc.astimezone(zone)
    except OverflowError:  # the first or the last hours of the calendar
        moment = utc
    day = moment.date().isoformat()
    if is_midnight(text, zone):
        return day if moment.time() == time() else text[:10]
    raise Misfit("loses_time", "The field holds a date; the value has a time of day too.", day)


def is_midnight(text: str, zone: tzinfo) -> bool:
    """Whether an instant is midnight by the account's clock or in UTC: how vendors keep a plain date in a field with a time."""
    moment = datetime.fromisoformat(instant(text))
    return moment.time() == time() or moment.astimezone(zone).time() == time()


def _checked_date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Misfit("not_a_date", "The value is not a date of the calendar.") from None


def _instant(value: Any, zone: tzinfo) -> str:
    text = str(value).strip()
    try:
        if _DATE.fullmatch(text):
            return instant(datetime.combine(date.fromisoformat(text), time(), zone).isoformat())
        return instant(text)
    except ValueError:
        raise Misfit("not_a_date", "The value is not a time between the years 1 and 9999 in UTC.") from None


def _emails(value: Any) -> list[str] | None:
    if isinstance(value, list):
        return value or None
    return [entry for entry in _EMAIL_SEPARATOR.split(_text(value) or "") if entry] or None


def _list(value: Any) -> list[str] | None:
    if isinstance(value, list):
        return value or None
    return [entry for entry in _LIST_SEPARATOR.split(_text(value) or "") if entry] or None


def _single(value: Any) -> list[str] | None:
    if isinstance(value, list):
        return value or None
    text = _text(value)
    return [text] if text else None


def _choice(value: Any) -> str | None:
    if isinstance(value, list):
        if len(value) > 1:
            raise Misfit("loses_values", f"The field holds one option; the value has {len(value)}.", value[0])
        return value[0] if value else None
    return _text(value)


def _money(value: Any) -> dict[str, Any] | None:
    amount = _decimal(value)
    if amount is None:
        return None
    return {"amount": amount, "currency": value.get("currency") if isinstance(value, Mapping) else None}


def _parts(names: tuple[str, ...], whole: str) -> Convert:
    def convert(value: Any) -> dict[str, Any] | None:
        given = value if isinstance(value, Mapping) else {whole: _text(value)}
        parts = {name: given.get(name) or None for name in names}
        return parts if any(parts.values()) else None

    return convert


def _file(value: Any) -> Any:
    return value if isinstance(value, Mapping) else {"name": None, "url": _text(value)}


_CONVERTERS: dict[Kind, Convert] = {
    Kind.TEXT: _text,
    Kind.LONG_TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
    Kind.CONSENT: _boolean,
    Kind.EMAILS: _emails,
    Kind.PHONES: _single,
    Kind.URLS: _single,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _list,
    Kind.MONEY: _money,
    Kind.ADDRESS: _parts(_ADDRESS, "street"),
    Kind.PERSON_NAME: _parts(_NAME, "last"),
    Kind.REFERENCE: _text,
    Kind.USER: _text,
    Kind.FILE: _file,
}
