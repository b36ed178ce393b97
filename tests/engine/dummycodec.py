"""How the CRM in memory spells values: as strings, trimmed, e-mails in lower case."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sdrbot_skills.crm.base import Codec, Decode, Encode, Normalise
from sdrbot_skills.model.schema import (
    Field,
)
from sdrbot_skills.model.values import Kind


class DummyCodec(Codec):
    """Strings for everything; lists joined by `;`."""

    def reads(self, field: Field) -> tuple[str, ...]:
        return (field.name,)

    def decoder(self, field: Field) -> Decode:
        name, read = field.name, _READ.get(field.kind, str)

        def decode(values: Mapping[str, Any]) -> Any:
            value = values.get(name)
            return None if value in (None, "") else read(value)

        return decode

    def encoder(self, field: Field) -> Encode:
        name, spell = field.name, _SPELL.get(field.kind, str)

        def encode(value: Any, payload: dict[str, Any]) -> None:
            payload[name] = None if value is None else spell(value)

        return encode

    def normaliser(self, field: Field) -> Normalise:
        emails = field.kind is Kind.EMAILS
        return lambda value: None if value in (None, "") else stored(str(value), emails=emails)


def stored(text: str, *, emails: bool = False) -> str | None:
    """How this CRM keeps a text."""
    tidy = text.strip()
    return (tidy.lower() if emails else tidy) or None


def _list(text: str) -> list[str]:
    return [one for one in text.split(";") if one]


_READ: dict[Kind, Any] = {
    Kind.EMAILS: _list,
    Kind.CHOICES: _list,
    Kind.PHONES: lambda text: [text],
    Kind.URLS: lambda text: [text],
    Kind.INTEGER: int,
    Kind.DECIMAL: Decimal,
    Kind.BOOLEAN: lambda text: text == "true",
    Kind.CONSENT: lambda text: text == "true",
}
_SPELL: dict[Kind, Any] = {
    Kind.EMAILS: ";".join,
    Kind.CHOICES: ";".join,
    Kind.PHONES: lambda value: value[0],
    Kind.URLS: lambda value: value[0],
    Kind.BOOLEAN: lambda value: "true" if value else "false",
    Kind.CONSENT: lambda value: "true" if value else "false",
}
