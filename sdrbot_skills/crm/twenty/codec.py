"""How Twenty spells canonical values, after `wire` has made them flat.

| kind | as it stands in a payload and in a record's values |
|---|---|
| text, choice | text; `""` is no value |
| integer, decimal | a JSON number |
| emails, phones, urls | one text; where the name ends in `additionalEmails`, `additionalPhones`, `secondaryLinks`: a list of texts |
| money | `{"amountMicros": 12500000, "currencyCode": "EUR"}` is 12.50 |
| choices | a list of option values |
| date, instant | ISO 8601; an instant in UTC with milliseconds |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import phonenumbers

from sdrbot_skills.crm.base import Codec, Decode, Encode, Normalise
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import LIST_KINDS, Kind, instant

MICROS = 1_000_000
_EXTENSION = re.compile(r"\s*(?:ext\.?|x|#)\s*\d+\s*$", re.IGNORECASE)

Turn = Callable[[Any], Any]


class TwentyCodec(Codec):
    """Twenty's spelling; one plain function per field and direction."""

    def reads(self, field: Field) -> tuple[str, ...]:
        return (field.name,)

    def decoder(self, field: Field) -> Decode:
        name = field.name
        read = _one if _holds_one(field) else _READS.get(field.kind, lambda value: value)

        def decode(values: Mapping[str, Any]) -> Any:
            value = values.get(name)
            return None if value is None or value == "" or value == [] else read(value)

        return decode

    def encoder(self, field: Field) -> Encode:
        name = field.name
        spell, empty = _spelling(field), [] if field.kind in LIST_KINDS and not _holds_one(field) else _nothing(field)

        def encode(value: Any, payload: dict[str, Any]) -> None:
            payload[name] = empty if value is None else spell(value)

        return encode

    def normaliser(self, field: Field) -> Normalise:
        tidy = _NORMALS.get(field.kind, lambda value: value)
        if field.kind in LIST_KINDS and field.kind is not Kind.CHOICES and not _holds_one(field):
            return lambda value: sorted(tidy(one) for one in value) if value else None
        return lambda value: None if value is None or value == "" or value == [] else tidy(value)


def _holds_one(field: Field) -> bool:
    return field.kind in LIST_KINDS and field.kind is not Kind.CHOICES and field.capacity == 1


def _nothing(field: Field) -> Any:
    """What clears a field: a composite's part takes no null."""
    if field.kind is Kind.MONEY:
        return {"amountMicros": None, "currencyCode": None}
    return "" if field.kind in (Kind.TEXT, Kind.LONG_TEXT, Kind.EMAILS, Kind.PHONES, Kind.URLS) else None


# -- reading ----------------------------------------------------------------------------------------------------------


def _one(value: Any) -> list[str]:
    return [str(value)]


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _integer(value: Any) -> int:
    whole = int(value)
    if whole != value:
        raise ValueError(f"{value!r} is not a whole number")
    return whole


def _money(value: Mapping[str, Any]) -> dict[str, Any] | None:
    if value.get("amountMicros") is None:
        return None
    amount = Decimal(int(value["amountMicros"])) / MICROS
    return {"amount": amount, "currency": value.get("currencyCode") or None}


_READS: dict[Kind, Turn] = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.MONEY: _money,
    Kind.DATE: lambda value: str(value)[:10],
    Kind.INSTANT: lambda value: instant(str(value)),
    Kind.LONG_TEXT: lambda value: "; ".join(map(str, value)) if isinstance(value, list) else value,
}


# -- writing ----------------------------------------------------------------------------------------------------------


def _spelling(field: Field) -> Turn:
    if field.standard == "company.domain":
        return lambda values: website(values[0])
    if _holds_one(field):
        return lambda values: values[0] if values else ""
    return _SPELLS.get(field.kind, lambda value: value)


def website(domain: str) -> str:
    """A company's domain in the one spelling we write: Twenty takes `acme.com` and `https://acme.com` for two companies."""
    host = host_of(domain)
    return f"https://{host}" if host else domain


def host_of(address: str) -> str:
    """The bare host of an address, without `www.`."""
    text = address.strip().lower()
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _spell_money(value: Mapping[str, Any]) -> dict[str, Any]:
    micros = {"amountMicros": int((value["amount"] * MICROS).to_integral_value())}
    return {**micros, "currencyCode": value["currency"]} if value.get("currency") else micros


_SPELLS: dict[Kind, Turn] = {
    Kind.DECIMAL: _number,
    Kind.MONEY: _spell_money,
    Kind.EMAILS: list,
    Kind.PHONES: list,
    Kind.URLS: list,
}


# -- comparing sent with read back ------------------------------------------------------------------------------------


def _same_phone(value: Any) -> str:
    """Twenty drops extensions and all signs."""
    text = _EXTENSION.sub("", str(value))
    try:
        parsed = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", text)
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)).lstrip("+")


def _same_url(value: Any) -> str:
    """The host in lower case, no slash at the end."""
    text = str(value)
    scheme, mark, rest = text.partition("://") if "://" in text else ("", "", text)
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{mark}{host.lower()}{slash}{path}".rstrip("/")


def _same_money(value: Mapping[str, Any]) -> str | None:
    micros = value.get("amountMicros")
    return None if micros is None else f"{int(micros)} {value.get('currencyCode') or ''}".strip()


_NORMALS: dict[Kind, Turn] = {
    Kind.INTEGER: lambda value: format(Decimal(str(value)).normalize(), "f"),
    Kind.DECIMAL: lambda value: format(Decimal(str(value)).normalize(), "f"),
    Kind.MONEY: _same_money,
    Kind.DATE: lambda value: str(value)[:10],
    Kind.INSTANT: lambda value: instant(str(value)),
    Kind.EMAILS: lambda value: str(value).lower(),
    Kind.PHONES: _same_phone,
    Kind.URLS: _same_url,
    Kind.CHOICES: sorted,
}
