"""A custom field of every canonical kind: made, filled, read back, removed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sdrbot_skills.crm.zohocrm import Adapter
from sdrbot_skills.model.values import Kind
from tests.conformance.case import ZOHOCRM
from tests.conformance.conftest import Place
from tests.crm.admin_kit import bench_on
from tests.crm.kinds_kit import Made, check_impossible, check_kinds
from tests.lab.zoho_org import SPECIAL_FIELDS, ZohoOrg

IMPOSSIBLE = {Kind.ADDRESS, Kind.PERSON_NAME, Kind.FILE}
"""The API makes address fields, but spells their parts as fields of their own; files need a call of their own."""

STAND_INS = {Kind.CONSENT}
"""An opt-out field is a boolean; only Zoho's own is known to be about consent."""


def made(label: str, data_type: str, value: Any, **more: Any) -> Made:
    return Made({"module_api_name": "Contacts", "field_label": label, "data_type": data_type, **more}, value)


def test_every_kind(zoho: Adapter, tmp_path_factory: pytest.TempPathFactory, emulator: Any) -> None:
    with bench_on(Place(ZOHOCRM, emulator, tmp_path_factory.mktemp("kinds"))) as bench:
        org = ZohoOrg(emulator)
        account = org.make("Accounts", Account_Name="Acme")
        person = next(one["id"] for one in bench.call("list_users"))
        kinds = {
            Kind.TEXT: made("A Text", "text", "Ünïcödé; \"quoted\"", length=80),
            Kind.LONG_TEXT: made("A Story", "textarea", "one\ntwo" * 500),
            Kind.INTEGER: made("A Number", "integer", -12),
            Kind.DECIMAL: made("A Share", "percent", Decimal("0.25")),
            Kind.BOOLEAN: made("A Flag", "boolean", True),
            Kind.DATE: made("A Day", "date", "2024-02-29"),
            Kind.INSTANT: made("A Moment", "datetime", "2024-02-29T23:59:59.000Z"),
            Kind.EMAILS: made("A Mail", "email", ["ada@example.org"]),
            Kind.PHONES: made("A Phone", "phone", ["+44 20 7946 0958"]),
            Kind.URLS: made("A Page", "website", ["https://example.org/a?b=c"]),
            Kind.CHOICE: made("A Choice", "picklist", "b", pick_list_values="a=First, b=Second"),
            Kind.CHOICES: made("Some Choices", "multiselectpicklist", ["a", "c"], pick_list_values="a, b, c"),
            Kind.MONEY: made("A Sum", "currency", {"amount": Decimal("12.5"), "currency": None}),
            Kind.REFERENCE: made("A Company", "lookup:Accounts", account),
            Kind.USER: made("A Colleague", "userlookup", person),
        }  # fmt: skip
        assert set(Kind) - set(kinds) == IMPOSSIBLE | STAND_INS
        check_kinds(bench, zoho, "Contacts", "api_name", kinds)
        check_impossible(zoho, "Contacts", IMPOSSIBLE)
        org.http.close()


def test_fields_that_are_only_shown_are_named_and_said_not_to_move(zoho: Adapter, emulator: Any) -> None:
    org = ZohoOrg(emulator)
    org("POST", "/settings/fields", {"fields": list(SPECIAL_FIELDS.values())[:5]}, module="Deals")
    fields = zoho.describe("Deals").by_name
    assert {name: fields[name].kind for name in ("Copy", "Closed", "Paper")} == {
        "Copy": Kind.DECIMAL,
        "Closed": Kind.INTEGER,
        "Paper": Kind.FILE,
    }
    assert not any(fields[name].creatable or fields[name].updatable for name in ("Copy", "Closed", "Paper"))
    deal = org.make("Deals", Deal_Name="Big", Stage="Qualification", Amount=12.5)
    (record,) = zoho.get("Deals", [deal], ["Copy", "Closed"])
    assert zoho.codec.decoder(fields["Copy"])(record.values) == Decimal("12.5")
    told = " ".join(one.message for one in zoho.preflight(["Deals"]).blind if one.subject == "Deals")
    assert "Partners, Team" in told and "Files are not carried: Paper" in told
    org.http.close()
