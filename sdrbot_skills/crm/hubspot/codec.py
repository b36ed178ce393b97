"""How HubSpot spells canonical values (HubSpot's guide "Properties"): everything is a string, `null` or `""` is no value, `""` clears.

| kind | as HubSpot has it |
|---|---|
| decimal, integer, money | `"1234.5"`; a deal's currency stands in `deal_currency_code` |
| boolean, consent | `"true"`, `"false"` |
| date | `"2024-02-29"`; some old answers hold milliseconds at midnight UTC |
| instant | ISO 8601 with `Z`, or milliseconds; a time without a zone would be shifted, so one is always written |
| choices | internal values joined by `;`; writing replaces the whole set |
| emails | one address in `email`; further ones joined by `;` in `hs_additional_emails` |
| phones, urls | one of them, as text |
| user | the owner's id (not the user's) |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from sdrbot_skills.crm.base import Codec, Decode, Encode, Normalise
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind, instant, instant_from_milliseconds

Read = Callable[[str], Any]
Spell = Callable[[Any], str]


class HubSpotCodec(Codec):
    """HubSpot's spelling; one plain function per field and direction."""

    def reads(self, field: Field) -> tuple[str, ...]:
        return (field.name, field.currency_field) if field.currency_field else (field.name,)

    def decoder(self, field: Field) -> Decode:
        if field.kind is Kind.MONEY:
            return _money_decoder(field.name, field.currency_field)
        name, read = field.name, _READS.get(field.kind, str)
        if field.kind in _AS_IS:
            return lambda values: values.get(name) or None

        def decode(values: Mapping[str, Any]) -> Any:
            value = values.get(name)
            return None if value is None or value == "" else read(value)

        return decode

    def encoder(self, field: Field) -> Encode:
        if field.kind is Kind.MONEY:
            return _money_encoder(field.name, field.currency_field)
        name, spell = field.name, _SPELLS.get(field.kind)
        if spell is None:
            return _encoder_as_is(name)

        def encode(value: Any, payload: dict[str, Any]) -> None:
            payload[name] = "" if value is None else spell(value)

        return encode

    def normaliser(self, field: Field) -> Normalise:
        tidy = _same_domain if field.name == "domain" else _NORMALS.get(field.kind, str)
        return lambda value: None if value is None or value == "" else tidy(value)


# -- reading ----------------------------------------------------------------------------------------------------------


def _integer(text: str) -> int:
    number = Decimal(text)
    whole = int(number)
    if whole != number:
        raise ValueError(f"{text!r} is not a whole number")
    return whole


def _boolean(text: str) -> bool:
    if text == "true":
        return True
    if text == "false":
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def _date(text: str) -> str:
    return instant_from_milliseconds(int(text))[:10] if text.lstrip("-").isdigit() else text[:10]


def _instant(text: str) -> str:
    if len(text) == 20 and text[10] == "T" and text[19] == "Z":  # HubSpot's usual spelling, without a fraction
        return f"{text[:19]}.000Z"
    return instant_from_milliseconds(int(text)) if text.lstrip("-").isdigit() else instant(text)


def _one(text: str) -> list[str]:
    return [text]


def _several(text: str) -> list[str] | None:
    return [part for part in text.split(";") if part] or None


def _emails(text: str) -> list[str] | None:
    return [part.strip() for part in text.split(";") if part.strip()] or None


def _file(text: str) -> dict[str, str]:
    return {"name": text, "url": text}


_AS_IS = frozenset({Kind.TEXT, Kind.LONG_TEXT, Kind.CHOICE, Kind.USER, Kind.REFERENCE})

_READS: dict[Kind, Read] = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: Decimal,
    Kind.BOOLEAN: _boolean,
    Kind.CONSENT: _boolean,
    Kind.DATE: _date,
    Kind.INSTANT: _instant,
    Kind.EMAILS: _emails,
    Kind.PHONES: _one,
    Kind.URLS: _one,
    Kind.CHOICES: _several,
    Kind.FILE: _file,
}


def _money_decoder(name: str, currency_field: str | None) -> Decode:
    def decode(values: Mapping[str, Any]) -> Any:
        amount = values.get(name)
        if amount is None or amount == "":
            return None
        return {"amount": Decimal(amount), "currency": (values.get(currency_field) or None) if currency_field else None}

    return decode


# -- writing ----------------------------------------------------------------------------------------------------------


def _spell_number(value: Any) -> str:
    """Without exponent, which HubSpot would refuse."""
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _spell_boolean(value: bool) -> str:
    return "true" if value else "false"


def _spell_first(values: list[str]) -> str:
    return values[0] if values else ""


_SPELLS: dict[Kind, Spell] = {
    Kind.INTEGER: str,
    Kind.DECIMAL: _spell_number,
    Kind.BOOLEAN: _spell_boolean,
    Kind.CONSENT: _spell_boolean,
    Kind.EMAILS: ";".join,
    Kind.PHONES: _spell_first,
    Kind.URLS: _spell_first,
    Kind.CHOICES: ";".join,
}


def _encoder_as_is(name: str) -> Encode:
    def encode(value: Any, payload: dict[str, Any]) -> None:
        payload[name] = "" if value is None else value

    return encode


def _money_encoder(name: str, currency_field: str | None) -> Encode:
    def encode(value: Any, payload: dict[str, Any]) -> None:
        payload[name] = "" if value is None else _spell_number(value["amount"])
        if currency_field and value is not None and value["currency"]:
            payload[currency_field] = value["currency"]

    return encode


# -- comparing sent with read back ------------------------------------------------------------------------------------


def _same_number(value: Any) -> str:
    return format(Decimal(str(value)).normalize(), "f")


def _same_date(value: Any) -> str:
    return _date(str(value))


def _same_instant(value: Any) -> str:
    return _instant(str(value))


def _same_set(value: Any) -> str:
    return ";".join(sorted(part for part in str(value).split(";") if part))


def _same_email(value: Any) -> str:
    return ";".join(part.strip().lower() for part in str(value).split(";"))


def _same_domain(value: Any) -> str:
    """A company's `domain` is kept as a bare host, whatever address was written."""
    address = str(value).strip().lower()
    host = urlsplit(address if "//" in address else f"//{address}").hostname or address
    return host.removeprefix("www.")


def _same_boolean(value: Any) -> str:
    return str(value).lower()


_NORMALS: dict[Kind, Callable[[Any], str]] = {
    Kind.INTEGER: _same_number,
    Kind.DECIMAL: _same_number,
    Kind.MONEY: _same_number,
    Kind.BOOLEAN: _same_boolean,
    Kind.CONSENT: _same_boolean,
    Kind.DATE: _same_date,
    Kind.INSTANT: _same_instant,
    Kind.CHOICES: _same_set,
    Kind.EMAILS: _same_email,
}
