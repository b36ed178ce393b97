"""Flat values and Twenty's nested ones, there and back."""

from decimal import Decimal
from typing import Any

import pytest

from sdrbot_skills.crm.optionvalues import upper_snake
from sdrbot_skills.crm.twenty.admin import spelled
from sdrbot_skills.crm.twenty.codec import TwentyCodec
from sdrbot_skills.crm.twenty.wire import completed, lossy, nested, reader
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind

KINDS = {"name": "FULL_NAME", "emails": "EMAILS", "phones": "PHONES", "domainName": "LINKS", "amount": "CURRENCY"}


def field(name: str, kind: Kind, capacity: int | None = None, standard: str | None = None) -> Field:
    return Field(name=name, label=name, kind=kind, vendor_type="", capacity=capacity, standard=standard)


def payload(*values: tuple[Field, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for one, value in values:
        TwentyCodec().encoder(one)(value, made)
    return nested(made, KINDS)


def test_parts_of_composites_are_put_together() -> None:
    row = payload(
        (field("name.firstName", Kind.TEXT), "Ada"),
        (field("name.lastName", Kind.TEXT), "Love\0lace"),
        (field("emails", Kind.EMAILS, 1), ["ada@example.org"]),
        (field("emails.additionalEmails", Kind.EMAILS), ["a@example.org"]),
        (field("phones", Kind.PHONES, 1), ["+49 30 123"]),
        (field("phones.additionalPhones", Kind.PHONES), ["+33 6 12"]),
        (field("domainName", Kind.URLS, 1, "company.domain"), ["WWW.Acme.com/about"]),
        (field("amount", Kind.MONEY), {"amount": Decimal("12500.5"), "currency": "EUR"}),
    )
    assert row == {
        "name": {"firstName": "Ada", "lastName": "Lovelace"},
        "emails": {"primaryEmail": "ada@example.org", "additionalEmails": ["a@example.org"]},
        "phones": {"primaryPhoneNumber": "+49 30 123", "additionalPhones": [{"number": "+33 6 12"}]},
        "domainName": {"primaryLinkUrl": "https://acme.com"},
        "amount": {"amountMicros": 12_500_500_000, "currencyCode": "EUR"},
    }


def test_a_telephone_number_is_told_as_one_text() -> None:
    doc = {
        "phones": {
            "primaryPhoneNumber": "612345678",
            "primaryPhoneCallingCode": "+33",
            "additionalPhones": [{"number": "30123", "callingCode": "+49"}, {}],
        }
    }
    assert reader("phones", "PHONES")(doc) == "+33612345678"
    assert reader("phones.additionalPhones", "PHONES")(doc) == ["+4930123"]
    assert reader("phones", "PHONES")({"phones": None}) is None


@pytest.mark.parametrize(
    ("sent", "stored", "same"),
    [
        ("+49 (30) 123-4567", "+49301234567", True),
        ("+1 415 555 2671 ext. 12", "+14155552671", True),
        ("+49 30 1234567", "+49301234568", False),
    ],
)
def test_numbers_are_compared_by_digits(sent: str, stored: str, same: bool) -> None:
    normal = TwentyCodec().normaliser(field("phones", Kind.PHONES, 1))
    assert (normal(sent) == normal(stored)) is same


def test_changes_that_would_take_something_away_are_completed() -> None:
    doc = {
        "domainName": {"primaryLinkUrl": "https://a.b", "primaryLinkLabel": "A", "secondaryLinks": []},
        "emails": {"primaryEmail": "a@b.co", "additionalEmails": []},
    }
    row: dict[str, Any] = {"domainName": {"primaryLinkUrl": "https://c.d"}, "emails": {"additionalEmails": ["x@y.zz"]}}
    names = lossy(row, KINDS)
    completed(row, doc, names)
    assert sorted(names) == ["domainName", "emails"]
    assert row["domainName"]["primaryLinkLabel"] == "A"
    assert row["emails"] == {"primaryEmail": "a@b.co", "additionalEmails": ["x@y.zz"]}
    assert lossy({"emails": {"primaryEmail": "a@b.co"}, "name": {"firstName": "A"}}, KINDS) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("closedwon", "CLOSEDWON"),
        ("1st", "OPT_1ST"),
        ("Ost & Übersee", "OST_UBERSEE"),
        ("日本", "OPTION"),
        ("A__B_", "A_B"),
    ],
)
def test_options_in_upper_case(text: str, value: str) -> None:
    assert upper_snake(text) == value


def test_options_that_come_out_alike_are_kept_apart() -> None:
    made = spelled([Option(value="a b", label="A, B"), Option(value="A-B", label="A-B")], ["A_B"], 5)
    assert [(one["value"], one["label"], one["position"]) for one in made] == [
        ("A_B_2", "A; B", 5),
        ("A_B_3", "A-B", 6),
    ]
