"""How Attio spells canonical values, flat by field (`wire` puts them into Attio's lists and composites and takes them out again).

| kind | flat | remarks |
|---|---|---|
| decimal, integer | number | 64-bit floats |
| money | number | the currency is the attribute's, read from `<slug>.currency_code`, and cannot be written |
| boolean, consent | true, false | an empty one is unknown, not false |
| date | `2024-02-29` | only ever a plain date is written: a time of day could move the day |
| instant | UTC | read back with nine decimals |
| choice | title | of the option or the status; several: a list of titles |
| emails, phones, urls | list | as they were written, not as Attio normalises them; a text attribute holds one |
| reference, user | id | several references: a list of ids |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from sdrbot_skills.crm.base import Codec, Decode, Encode, Normalise
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind, instant

CURRENCY = ".currency_code"
_LISTS = frozenset({Kind.EMAILS, Kind.PHONES, Kind.URLS, Kind.CHOICES})


class AttioCodec(Codec):
    """Attio's spelling; one plain function per field and direction."""

    def reads(self, field: Field) -> tuple[str, ...]:
        return (field.name, field.name + CURRENCY) if field.kind is Kind.MONEY else (field.name,)

    def decoder(self, field: Field) -> Decode:
        if field.kind is Kind.MONEY:
            return _money_decoder(field.name)
        name, read = field.name, _reader(field)

        def decode(values: Mapping[str, Any]) -> Any:
            value = values.get(name)
            return None if value is None or value == "" or value == [] else read(value)

        return decode

    def encoder(self, field: Field) -> Encode:
        name, spell = field.name, _speller(field)

        def encode(value: Any, payload: dict[str, Any]) -> None:
            payload[name] = None if value is None else spell(value)

        return encode

    def normaliser(self, field: Field) -> Normalise:
        tidy = _normal(field)
        return lambda value: None if value is None or value == "" or value == [] else tidy(value)


# -- reading ----------------------------------------------------------------------------------------------------------


def _reader(field: Field) -> Callable[[Any], Any]:
    if field.kind in _LISTS:
        return lambda value: value if isinstance(value, list) else [value]
    return _READS.get(field.kind, lambda value: value)


def _integer(value: Any) -> int:
    number = _decimal(value)
    if number != int(number):
        raise ValueError(f"{value!r} is not a whole number")
    return int(number)


def _decimal(value: Any) -> Decimal:
    """By way of its shortest spelling, so that 17.5 stays 17.5; whole floats lose their `.0`."""
    number = Decimal(str(value))
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def _date(value: Any) -> str:
    return str(value)[:10]


def _instant(value: Any) -> str:
    return instant(_without_nanoseconds(str(value)))


def _without_nanoseconds(text: str) -> str:
    head, point, tail = text.partition(".")
    digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
    return f"{head}.{digits[:6].ljust(6, '0')}{tail[len(digits) :]}" if point else text


_READS: dict[Kind, Callable[[Any], Any]] = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.DATE: _date,
    Kind.INSTANT: _instant,
}


def _money_decoder(name: str) -> Decode:
    currency = name + CURRENCY

    def decode(values: Mapping[str, Any]) -> Any:
        amount = values.get(name)
        if amount is None or amount == "":
            return None
        return {"amount": _decimal(amount), "currency": values.get(currency) or None}

    return decode


# -- writing ----------------------------------------------------------------------------------------------------------


def _speller(field: Field) -> Callable[[Any], Any]:
    if field.kind is Kind.MONEY:
        return lambda value: _number(value["amount"])
    if field.kind in (Kind.DECIMAL, Kind.INTEGER):
        return _number
    if field.kind in (Kind.EMAILS, Kind.PHONES, Kind.URLS) and field.vendor_type == "text":
        return lambda value: value[0] if value else None
    return lambda value: value


def _number(value: Any) -> int | float:
    number = Decimal(str(value))
    return int(number) if number == number.to_integral_value() else float(number)


# -- comparing sent with read back ------------------------------------------------------------------------------------


def _normal(field: Field) -> Callable[[Any], Any]:
    kind = field.kind
    if kind in (Kind.DECIMAL, Kind.INTEGER, Kind.MONEY):
        return lambda value: format(_decimal(value), "f")
    if kind is Kind.DATE:
        return _date
    if kind is Kind.INSTANT:
        return _instant
    if kind is Kind.EMAILS:
        return _set_of(lambda entry: entry.strip().lower())
    if kind is Kind.URLS and field.vendor_type == "domain":
        return _set_of(_host)
    if kind in _LISTS or field.vendor_type == "record-reference":
        return _set_of(str.strip)
    if kind is Kind.BOOLEAN or kind is Kind.CONSENT:
        return bool
    return str


def _set_of(tidy: Callable[[str], str]) -> Callable[[Any], str]:
    def normal(value: Any) -> str:
        entries = value if isinstance(value, list) else [value]
        return "\n".join(sorted({tidy(str(entry)) for entry in entries}))

    return normal


def _host(text: str) -> str:
    """Attio keeps a bare host, whatever address was written."""
    address = text.strip().lower()
    host = urlsplit(address if "//" in address else f"//{address}").hostname or address
    return host.removeprefix("www.")
