"""How Zoho spells canonical values (API v8 "Insert Records", "Field Metadata"; Kaizen #13).

| kind | as Zoho has it |
|---|---|
| integer | a number up to 9 digits; `bigint` as text |
| decimal, money | a number; a percentage is stored as 20 for 20 % and is the fraction 0.2 in canonical spelling |
| date, instant | `2024-02-29`; `2024-02-29T10:00:00+00:00`, always with an offset and without a fraction; read in the organisation's zone |
| choices | a list; writing replaces the whole set |
| choice | the entry's actual value; `-None-` stands for no value |
| emails | one address in `Email`, one in `Secondary_Email` |
| reference, user | `{"id": "..."}`; lists add a name |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sdrbot_skills.crm.base import Codec, Decode, Encode, Normalise
from sdrbot_skills.errors import Unsupported
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind, instant

NONE = "-None-"
PERCENT = "percent"
BIG = "bigint"
HUNDRED = Decimal(100)


class ZohoCodec(Codec):
    """Compiles one function per field; vendor values are those of a list, a single read or COQL."""

    def reads(self, field: Field) -> tuple[str, ...]:
        return (field.name, field.currency_field) if field.currency_field else (field.name,)

    def decoder(self, field: Field) -> Decode:
        if field.kind is Kind.MONEY:
            return _money_decoder(field.name, field.currency_field)
        name, read = field.name, _reader(field)

        def decode(values: Mapping[str, Any]) -> Any:
            value = values.get(name)
            return None if value is None or value == "" or value == [] or value == NONE else read(value)

        return decode

    def encoder(self, field: Field) -> Encode:
        if field.kind is Kind.CONSENT:
            return _opt_out_encoder(field.name)
        if field.kind is Kind.MONEY:
            return _money_encoder(field.name, field.currency_field)
        if field.kind is Kind.FILE:
            raise Unsupported(f"writing {field.name}", "files are uploaded one by one in Zoho")
        name, spell = field.name, _speller(field)
        cleared = False if field.kind is Kind.BOOLEAN else None  # a checkbox is never null

        def encode(value: Any, payload: dict[str, Any]) -> None:
            payload[name] = cleared if value is None else spell(value)

        return encode

    def normaliser(self, field: Field) -> Normalise:
        return _NORMALISERS.get(field.kind, _trimmed)


# -- reading ----------------------------------------------------------------------------------------------------------


def _reader(field: Field) -> Callable[[Any], Any]:
    if field.vendor_type == PERCENT:
        return _fraction
    return _READERS.get(field.kind, str)


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _fraction(value: Any) -> Decimal:
    return Decimal(str(value)) / HUNDRED


def _integer(value: Any) -> int:
    number = Decimal(str(value))
    if number != int(number):
        raise ValueError(f"{value} is not a whole number")
    return int(number)


def _one(value: Any) -> list[str]:
    return [str(value)]


def _several(value: Any) -> list[str] | None:
    """A list; bulk files and old answers join by semicolons."""
    entries = value.split(";") if isinstance(value, str) else value
    return [str(entry) for entry in entries if entry and entry != NONE] or None


def _id(value: Any) -> str | None:
    found = value.get("id") if isinstance(value, Mapping) else value
    return str(found) if found else None


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError(f"{value!r} is neither true nor false")


def _file(value: Any) -> dict[str, Any]:
    return {"name": str(value), "url": None}


_READERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
    Kind.CONSENT: _boolean,
    Kind.INSTANT: instant,
    Kind.EMAILS: _one,
    Kind.PHONES: _one,
    Kind.URLS: _one,
    Kind.CHOICES: _several,
    Kind.REFERENCE: _id,
    Kind.USER: _id,
    Kind.FILE: _file,
}


def _money_decoder(name: str, currency_field: str | None) -> Decode:
    def decode(values: Mapping[str, Any]) -> Any:
        amount = values.get(name)
        if amount is None or amount == "":
            return None
        return {"amount": Decimal(str(amount)), "currency": values.get(currency_field) if currency_field else None}

    return decode


# -- writing ----------------------------------------------------------------------------------------------------------


def _speller(field: Field) -> Callable[[Any], Any]:
    if field.vendor_type == PERCENT:
        return _percentage
    if field.vendor_type == BIG:
        return str
    return _SPELLERS.get(field.kind, _same)


def _same(value: Any) -> Any:
    return value


def _percentage(value: Any) -> int | float:
    """A whole number where it is one: a deal's probability takes no other."""
    percentage = Decimal(value) * HUNDRED
    return int(percentage) if percentage == percentage.to_integral_value() else float(percentage)


def _first(value: list[str]) -> str | None:
    return value[0] if value else None


def _moment(value: str) -> str:
    """Without the fraction, which Zoho refuses, and with an offset, without which it would be shifted."""
    return f"{value[:19]}+00:00"


def _reference(value: str) -> dict[str, str]:
    return {"id": value}


_SPELLERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.DECIMAL: float,
    Kind.INSTANT: _moment,
    Kind.EMAILS: _first,
    Kind.PHONES: _first,
    Kind.URLS: _first,
    Kind.REFERENCE: _reference,
    Kind.USER: _reference,
}


def _money_encoder(name: str, currency_field: str | None) -> Encode:
    def encode(value: Any, payload: dict[str, Any]) -> None:
        payload[name] = None if value is None else float(value["amount"])
        if value is not None and currency_field and value["currency"]:
            payload[currency_field] = value["currency"]

    return encode


def _opt_out_encoder(name: str) -> Encode:
    """Only an opt-out is ever written: `false` over `true` would opt somebody in who asked not to be written to."""

    def encode(value: Any, payload: dict[str, Any]) -> None:
        if value is True:
            payload[name] = True

    return encode


# -- comparing sent with read back ------------------------------------------------------------------------------------


def _trimmed(value: Any) -> Any:
    """Both ends are trimmed, an empty text is null, and line ends come back as one character."""
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").strip()
    return None if text in ("", NONE) else text


def _lowered(value: Any) -> Any:
    text = _trimmed(value)
    return text.lower() if isinstance(text, str) else text


def _number(value: Any) -> Any:
    return None if value is None or value == "" else float(value)


def _second(value: Any) -> Any:
    """The same moment in whatever zone."""
    return None if not value else round(datetime.fromisoformat(value).timestamp())


def _set(value: Any) -> Any:
    return tuple(sorted(_several(value) or ())) or None if value else None


def _same_id(value: Any) -> Any:
    return _id(value) if value else None


_NORMALISERS: Mapping[Kind, Normalise] = {
    Kind.EMAILS: _lowered,
    Kind.INTEGER: _number,
    Kind.DECIMAL: _number,
    Kind.MONEY: _number,
    Kind.BOOLEAN: bool,
    Kind.CONSENT: bool,
    Kind.CHOICES: _set,
    Kind.INSTANT: _second,
    Kind.REFERENCE: _same_id,
    Kind.USER: _same_id,
}
