"""How Pipedrive spells canonical values (guides "API v2 migration" and "Custom fields"): typed JSON, `null` is no value and clears.

| kind | as Pipedrive has it |
|---|---|
| integer, decimal | a number; a number as text is refused |
| decimal: a deal's probability | a percentage, 90; the fraction 0.9 in canonical spelling |
| money | a deal's `value` with `currency` beside it; a custom field `{"value", "currency"}`; an organization's revenue a whole number |
| boolean | `true`; there is no such custom field, so one with the options Yes and No stands for it |
| date | `2024-02-29` |
| instant | `2024-02-29T10:00:00Z`, whole seconds |
| emails, phones | `[{"value", "primary", "label"}]`; a custom phone field is text |
| choice, choices | option ids, which differ from account to account: canonical values are labels |
| address | an object whose `value` is the whole text |
| user, reference | a number |
| consent | `unsubscribed`; never `subscribed` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from sdrbot_skills.crm.base import Codec, Decode, Encode, Normalise
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind, instant

PROBABILITY = "deal.probability"
HUNDRED = Decimal(100)

Convert = Callable[[Any], Any]
OptionIds = Callable[[Field], Mapping[str, Any]]
"""Of a choice field, what records store for each of its options' values."""


class PipedriveCodec(Codec):
    """Pipedrive's spelling. `option_ids`: see there; `currency`: of amounts that name none."""

    def __init__(self, option_ids: OptionIds, currency: str | None) -> None:
        self._option_ids = option_ids
        self._currency = currency

    def reads(self, field: Field) -> tuple[str, ...]:
        if field.name.endswith(".route"):
            stem = field.name.removesuffix("route")
            return (field.name, f"{stem}street_number", f"{stem}value")
        return (field.name, field.currency_field) if field.currency_field else (field.name,)

    def decoder(self, field: Field) -> Decode:
        name = field.name
        if field.kind is Kind.MONEY:
            return _money_decoder(name, field.currency_field)
        if name.endswith(".route"):
            return _street_decoder(name.removesuffix("route"))
        read = self._reader(field)

        def decode(values: Mapping[str, Any]) -> Any:
            value = values.get(name)
            return None if value is None or value in ("", [], "0000-00-00") else read(value)

        return decode

    def encoder(self, field: Field) -> Encode:
        name = field.name
        if field.kind is Kind.MONEY:
            return _money_encoder(field, self._currency)
        spell = self._speller(field)

        def encode(value: Any, payload: dict[str, Any]) -> None:
            payload[name] = None if value is None else spell(value)

        return encode

    def normaliser(self, field: Field) -> Normalise:
        tidy = _NORMALS.get(field.kind, str)

        def normal(value: Any) -> Any:
            return None if value is None or value in ("", [], "0000-00-00") else tidy(value)

        return normal

    # -- by kind --------------------------------------------------------------------------------------------------------

    def _reader(self, field: Field) -> Convert:
        if field.kind in (Kind.CHOICE, Kind.CHOICES, Kind.BOOLEAN):
            return self._option_reader(field)
        if field.kind is Kind.PHONES and field.custom:
            return lambda value: [str(value)]
        if field.standard == PROBABILITY:
            return lambda value: Decimal(str(value)) / HUNDRED
        return _READS.get(field.kind, _text)

    def _speller(self, field: Field) -> Convert:
        if field.kind in (Kind.CHOICE, Kind.CHOICES, Kind.BOOLEAN):
            return self._option_speller(field)
        if field.kind is Kind.PHONES and field.custom:
            return lambda value: value[0]
        if field.standard == PROBABILITY:
            return lambda value: _number(value * HUNDRED)
        return _SPELLS.get(field.kind, _as_is)

    def _option_reader(self, field: Field) -> Convert:
        if field.kind is Kind.BOOLEAN and field.vendor_type != "enum":
            return bool
        values = {str(stored): value for value, stored in self._option_ids(field).items()}

        named = field.custom or any(stored != value for stored, value in values.items())

        def read(stored: Any) -> Any:
            """Records keep the id of an option that was deleted, which says nothing by itself; stages and the like are their ids."""
            return values.get(str(stored), f"deleted option {stored}" if named else str(stored))

        if field.kind is Kind.BOOLEAN:
            return lambda stored: read(stored).casefold() == "yes"
        return (lambda stored: [read(one) for one in stored]) if field.kind is Kind.CHOICES else read

    def _option_speller(self, field: Field) -> Convert:
        if field.kind is Kind.BOOLEAN and field.vendor_type != "enum":
            return bool
        ids = self._option_ids(field)
        if field.kind is Kind.BOOLEAN:
            folded = {value.casefold(): stored for value, stored in ids.items()}
            return lambda value: folded["yes" if value else "no"]
        if field.kind is Kind.CHOICES:
            return lambda value: [ids.get(one, one) for one in value] or None
        return lambda value: ids.get(value, value)


# -- reading ----------------------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if isinstance(value, dict):  # times and ranges
        return " - ".join(str(value[part]) for part in ("value", "until") if value.get(part))
    return str(value)


def _integer(value: Any) -> int:
    number = Decimal(str(value))
    if number != int(number):
        raise ValueError(f"{value!r} is not a whole number")
    return int(number)


def _entries(value: Any) -> list[str] | None:
    """E-mails or phones, the primary one first."""
    if isinstance(value, str):
        return [value]
    ordered = sorted(value, key=lambda entry: not entry.get("primary"))
    return list(dict.fromkeys(str(entry["value"]) for entry in ordered if entry.get("value"))) or None


def _consent(value: Any) -> bool | None:
    """`no_consent` says nothing: it is also what Pipedrive gives a person without an address."""
    return {"unsubscribed": True, "subscribed": False}.get(str(value))


def _address(value: Any) -> dict[str, str | None]:
    street = " ".join(str(value[part]) for part in ("route", "street_number") if value.get(part))
    return {
        "street": street or value.get("value"),
        "city": value.get("locality"),
        "region": value.get("admin_area_level_1"),
        "postal_code": value.get("postal_code"),
        "country": value.get("country"),
    }


def _street_decoder(stem: str) -> Decode:
    """The street as one line. Which of street and number comes first differs by country: the whole text tells; where the parts are not
    known, the whole text is the street, so that nothing of it is lost."""

    def decode(values: Mapping[str, Any]) -> Any:
        route, number = values.get(f"{stem}route"), values.get(f"{stem}street_number")
        whole = str(values.get(f"{stem}value") or "")
        if not route:
            return None if values.get(f"{stem}locality") else whole or None
        if not number:
            return route
        first = f"{number} {route}"
        return first if first in whole else f"{route} {number}"

    return decode


_READS: dict[Kind, Convert] = {
    Kind.INTEGER: _integer,
    Kind.DECIMAL: lambda value: Decimal(str(value)),
    Kind.INSTANT: lambda value: instant(str(value)),
    Kind.DATE: lambda value: str(value)[:10],
    Kind.EMAILS: _entries,
    Kind.PHONES: _entries,
    Kind.URLS: lambda value: [str(value)],
    Kind.CONSENT: _consent,
    Kind.ADDRESS: _address,
}


def _money_decoder(name: str, currency_field: str | None) -> Decode:
    def decode(values: Mapping[str, Any]) -> Any:
        value = values.get(name)
        if isinstance(value, dict):
            amount, currency = value.get("value"), value.get("currency")
        else:
            amount, currency = value, values.get(currency_field) if currency_field else None
        return None if amount is None else {"amount": Decimal(str(amount)), "currency": currency or None}

    return decode


# -- writing ----------------------------------------------------------------------------------------------------------


def _as_is(value: Any) -> Any:
    return value


def _number(value: Any) -> int | float:
    """A JSON number; a float holds 15 digits, which is what Pipedrive keeps."""
    return int(value) if value == int(value) else float(value)


def _spell_entries(values: list[str]) -> list[dict[str, Any]]:
    return [{"value": value, "primary": number == 0, "label": "work"} for number, value in enumerate(values)]


def _spell_id(value: str) -> int | str:
    """A dry run's stand-in for a record that is not made yet stays as it is."""
    return int(value) if value.isdigit() else value


def _spell_instant(value: str) -> str:
    return f"{value[:19]}Z"


def _spell_address(value: Mapping[str, str | None]) -> dict[str, Any] | None:
    names = {
        "street": "route",
        "city": "locality",
        "region": "admin_area_level_1",
        "postal_code": "postal_code",
        "country": "country",
    }
    parts = {names[name]: text for name, text in value.items() if text and name in names}
    return {**parts, "value": ", ".join(parts.values())} if parts else None


_SPELLS: dict[Kind, Convert] = {
    Kind.INTEGER: int,
    Kind.DECIMAL: _number,
    Kind.INSTANT: _spell_instant,
    Kind.EMAILS: _spell_entries,
    Kind.PHONES: _spell_entries,
    Kind.URLS: lambda value: value[0] if value else None,
    Kind.USER: _spell_id,
    Kind.REFERENCE: _spell_id,
    Kind.CONSENT: lambda value: "unsubscribed" if value else None,
    Kind.ADDRESS: _spell_address,
}


def _money_encoder(field: Field, usual: str | None) -> Encode:
    name, beside = field.name, field.currency_field

    def encode(value: Any, payload: dict[str, Any]) -> None:
        if value is None:
            payload[name] = None
        elif field.own_currency:
            payload[name] = {"value": _number(value["amount"]), "currency": value["currency"] or usual}
        else:
            payload[name] = _number(value["amount"])
            if beside and value["currency"]:
                payload[beside] = value["currency"]

    return encode


# -- comparing sent with read back ------------------------------------------------------------------------------------


def _same_number(value: Any) -> str:
    return format(Decimal(str(value)).normalize(), "f")


def _same_money(value: Any) -> str:
    if isinstance(value, dict):
        return f"{_same_number(value['value'])} {value.get('currency') or ''}"
    return _same_number(value)


def _same_emails(value: Any) -> str:
    return ";".join(entry.strip().lower() for entry in _entries(value) or [])


def _same_phones(value: Any) -> str:
    return ";".join(entry.strip() for entry in _entries(value) or [])


def _same_set(value: Any) -> str:
    return ";".join(sorted(str(one) for one in value))


def _same_address(value: Any) -> str:
    return "; ".join(f"{part}={value[part]}" for part in sorted(value) if value[part])


_NORMALS: dict[Kind, Convert] = {
    Kind.TEXT: lambda value: _text(value).strip(),
    Kind.LONG_TEXT: lambda value: _text(value).strip(),
    Kind.INTEGER: _same_number,
    Kind.DECIMAL: _same_number,
    Kind.MONEY: _same_money,
    Kind.INSTANT: lambda value: instant(str(value))[:19],
    Kind.EMAILS: _same_emails,
    Kind.PHONES: _same_phones,
    Kind.CHOICES: _same_set,
    Kind.ADDRESS: _same_address,
}
