"""HubSpot's spellings, where they are not plain."""

from decimal import Decimal
from typing import Any

import pytest

from sdrbot_skills.crm.hubspot.codec import HubSpotCodec
from sdrbot_skills.crm.hubspot.schema import to_field
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind

CODEC = HubSpotCodec()


def field(name: str, vendor_type: str, shape: str, standard: str | None = None, **more: Any) -> Field:
    entry = {"name": name, "label": name, "type": vendor_type, "fieldType": shape, **more}
    return to_field(entry, standard, "deal_currency_code")


def decoded(one: Field, **values: str | None) -> Any:
    return CODEC.decoder(one)(values)


def encoded(one: Field, value: Any) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    CODEC.encoder(one)(value, payload)
    return payload


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-02-29", "2024-02-29"),
        ("1709164800000", "2024-02-29"),
        ("-86400000", "1969-12-31"),
        ("2024-02-29T00:00:00Z", "2024-02-29"),
    ],
)
def test_dates(text: str, value: str) -> None:
    one = field("birth", "date", "date")
    assert decoded(one, birth=text) == value
    assert encoded(one, value) == {"birth": value}
    assert CODEC.normaliser(one)(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-03-02T10:00:00Z", "2024-03-02T10:00:00.000Z"),
        ("2024-03-02T10:00:00.5Z", "2024-03-02T10:00:00.500Z"),
        ("2024-03-02T11:00:00+01:00", "2024-03-02T10:00:00.000Z"),
        ("1709373600123", "2024-03-02T10:00:00.123Z"),
    ],
)
def test_instants_always_carry_their_zone(text: str, value: str) -> None:
    one = field("closedate", "datetime", "date", "deal.close_date")
    assert decoded(one, closedate=text) == value
    assert encoded(one, value)["closedate"].endswith("Z")
    assert CODEC.normaliser(one)(text) == CODEC.normaliser(one)(value)


def test_false_is_a_value_and_empty_is_none() -> None:
    one = field("vip", "bool", "booleancheckbox")
    assert decoded(one, vip="false") is False
    assert decoded(one, vip="") is None
    assert decoded(one) is None
    assert encoded(one, False) == {"vip": "false"}
    with pytest.raises(ValueError, match="Yes"):
        decoded(one, vip="Yes")


def test_clearing_is_an_empty_string_for_every_kind() -> None:
    kinds = [
        field("a", "string", "text"),
        field("a", "number", "number"),
        field("a", "bool", "booleancheckbox"),
        field("a", "enumeration", "checkbox"),
        field("a", "datetime", "date"),
        field("a", "number", "number", "deal.amount"),
    ]
    assert [encoded(one, None) for one in kinds] == [{"a": ""}] * len(kinds)


def test_numbers_keep_their_digits_and_never_get_an_exponent() -> None:
    one = field("score", "number", "number")
    assert decoded(one, score="12345678901234567890.10") == Decimal("12345678901234567890.10")
    assert encoded(one, Decimal("1E+3")) == {"score": "1000"}
    assert CODEC.normaliser(one)("5.0") == CODEC.normaliser(one)("5")
    employees = field("numberofemployees", "number", "number", "company.employees")
    assert decoded(employees, numberofemployees="250.0") == 250
    with pytest.raises(ValueError, match="whole"):
        decoded(employees, numberofemployees="2.5")


def test_money_takes_its_currency_from_the_deal() -> None:
    one = field("amount", "number", "number", "deal.amount")
    assert one.kind is Kind.MONEY
    assert CODEC.reads(one) == ("amount", "deal_currency_code")
    assert decoded(one, amount="10.50", deal_currency_code="USD") == {"amount": Decimal("10.50"), "currency": "USD"}
    assert decoded(one, amount="0", deal_currency_code=None) == {"amount": Decimal("0"), "currency": None}
    assert encoded(one, {"amount": Decimal("10.50"), "currency": "GBP"}) == {
        "amount": "10.50",
        "deal_currency_code": "GBP",
    }
    assert encoded(one, {"amount": Decimal("1"), "currency": None}) == {"amount": "1"}


def test_choices_are_a_set() -> None:
    one = field("langs", "enumeration", "checkbox", options=[{"value": "de"}, {"value": " en "}])
    assert decoded(one, langs=" en ;de;") == [" en ", "de"]
    assert decoded(one, langs=";") is None
    assert encoded(one, ["de", " en "]) == {"langs": "de; en "}
    assert CODEC.normaliser(one)("b;a") == CODEC.normaliser(one)("a;b;")


def test_mail_addresses_compare_without_case() -> None:
    one = field("email", "string", "text", "person.email")
    assert (one.kind, one.capacity, one.unique) == (Kind.EMAILS, 1, True)
    assert decoded(one, email="Ada@Example.org") == ["Ada@Example.org"]
    assert CODEC.normaliser(one)(" Ada@Example.org") == CODEC.normaliser(one)("ada@example.org")
    more = field("hs_additional_emails", "enumeration", "checkbox", "person.secondary_emails", options=[])
    assert (more.kind, more.capacity, more.restricted) == (Kind.EMAILS, None, False)
    assert decoded(more, hs_additional_emails="a@b.de;c@d.de") == ["a@b.de", "c@d.de"]


def test_a_domain_is_compared_as_the_bare_host_hubspot_keeps() -> None:
    normal = CODEC.normaliser(field("domain", "string", "text", "company.domain"))
    assert normal("https://www.Example.org/about?x=1") == normal("example.org") == "example.org"


def test_kinds_follow_type_and_shape() -> None:
    kinds = {
        ("enumeration", "radio"): Kind.CHOICE,
        ("enumeration", "checkbox"): Kind.CHOICES,
        ("enumeration", "booleancheckbox"): Kind.BOOLEAN,
        ("string", "textarea"): Kind.LONG_TEXT,
        ("string", "html"): Kind.LONG_TEXT,
        ("string", "phonenumber"): Kind.PHONES,
        ("phone_number", "phonenumber"): Kind.PHONES,
        ("string", "file"): Kind.FILE,
        ("json", "text"): Kind.TEXT,
    }
    assert {shape: field("x", *shape).kind for shape in kinds} == kinds
    owner = field("hubspot_owner_id", "enumeration", "select", externalOptions=True, referencedObjectType="OWNER")
    assert (owner.kind, owner.restricted) == (Kind.USER, False)
    opt_out = field("hs_email_optout", "enumeration", "booleancheckbox", "person.email_opt_out")
    assert opt_out.kind is Kind.CONSENT


def test_what_hubspot_calculates_cannot_be_written() -> None:
    assert not field("x", "number", "number", calculated=True).creatable
    assert not field("x", "string", "text", modificationMetadata={"readOnlyValue": True}).updatable
