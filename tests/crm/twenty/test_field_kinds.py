"""A custom field of every canonical kind: made, filled, read back, removed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdrbot_skills import lab
from sdrbot_skills.crm.twenty import Adapter
from sdrbot_skills.model.values import Kind
from tests.conformance.case import TWENTY
from tests.conformance.conftest import Place
from tests.crm.admin_kit import bench_on
from tests.crm.kinds_kit import Made, check_impossible, check_kinds

STAND_INS = {Kind.CONSENT}
"""A boolean, of which only a known name is about consent."""

IMPOSSIBLE = {Kind.FILE}
"""A field for files can be made (`create_field`, FILES), and removed; files themselves need calls of their own."""

PLACE = {
    "addressStreet1": "Main St 1", "addressCity": "Springfield", "addressState": "IL", "addressPostcode": "62701",
    "addressCountry": "US",
}  # fmt: skip


def made(name: str, field_type: str, value: Any, *, parts: bool = False, **more: Any) -> Made:
    asked = {"object_id": "people", "name": name, "label": name, "field_type": field_type, **more}
    return Made(asked, value, parts=parts)


def related(name: str, target: str, value: str) -> Made:
    asked = {"object_id": "people", "name": name, "label": name, "target_object_id": target}
    return Made({**asked, "target_label": f"People of {name}"}, value, "create_relation_field", suffix="Id")


def test_every_kind(crm: Adapter, twenty: lab.Emulator, tmp_path_factory: pytest.TempPathFactory) -> None:
    with bench_on(Place(TWENTY, twenty, Path(tmp_path_factory.mktemp("kinds")))) as bench:
        headers = {"Authorization": f"Bearer {twenty.env['TWENTY_API_KEY']}"}
        answer = httpx.post(
            f"{twenty.base_url}/rest/companies", json={"name": "Acme"}, headers=headers, trust_env=False
        )
        company, member = answer.json()["data"]["createCompany"]["id"], bench.call("list_workspace_members")[0]["id"]
        kinds = {
            Kind.TEXT: made("aText", "TEXT", "Ünïcödé; \"quoted\""),
            Kind.LONG_TEXT: made("aStory", "LONG_TEXT", "one\ntwo" * 500),
            Kind.INTEGER: made("aNumber", "INTEGER", -12),
            Kind.DECIMAL: made("aShare", "NUMBER", Decimal("0.25")),
            Kind.MONEY: made("aSum", "CURRENCY", {"amount": Decimal("12.5"), "currency": "EUR"}),
            Kind.BOOLEAN: made("aFlag", "BOOLEAN", True),
            Kind.DATE: made("aDay", "DATE", "2024-02-29"),
            Kind.INSTANT: made("aMoment", "DATE_TIME", "2024-02-29T23:59:59.000Z"),
            Kind.EMAILS: made("aMail", "EMAILS", ["ada@example.org"]),
            Kind.PHONES: made("aPhone", "PHONES", ["+442079460958"]),
            Kind.URLS: made("aPage", "LINKS", ["https://example.org/a?b=c"]),
            Kind.CHOICE: made("aChoice", "SELECT", "SECOND", options="First, Second"),
            Kind.CHOICES: made("someChoices", "MULTI_SELECT", ["ONE", "THREE"], options="One, Two, Three"),
            Kind.REFERENCE: related("aCompany", "companies", company),
            Kind.USER: related("aColleague", "workspaceMembers", member),
            Kind.ADDRESS: made("aPlace", "ADDRESS", PLACE, parts=True),
            Kind.PERSON_NAME: made("aName", "FULL_NAME", {"firstName": "Ada", "lastName": "Lovelace"}, parts=True),
        }  # fmt: skip
        assert set(Kind) - set(kinds) == STAND_INS | IMPOSSIBLE
        check_kinds(bench, crm, "people", "name", kinds)
        files = bench.do("create_field", object_id="people", name="papers", label="Papers", field_type="FILES")
        bench.back(files)
    check_impossible(crm, "people", IMPOSSIBLE)
