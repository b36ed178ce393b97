"""How Salesforce spells canonical values (vendor doc "REST API Developer Guide", "Valid Date and DateTime Formats"; "Object Reference", Field Types).

A percentage is stored as 20 for 20 % and is the fraction 0.2 in canonical spelling. Numbers travel as JSON doubles, as in the vendor's own
schema (xsd:double).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sdrbot_skills.crm.base import Codec, Decode, Encode, Normalise
from sdrbot_skills.errors import Unsupported
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind, instant

HUNDRED = Decimal(100)


class SalesforceCodec(Codec):
    """Compiles one function per field; vendor values are those of a REST answer."""

    def reads(self, field: Field) -> tuple[str, ...]:
        """The field's own name, and the record's currency for money."""
        return (field.name, field.currency_field) if field.currency_field else (field.name,)

    def decoder(self, field: Field) -> Decode:
        """Read the field from a record's values."""
        name = field.name
        if field.kind is Kind.MONEY:
            return _money_decoder(name, field.currency_field)
        plain = _plain_decoder(field)
        if plain is None:

            def as_it_is(values: Mapping[str, Any]) -> Any:
                return values.get(name) or None

            return as_it_is

        def converted(values: Mapping[str, Any]) -> Any:
            value = values.get(name)
            return None if value is None or value == "" else plain(value)

        return converted

    def encoder(self, field: Field) -> Encode:
        """Put one canonical value into a payload; `null` clears."""
        name = field.name
        if field.kind is Kind.CONSENT:
            return _opt_out_encoder(name)
        if field.kind is Kind.MONEY:
            return _money_encoder(name, field.currency_field)
        plain = _plain_encoder(field)
        cleared = False if field.kind is Kind.BOOLEAN else None  # a checkbox is never null

        def put(value: Any, payload: dict[str, Any]) -> None:
            payload[name] = cleared if value is None else plain(value)

        def put_as_it_is(value: Any, payload: dict[str, Any]) -> None:
            payload[name] = value

        return put_as_it_is if plain is _same and cleared is None else put

    def normaliser(self, field: Field) -> Normalise:
        """A vendor value as Salesforce gives it back."""
        return _NORMALISERS.get(field.kind, _trimmed)


def _plain_decoder(field: Field) -> Callable[[Any], Any] | None:
    """How a value that is there is read; `None`: as it is."""
    if field.kind is Kind.DECIMAL:
        return _fraction if field.vendor_type == "percent" else _decimal
    return _DECODERS.get(field.kind)


def _plain_encoder(field: Field) -> Callable[[Any], Any]:
    if field.kind is Kind.FILE:
        raise Unsupported(f"writing {field.name}", "files are records of their own in Salesforce")
    if field.vendor_type == "percent":
        return _percentage
    return _ENCODERS.get(field.kind, _same)


def _money_decoder(name: str, currency_field: str | None) -> Decode:
    def decode(values: Mapping[str, Any]) -> Any:
        amount = values.get(name)
        if amount is None:
            return None
        return {"amount": _decimal(amount), "currency": values.get(currency_field) if currency_field else None}

    return decode


def _money_encoder(name: str, currency_field: str | None) -> Encode:
    def encode(value: Any, payload: dict[str, Any]) -> None:
        payload[name] = None if value is None else float(value["amount"])
        if value is not None and currency_field and value["currency"]:
            payload[currency_field] = value["currency"]

    return encode


def _opt_out_encoder(name: str) -> Encode:
    """Only an opt-out is ever written: `false` over `true` would re-subscribe somebody who asked not to be written to."""

    def encode(value: Any, payload: dict[str, Any]) -> None:
        if value is True:
            payload[name] = True

    return encode


def _same(value: Any) -> Any:
    return value


def _decimal(value: Any) -> Decimal:
    """Numbers come as floats: a whole one without the `.0` that a text field elsewhere would show."""
    number, whole = Decimal(str(value)), Decimal(str(value)).to_integral_value()
    return whole if number == whole else number


def _fraction(value: Any) -> Decimal:
    return Decimal(str(value)) / HUNDRED


def _percentage(value: Any) -> float:
    return float(Decimal(value) * HUNDRED)


def _integer(value: Any) -> int:
    number = int(value)
    if number != value:
        raise ValueError(f"{value} is not a whole number")
    return number


def _one(value: str) -> list[str]:
    return [value]


def _moment(value: str) -> str:
    """`2024-01-02T03:04:05.000+0000`, Salesforce's own spelling, needs no parsing."""
    return value[:23] + "Z" if len(value) == 28 and value.endswith("+0000") else instant(value)


def _first(value: list[str]) -> str | None:
    return value[0] if value else None


def _joined(value: list[str]) -> str:
    return ";".join(value)


def _split(value: str) -> list[str]:
    return value.split(";")


_DECODERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.INTEGER: _integer,
    Kind.BOOLEAN: bool,
    Kind.CONSENT: bool,
    Kind.INSTANT: _moment,
    Kind.EMAILS: _one,
    Kind.PHONES: _one,
    Kind.URLS: _one,
    Kind.CHOICES: _split,
}

_ENCODERS: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.DECIMAL: float,
    Kind.EMAILS: _first,
    Kind.PHONES: _first,
    Kind.URLS: _first,
    Kind.CHOICES: _joined,
}


def _trimmed(value: Any) -> Any:
    """Both ends are trimmed, an empty text is null, and line ends come back as one character."""
    return (value.replace("\r\n", "\n").strip() or None) if isinstance(value, str) else value


def _lowered(value: Any) -> Any:
    text = _trimmed(value)
    return text.lower() if isinstance(text, str) else text


def _number(value: Any) -> Any:
    return None if value is None or value == "" else float(value)


def _set(value: Any) -> Any:
    return None if not value else tuple(sorted(value.split(";")))


def _second(value: Any) -> Any:
    """Milliseconds are dropped, and the zone is written in two ways."""
    return None if not value else instant(value)[:19]


_NORMALISERS: Mapping[Kind, Normalise] = {
    Kind.EMAILS: _lowered,
    Kind.INTEGER: _number,
    Kind.DECIMAL: _number,
    Kind.MONEY: _number,
    Kind.BOOLEAN: bool,
    Kind.CONSENT: bool,
    Kind.CHOICES: _set,
    Kind.INSTANT: _second,
}
