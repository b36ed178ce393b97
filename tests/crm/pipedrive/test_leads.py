"""Leads: of v1, listed by offset, flat, with an amount of their own; made only where they belong to somebody."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.pipedrive import leads
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import OutcomeUnknown
from sdrbot_skills.lab import Emulator
from sdrbot_skills.model.records import Comparison, Condition, Link, Operation, Outcome, Row
from sdrbot_skills.model.schema import ObjectSchema
from tests.conformance.conftest import Change, custom_field
from tests.conformance.people import read_all, records_in, spelled
from tests.crm.pipedrive.conftest import Ask


@pytest.fixture
def person(ask: Ask) -> int:
    return int(ask("POST", "/api/v2/persons", {"name": "Ada"})["id"])


def made(crm: Crm, ask: Ask, *values: dict[str, Any]) -> tuple[ObjectSchema, list[str]]:
    """Leads of one person, and how they are described."""
    schema = crm.describe("leads")
    owner = str(ask("POST", "/api/v2/persons", {"name": "Ada"})["id"])
    rows = [
        Row(str(n), spelled(crm, schema, {"title": f"L {n}", "person_id": owner, **one}))
        for n, one in enumerate(values)
    ]
    results = [crm.write("leads", Operation.CREATE, [row])[0] for row in rows]
    assert [one.outcome for one in results] == [Outcome.CREATED] * len(rows)
    return schema, [str(one.id) for one in results]


def decoded(crm: Crm, schema: ObjectSchema, lead: str, *names: str) -> dict[str, Any]:
    (record,) = crm.get("leads", [lead], names)
    return {field.name: crm.codec.decoder(field)(record.values) for field in schema.fields if field.name in names}


def test_values_go_there_and_come_back(crm: Crm, ask: Ask, changing: Change) -> None:
    wanted = {"kit_text": "text", "kit_day": "date", "kit_sum": "money", "kit_flag": "boolean"}
    with changing(crm, "create", "leads", *wanted) as admin:
        for name, kind in wanted.items():
            admin.create_field("leads", custom_field(name, kind))
    ask(
        "POST",
        "/api/v2/dealFields",
        {"field_name": "kit_set", "field_type": "set", "options": [{"label": "A"}, {"label": "B"}]},
    )
    labels = [
        option.value for option in (crm.describe("leads").field("label_ids") or custom_field("x", "text")).options
    ]
    values = {
        "value": {"amount": Decimal("12.5"), "currency": "EUR"},
        "expected_close_date": "2027-01-31",
        "visible_to": "3",
        "label_ids": labels[:2],
        "was_seen": True,
        "kit_text": "x",
        "kit_day": "2024-02-29",
        "kit_sum": {"amount": Decimal("3"), "currency": "EUR"},
        "kit_flag": True,
        "kit_set": ["A", "B"],
    }
    schema, (lead,) = made(crm, ask, values)
    assert decoded(crm, schema, lead, *values) == values
    stored = ask("GET", f"/api/v1/leads/{lead}")
    assert (stored["value"], stored["visible_to"]) == ({"amount": 12.5, "currency": "EUR"}, "3")
    cleared = spelled(crm, schema, dict.fromkeys(("value", "kit_text", "kit_day")))
    assert crm.write("leads", Operation.UPDATE, [Row("1", cleared, lead)])[0].outcome is Outcome.UPDATED
    assert set(decoded(crm, schema, lead, "value", "kit_text", "kit_day").values()) == {None}
    assert crm.deep_link("leads", lead).endswith(f"/leads/inbox/{lead}")


def test_v1_spells_custom_values_its_own_way() -> None:
    row = {"id": "u", "value": None, "s": "31,32", "m": 5, "m_currency": "EUR", "u": {"value": 7, "name": "Ada"}}
    types = {"s": "set", "m": "monetary", "u": "user"}
    values = leads.unfolded(row, {"s": "sizes"}, types)
    assert (values["sizes"], values["m"], values["u"]) == ([31, 32], {"value": 5, "currency": "EUR"}, 7)


def test_the_archive_is_read_too(crm: Crm, ask: Ask) -> None:
    _, (first, second) = made(crm, ask, {"is_archived": True}, {})
    assert [one["id"] for one in ask("GET", "/api/v1/leads/archived")] == [first]
    assert {record.id for record in records_in(read_all(crm, "leads", ["title"]))} == {first, second}
    assert crm.count("leads") == 2
    where = [Condition("title", Comparison.EQ, "L 1")]
    assert [record.id for record in crm.read("leads", ["title"], where).records] == [second]
    assert crm.delete("leads", [first, first])[0].outcome is Outcome.DELETED
    assert crm.get("leads", [first, second], ["title"])[0].id == second


def test_a_lead_that_cannot_be_archived_is_not_made_again(crm: Crm, ask: Ask, emulator: Emulator) -> None:
    schema = crm.describe("leads")
    owner = str(ask("POST", "/api/v2/persons", {"name": "Ada"})["id"])
    payload = spelled(crm, schema, {"title": "L", "person_id": owner, "is_archived": True})
    emulator.fault("form", form="capped", method="PATCH")
    with pytest.raises(OutcomeUnknown, match="is not in the archive"):
        crm.write("leads", Operation.CREATE, [Row("1", payload)])
    assert len(ask("GET", "/api/v1/leads")) == 1


def test_no_lead_is_passed_over_when_others_are_deleted(crm: Crm, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offsets shift; each page reaches back."""
    monkeypatch.setattr(leads, "PAGE", 4)
    monkeypatch.setattr(leads, "OVERLAP", 2)
    _, ids = made(crm, ask, *[{} for _ in range(9)])
    page = crm.read("leads", ["title"])
    seen = [record.id for record in page.records]
    crm.delete("leads", ids[1:3])
    while page.cursor:
        page = crm.read("leads", ["title"], (), page.cursor)
        seen += [record.id for record in page.records]
    assert seen == ids
    page = crm.read("leads", ["title"])
    crm.delete("leads", [page.records[-1].id])
    rest = crm.read("leads", ["title"], (), page.cursor)
    assert {record.id for record in rest.records} >= set(ids[6:8]), "the last one of a page may be gone itself"


def test_the_migration_key_is_that_of_deals_and_is_found(crm: Crm, ask: Ask, changing: Change) -> None:
    key = crm.capabilities.migration_key_field
    for name in ("deals", "leads"):
        with changing(crm, "create", name, key) as admin:
            admin.create_field(name, custom_field(key, "text"))
    _, (lead, _) = made(crm, ask, {key: "pd:1"}, {key: "pd:2"})
    assert [record.id for record in crm.find("leads", key, ["pd:1", "pd:9"], ["title"])] == [lead]
    _, (late,) = made(crm, ask, {key: "pd:9"})
    assert [record.id for record in crm.find("leads", key, ["pd:9"], ["title"])] == [late]


def test_a_lead_belongs_to_somebody(crm: Crm, ask: Ask) -> None:
    schema, (lead,) = made(crm, ask, {})
    (alone,) = crm.write("leads", Operation.CREATE, [Row("1", {"title": "L"})])
    assert alone.outcome is Outcome.REJECTED
    assert "person or an organization" in (alone.message or "")
    (nobody,) = crm.write("leads", Operation.CREATE, [Row("1", {"title": "L", "person_id": 999_999})])
    assert (nobody.outcome, nobody.rule) == (Outcome.REJECTED, Rule.NOT_FOUND)
    organization = str(ask("POST", "/api/v2/organizations", {"name": "Acme"})["id"])
    kinds = {one.name: one for one in crm.link_types("leads")}
    (linked,) = crm.link(kinds["organization_id"], [Link("organization_id", lead, organization)])
    assert linked.outcome is Outcome.LINKED
    assert [one.to_id for one in crm.links(kinds["organization_id"], [lead])] == [organization]
    page = crm.read("leads", ["title"], links=tuple(kinds.values()))
    assert {one.type for one in page.links} == {"person_id", "organization_id"}
    assert schema.standard == "deal"
