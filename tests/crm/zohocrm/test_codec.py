"""Zoho's spellings that the round trips of the conformance kit do not show."""

from decimal import Decimal
from typing import Any

import pytest

from sdrbot_skills.crm.zohocrm.codec import ZohoCodec
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind

CODEC = ZohoCodec()


def field(kind: Kind, vendor_type: str = "text", **more: Any) -> Field:
    return Field(name="F", label="F", kind=kind, vendor_type=vendor_type, **more)


def encoded(one: Field, value: Any) -> dict[str, Any]:
    payload: dict[str, Any] = {}
    CODEC.encoder(one)(value, payload)
    return payload


@pytest.mark.parametrize(
    ("one", "vendor", "canonical"),
    [
        (field(Kind.DECIMAL, "percent"), 20, Decimal("0.2")),
        (field(Kind.INTEGER, "bigint"), "123456789012345678", 123456789012345678),
        (field(Kind.CHOICE, "picklist"), "-None-", None),
        (field(Kind.CHOICES, "multiselectpicklist"), "North;South", ["North", "South"]),
        (field(Kind.CHOICES, "multiselectpicklist"), ["-None-"], None),
        (field(Kind.REFERENCE, "lookup"), {"name": "Acme", "id": "57"}, "57"),
        (field(Kind.USER, "ownerlookup"), {"id": "58"}, "58"),
        (field(Kind.INSTANT, "datetime"), "2024-02-29T02:00:00-08:00", "2024-02-29T10:00:00.000Z"),
        (field(Kind.CONSENT, "boolean"), False, False),
        (field(Kind.TEXT), "", None),
    ],
)
def test_reading(one: Field, vendor: Any, canonical: Any) -> None:
    assert CODEC.decoder(one)({"F": vendor}) == canonical


@pytest.mark.parametrize(
    ("one", "canonical", "payload"),
    [
        (field(Kind.DECIMAL, "percent"), Decimal("0.2"), {"F": 20.0}),
        (field(Kind.INTEGER, "bigint"), 123456789012345678, {"F": "123456789012345678"}),
        (field(Kind.INTEGER, "integer"), 7, {"F": 7}),
        (field(Kind.INSTANT, "datetime"), "2024-02-29T10:00:00.987Z", {"F": "2024-02-29T10:00:00+00:00"}),
        (field(Kind.REFERENCE, "lookup"), "57", {"F": {"id": "57"}}),
        (field(Kind.REFERENCE, "lookup"), None, {"F": None}),
        (field(Kind.BOOLEAN, "boolean"), None, {"F": False}),
        (field(Kind.CONSENT, "boolean"), True, {"F": True}),
        (field(Kind.CONSENT, "boolean"), False, {}),
        (field(Kind.CONSENT, "boolean"), None, {}),
    ],
)
def test_writing(one: Field, canonical: Any, payload: dict[str, Any]) -> None:
    assert encoded(one, canonical) == payload


def test_a_moment_is_the_same_in_every_zone() -> None:
    same = CODEC.normaliser(field(Kind.INSTANT, "datetime"))
    assert same("2024-02-29T10:00:00+00:00") == same("2024-02-29T02:00:00-08:00")
    assert CODEC.normaliser(field(Kind.REFERENCE, "lookup"))({"name": "Acme", "id": "57"}) == "57"
