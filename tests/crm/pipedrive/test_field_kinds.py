"""A custom field of every canonical kind: made, filled, read back, removed. What has no type is carried by the one that loses least."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.values import Kind
from tests.conformance.conftest import Place
from tests.crm.admin_kit import bench_on
from tests.crm.kinds_kit import Made, check_impossible, check_kinds

STAND_INS = {Kind.INTEGER, Kind.INSTANT, Kind.EMAILS, Kind.URLS, Kind.PERSON_NAME, Kind.CONSENT}
"""Numbers, texts, and Yes or No: see `crm.pipedrive.admin`."""

ADDRESS = {"street": "Main St 1", "city": "Springfield", "region": "IL", "postal_code": "62701", "country": "US"}


def made(name: str, field_type: str, value: Any, **more: Any) -> Made:
    return Made({"object_type": "person", "name": name, "field_type": field_type, **more}, value)


def test_every_kind(crm: Crm, place: Place, ask: Callable[..., Any]) -> None:
    with bench_on(place) as bench:
        org = ask("POST", "/api/v2/organizations", {"name": "Acme"})["id"]
        me = ask("GET", "/api/v1/users/me")["id"]
        kinds = {
            Kind.TEXT: made("A Text", "varchar", "Ünïcödé; \"quoted\""),
            Kind.LONG_TEXT: made("A Story", "text", "one\ntwo" * 500),
            Kind.DECIMAL: made("A Share", "double", Decimal("0.25")),
            Kind.MONEY: made("A Sum", "monetary", {"amount": Decimal("12.5"), "currency": "EUR"}),
            Kind.BOOLEAN: made("A Flag", "enum", True, options="Yes, No"),
            Kind.DATE: made("A Day", "date", "2024-02-29"),
            Kind.PHONES: made("A Phone", "phone", ["+44 20 7946 0958"]),
            Kind.CHOICE: made("A Choice", "enum", "Second", options="First, Second"),
            Kind.CHOICES: made("Some Choices", "set", ["One", "Three"], options="One, Two, Three"),
            Kind.REFERENCE: made("A Company", "org", str(org)),
            Kind.USER: made("A Colleague", "user", str(me)),
            Kind.ADDRESS: made("A Place", "address", ADDRESS),
        }  # fmt: skip
        assert set(Kind) - set(kinds) == STAND_INS | {Kind.FILE}
        check_kinds(bench, crm, "persons", "key", kinds)
    check_impossible(crm, "persons", {Kind.FILE})
