"""A custom attribute of every canonical kind: made, filled, read back, archived. What has no type is carried by the one that loses least."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills import lab
from sdrbot_skills.crm.attio import Adapter
from sdrbot_skills.model.values import Kind
from tests.conformance.attio import OWNER
from tests.conformance.case import ATTIO
from tests.conformance.conftest import Place
from tests.crm.admin_kit import bench_on
from tests.crm.kinds_kit import Made, check_impossible, check_kinds
from tests.lab.attio_workspace import Workspace

STAND_INS = {Kind.LONG_TEXT, Kind.CONSENT}
"""A text of any length; a checkbox, of which only a known slug is about consent."""

IMPOSSIBLE = {Kind.PERSON_NAME, Kind.FILE}
"""Names are made by Attio alone; files hang on records, not on attributes."""


def made(slug: str, attribute_type: str, value: Any, *options: str, parts: bool = False, **more: Any) -> Made:
    where = {"object_slug": "people", "attribute_slug": slug}
    asked = {"object_slug": "people", "api_slug": slug, "title": slug, "attribute_type": attribute_type, **more}
    then = tuple(("create_option", {**where, "title": option}) for option in options)
    return Made(asked, value, "create_attribute", then, parts=parts)


def test_every_kind(attio: Adapter, running: lab.Emulator, tmp_path_factory: pytest.TempPathFactory) -> None:
    with bench_on(Place(ATTIO, running, Path(tmp_path_factory.mktemp("kinds")))) as bench:
        vendor = Workspace(running)
        company = vendor.id_of(vendor.create("companies", name="Acme"))
        vendor.close()
        place = {
            "line_1": "Main St 1",
            "locality": "Springfield",
            "region": "IL",
            "postcode": "62701",
            "country_code": "US",
        }
        kinds = {
            Kind.TEXT: made("a_text", "text", "Ünïcödé; \"quoted\""),
            Kind.INTEGER: made("a_rating", "rating", 4),
            Kind.DECIMAL: made("a_share", "number", Decimal("0.25")),
            Kind.MONEY: made("a_sum", "currency", {"amount": Decimal("12.5"), "currency": "EUR"}, type_config="EUR"),
            Kind.BOOLEAN: made("a_flag", "checkbox", True),
            Kind.DATE: made("a_day", "date", "2024-02-29"),
            Kind.INSTANT: made("a_moment", "timestamp", "2024-02-29T23:59:59.000Z"),
            Kind.EMAILS: made("mails", "email-address", ["ada@example.org", "a@example.net"], is_multiselect=True),
            Kind.PHONES: made("phones", "phone-number", ["+442079460958"], is_multiselect=True),
            Kind.URLS: made("sites", "domain", ["example.org"], is_multiselect=True),
            Kind.CHOICE: made("a_choice", "select", "Second", "First", "Second"),
            Kind.CHOICES: made("some_choices", "select", ["One", "Three"], "One", "Two", "Three", is_multiselect=True),
            Kind.REFERENCE: made("a_company", "record-reference", company, type_config="companies"),
            Kind.USER: made("a_colleague", "actor-reference", OWNER),
            Kind.ADDRESS: made("a_place", "location", place, parts=True),
        }  # fmt: skip
        assert set(Kind) - set(kinds) == STAND_INS | IMPOSSIBLE
        check_kinds(bench, attio, "people", "slug", kinds)
    check_impossible(attio, "people", IMPOSSIBLE)
