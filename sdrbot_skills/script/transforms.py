"""The vocabulary of a migration script: small pure functions from canonical values to canonical values.

Every function takes "no value" (`None`) and gives it back. A value that cannot be made raises `RowRejected`, which sends that record
to quarantine and no other. Plans name these functions as `transform`; `sdrbot_skills.model.transforms` lists their settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import phonenumbers

from sdrbot_skills.errors import RowRejected
from sdrbot_skills.model.values import Value, instant

Source = Mapping[str, Value]

_YES = frozenset({"true", "yes", "y", "1", "on", "x"})
_NO = frozenset({"false", "no", "n", "0", "off"})


def move(source: Source, field_map: Mapping[str, str]) -> dict[str, Value]:
    """The fields that are carried as they are: `field_map` goes from source field to target field."""
    return {target: source.get(name) for name, target in field_map.items()}


def filled(result: Mapping[str, Value]) -> dict[str, Value]:
    """Only the fields that have a value, so that an empty source never clears what the target holds."""
    return {name: value for name, value in result.items() if value is not None}


def map_value(value: Value, value_map: Mapping[str, str | None], *, field: str, otherwise: str) -> Value:
    """The target's value for a source value: an option, a list of options, a user, a yes or no.

    A value the map does not name is rejected with its record (`otherwise="reject"`) or left out (`blank`, `note`); entries of a list
    are treated one by one. `field` is the target field, for the message.
    """
    if value is None:
        return None
    if isinstance(value, list):
        mapped = [_map_one(entry, value_map, field, otherwise) for entry in value]
        return list(dict.fromkeys(entry for entry in mapped if entry is not None)) or None
    return _map_one(value, value_map, field, otherwise)


def _map_one(value: Value, value_map: Mapping[str, str | None], field: str, otherwise: str) -> str | None:
    key = str(value).lower() if isinstance(value, bool) else str(value)
    if key in value_map:
        return value_map[key]
    if otherwise == "reject":
        message = f"{field}: the plan's value map has no entry for {key!r}. Add one, or choose another `otherwise`."
        raise RowRejected(message, rule="unmapped_value", field=field)
    return None


def fallback(value: Value, instead: Value) -> Value:
    """The value, or what to use where there is none."""
    return instead if value is None or value == [] else value


def first(*values: Value) -> Value:
    """The first of several values that is there."""
    return next((value for value in values if value not in (None, "", [])), None)


def join(*values: Value, separator: str = " ") -> str | None:
    """Several values, or the entries of lists, as one text; those that are absent leave no gap."""
    entries = [entry for value in values for entry in (value if isinstance(value, list) else [value])]
    return separator.join(str(text_of(entry)) for entry in entries if entry not in (None, "")) or None


def primary(value: Value) -> Value:
    """The first entry of a list."""
    return value[0] if value else None


def rest(value: Value) -> list[Value] | None:
    """The entries of a list after the first."""
    return (value[1:] or None) if isinstance(value, list) else None


def all_of(*values: Value) -> list[Value] | None:
    """The entries of several lists or single values as one list, each once, in their order."""
    entries = [entry for value in values for entry in (value if isinstance(value, list) else [value])]
    return list(dict.fromkeys(entry for entry in entries if entry not in (None, ""))) or None


def list_of(value: Value) -> list[Value] | None:
    """A list with this one entry."""
    return None if value is None else [value]


def split(value: str | None, separator: str = ";") -> list[str] | None:
    """The entries of a text, without the spaces around them and without empty ones."""
    entries = [] if value is None else [entry.strip() for entry in value.split(separator)]
    return [entry for entry in entries if entry] or None


def split_name_first(value: str | None) -> str | None:
    """A full name without its last word; a name of one word has no first name."""
    return " ".join((value or "").split()[:-1]) or None


def split_name_last(value: str | None) -> str | None:
    """The last word of a full name."""
    words = (value or "").split()
    return words[-1] if words else None


def lower(value: Value) -> Value:
    """In lower case; of a list, each entry."""
    return _each(value, str.lower)


def upper(value: Value) -> Value:
    """In upper case; of a list, each entry."""
    return _each(value, str.upper)


def trim(value: Value) -> Value:
    """Without spaces around it; of a list, each entry."""
    return _each(value, str.strip)


def domain_of(value: Value) -> str | None:
    """The domain of an e-mail or web address, in lower case and without `www.`; of a list, that of the first entry."""
    entry = primary(value) if isinstance(value, list) else value
    text = str(entry or "").strip().lower()
    is_email = "@" in text and "/" not in text
    host = text.rpartition("@")[2] if is_email else _host(text)
    return host.removeprefix("www.").rstrip(".") or None


def _host(address: str) -> str:
    try:
        return urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:  # not an address at all, for instance "[n/a"
        return ""


def domains_of(value: Value) -> list[str] | None:
    """The domains of e-mail or web addresses, each once."""
    entries = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(domain for entry in entries if (domain := domain_of(entry)))) or None


def date_of(value: str | None, zone: str = "UTC") -> str | None:
    """The day of a time as people in `zone` count days; a day stays as it is."""
    if value is None or len(value) == len("2024-02-29"):
        return value
    moment = datetime.fromisoformat(instant(value))
    return moment.astimezone(ZoneInfo(zone)).date().isoformat()


def instant_of(value: str | None, zone: str = "UTC") -> str | None:
    """The moment at which a day begins in `zone`; a time stays as it is."""
    if value is None or len(value) > len("2024-02-29"):
        return value
    midnight = datetime.combine(date.fromisoformat(value), time(), ZoneInfo(zone))
    return instant(midnight.astimezone(UTC).isoformat())


def days_after(value: str | None, days: int, zone: str = "UTC") -> str | None:
    """The day so many days after a day or time."""
    day = date_of(value, zone)
    return None if day is None else (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def text_of(value: Value) -> str | None:
    """Anything, written out: yes and no for truth, entries with `; ` between them, an amount with its currency, address lines."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return join(*value, separator="; ")
    if isinstance(value, dict):
        return join(*value.values(), separator=" " if "amount" in value else ", ")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def number_of(value: Value) -> Decimal | None:
    """A number from a text such as `1234.50`; commas, signs of currency and words are not guessed at."""
    if value is None:
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise RowRejected("The text is not a plain number such as 1234.50.", rule="not_a_number") from None
    if not number.is_finite():
        raise RowRejected("The text is not a plain number such as 1234.50.", rule="not_a_number")
    return number


def integer_of(value: Value) -> int | None:
    """A whole number."""
    number = number_of(value)
    if number is not None and number != number.to_integral_value():
        raise RowRejected("The number has a fraction and the target holds whole numbers.", rule="not_whole")
    return None if number is None else int(number)


def money_of(value: Value, currency: str | None = None) -> dict[str, Any] | None:
    """A number as money; money stays as it is."""
    return value if value is None or isinstance(value, dict) else {"amount": Decimal(value), "currency": currency}


def amount_in(value: Mapping[str, Any] | None, currency: str, instead_of: Sequence[str]) -> dict[str, Any] | None:
    """The same number in another currency, where the amount is in one of `instead_of` ("": where it names none); nothing is converted."""
    if value is None:
        return None
    return {**value, "currency": currency} if (value["currency"] or "") in instead_of else dict(value)


def amount_of(value: Mapping[str, Any] | None) -> Decimal | None:
    """The amount, without its currency."""
    return None if value is None else value["amount"]


def yes_no(value: Value) -> bool | None:
    """Truth from a text."""
    if value is None or isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise RowRejected("The text is neither a yes nor a no (yes, no, true, false, 1, 0).", rule="not_yes_no")
    return word in _YES


def opt_out(value: bool | None) -> bool | None:
    """True where the person has opted out, and nothing otherwise: no migration ever subscribes anybody again."""
    return True if value else None


def phones_in(*values: Value, country: str, own_country: bool = False) -> list[Value] | None:
    """Telephone numbers with their country, each once. One that names its country, or is not valid in the country it is read as, stays as it
    is: the target's own check then says what becomes of it. `own_country`: the last of `values` is the record's country, in two letters;
    where it says something, `country` (two letters, too) is not used.
    """
    numbers, own = (values[:-1], values[-1]) if own_country and len(values) > 1 else (values, None)
    region = str(own or country).strip().upper()
    return all_of(*(_with_country(str(number), region) for number in all_of(*numbers) or []))


def _with_country(number: str, region: str) -> str:
    if number.lstrip().startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:  # not a number, or not a country: the field's own check names it
        return number
    if not phonenumbers.is_valid_number(parsed):
        return number
    form = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(parsed, form.INTERNATIONAL if parsed.extension else form.E164)


def constant(value: Value) -> Value:
    """The same value for every record."""
    return value


def _each(value: Value, change: Callable[[str], str]) -> Value:
    if isinstance(value, list):
        return [change(entry) for entry in value]
    return None if value is None else change(value) or None


VOCABULARY: Mapping[str, Callable[..., Value]] = {
    function.__name__: function
    for function in (
        all_of, amount_in, amount_of, constant, date_of, days_after, domain_of, domains_of, fallback, filled, first, instant_of, integer_of, join,
        list_of, lower, map_value, money_of, move, number_of, opt_out, phones_in, primary, rest, split, split_name_first, split_name_last, text_of,
        trim, upper, yes_no,
    )
}  # fmt: skip
"""Every name a rendered script may import."""
