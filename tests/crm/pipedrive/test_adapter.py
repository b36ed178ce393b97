"""What is peculiar to Pipedrive: keys nobody can know, two lists of deals, addresses, ends of pipelines, one record a call, tokens."""

from decimal import Decimal
from typing import Any

import pytest

from sdrbot_skills.broker.limits import throttled
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import OutcomeUnknown, Unsupported
from sdrbot_skills.lab import Emulator
from sdrbot_skills.model.records import Comparison, Condition, Link, Operation, Outcome, Row
from sdrbot_skills.model.schema import Option
from tests.conformance.conftest import Change, custom_field
from tests.conformance.people import make, read_all, records_in, spelled
from tests.crm.pipedrive.conftest import Ask


@pytest.fixture
def keyed(crm: Crm, changing: Change) -> Crm:
    """The adapter, with a migration key on people."""
    with changing(crm, "create", "persons", "migration_source_id") as admin:
        admin.create_field("persons", custom_field("migration_source_id", "text"))
    crm.describe("persons")
    return crm


def test_a_made_field_is_named_as_asked_and_stored_under_its_key(keyed: Crm, ask: Ask) -> None:
    (result,) = keyed.write("persons", Operation.CREATE, [Row("1", {"name": "Ada", "migration_source_id": "hs:1"})])
    stored = ask("GET", f"/api/v2/persons/{result.id}")["custom_fields"]
    ((code, value),) = stored.items()
    assert (len(code), value) == (40, "hs:1")
    (record,) = keyed.get("persons", [result.id or ""], ["migration_source_id"])
    assert record.values["migration_source_id"] == "hs:1"


def test_other_custom_fields_are_named_by_their_key(crm: Crm, ask: Ask) -> None:
    made = ask("POST", "/api/v2/personFields", {"field_name": "Shoe size", "field_type": "double"})
    field = crm.describe("persons").field(made["field_code"])
    assert field is not None
    assert (field.label, field.custom) == ("Shoe size", True)


def test_two_fields_of_one_name_keep_their_keys(crm: Crm, ask: Ask) -> None:
    codes = {
        ask("POST", "/api/v2/personFields", {"field_name": "tier", "field_type": "varchar"})["field_code"]
        for _ in range(2)
    }
    assert codes <= set(crm.describe("persons").by_name)
    assert crm.describe("persons").field("tier") is None


def test_the_migration_key_is_found_without_a_search(keyed: Crm, emulator: Emulator) -> None:
    rows = [Row(str(n), {"name": f"P {n}", "migration_source_id": f"hs:{n}"}) for n in range(3)]
    ids = [keyed.write("persons", Operation.CREATE, [row])[0].id for row in rows]
    found = keyed.find("persons", "migration_source_id", ["hs:1", "hs:9"], ["name"])
    assert [(record.id, record.values["name"]) for record in found] == [(ids[1], "P 1")]
    (late,) = keyed.write("persons", Operation.CREATE, [Row("9", {"name": "Late", "migration_source_id": "hs:9"})])
    keyed.write("persons", Operation.UPDATE, [Row("1", {"migration_source_id": "hs:else"}, ids[1])])
    found = keyed.find("persons", "migration_source_id", ["hs:1", "hs:9"], [])
    assert [record.id for record in found] == [late.id]
    assert not any("search" in name for name in emulator.counters())


def test_a_lost_answer_is_told_and_found_by_the_key(keyed: Crm, emulator: Emulator) -> None:
    emulator.fault("reset", when="after_commit", method="POST", path="/persons$")
    with pytest.raises(OutcomeUnknown):
        keyed.write("persons", Operation.CREATE, [Row("1", {"name": "Ada", "migration_source_id": "hs:1"})])
    assert len(keyed.find("persons", "migration_source_id", ["hs:1"], [])) == 1


def test_of_several_rows_only_the_lost_one_is_unanswered(keyed: Crm, emulator: Emulator) -> None:
    emulator.fault("reset", when="after_commit", method="POST", path="/persons$", body_contains='"B"')
    rows = [Row(name, {"name": name}) for name in "ABC"]
    results = keyed.write("persons", Operation.CREATE, rows)
    assert [result.rule for result in results] == [None, Rule.UNANSWERED, None]
    assert not results[1].retriable


def test_there_is_no_upsert(keyed: Crm) -> None:
    with pytest.raises(Unsupported):
        keyed.write("persons", Operation.UPSERT, [Row("1", {"name": "A"})], "migration_source_id")


def test_archived_deals_are_read_too(crm: Crm, ask: Ask) -> None:
    for number in range(3):
        ask("POST", "/api/v2/deals", {"title": f"D{number}", "is_archived": number == 1})
    records = records_in(read_all(crm, "deals", ["title"]))
    assert sorted(record.values["title"] for record in records) == ["D0", "D1", "D2"]
    assert crm.count("deals") == 3
    assert len(crm.get("deals", [record.id for record in records], ["title"])) == 3


def test_a_won_deal_is_an_end_of_its_pipeline(crm: Crm, ask: Ask) -> None:
    schema = crm.describe("deals")
    renewals = crm.pipelines("deals")[1]
    won = next(stage for stage in renewals.stages if stage.won)
    payload = spelled(crm, schema, {"title": "D", "stage_id": won.id, "won_time": "2024-03-01T09:00:00.000Z"})
    (result,) = crm.write("deals", Operation.CREATE, [Row("1", payload)])
    stored = ask("GET", f"/api/v2/deals/{result.id}")
    assert (stored["status"], stored["pipeline_id"], stored["won_time"]) == ("won", 2, "2024-03-01T09:00:00Z")
    (record,) = crm.get("deals", [result.id or ""], ["stage_id"])
    field = schema.by_name["stage_id"]
    assert crm.codec.decoder(field)(record.values) == won.id
    open_again = spelled(crm, schema, {"stage_id": renewals.stages[0].id})
    crm.write("deals", Operation.UPDATE, [Row("1", open_again, result.id)])
    assert ask("GET", f"/api/v2/deals/{result.id}")["status"] == "open"


def test_a_part_of_an_address_leaves_the_others(crm: Crm, ask: Ask) -> None:
    schema = crm.describe("organizations")
    street, city = "address.route", "address.locality"
    parts: dict[str, Any] = {street: "1 Main St", city: "Oslo"}
    (made,) = make(crm, schema, 1, **parts)
    crm.write("organizations", Operation.UPDATE, [Row("1", {city: "Bergen"}, made.id)])
    stored = ask("GET", f"/api/v2/organizations/{made.id}")["address"]
    assert (stored["route"], stored["locality"], stored["value"]) == ("1 Main St", "Bergen", "1 Main St, Bergen")


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ({"value": "12 Main St, Oslo", "route": "Main St", "street_number": "12", "locality": "Oslo"}, "12 Main St"),
        (
            {"value": "Hauptstr. 12, Bonn", "route": "Hauptstr.", "street_number": "12", "locality": "Bonn"},
            "Hauptstr. 12",
        ),
        ({"value": "somewhere near the lake"}, "somewhere near the lake"),
    ],
)
def test_streets_are_read_in_their_own_order(crm: Crm, ask: Ask, address: dict[str, str], street: str) -> None:
    made = ask("POST", "/api/v2/organizations", {"name": "A", "address": address})
    field = crm.describe("organizations").by_name["address.route"]
    (record,) = crm.get("organizations", [str(made["id"])], crm.codec.reads(field))
    assert crm.codec.decoder(field)(record.values) == street


def test_options_are_labels_here_and_ids_there(crm: Crm, ask: Ask, changing: Change) -> None:
    wanted = custom_field(
        "tier", "choices", options=[{"value": "Gold", "label": "Gold"}, {"value": "Tin", "label": "Tin"}]
    )
    with changing(crm, "create", "persons", "tier") as admin:
        admin.create_field("persons", wanted)
    with changing(crm, "add_options", "persons", "tier") as admin:
        admin.add_options("persons", "tier", [Option(value=" gold", label=" gold")])
    schema = crm.describe("persons")
    field = schema.by_name["tier"]
    assert [option.value for option in field.options] == ["Gold", "Tin"]
    (result,) = crm.write("persons", Operation.CREATE, [Row("1", spelled(crm, schema, {"name": "A", "tier": ["Tin"]}))])
    ((_, stored),) = ask("GET", f"/api/v2/persons/{result.id}")["custom_fields"].items()
    assert all(isinstance(one, int) for one in stored)
    crm.write("persons", Operation.UPDATE, [Row("1", spelled(crm, schema, {"tier": None}), result.id)])
    (record,) = crm.get("persons", [result.id or ""], ["tier"])
    assert crm.codec.decoder(field)(record.values) is None


def test_a_yes_no_field_stands_for_a_boolean(crm: Crm, changing: Change) -> None:
    with changing(crm, "create", "persons", "vip") as admin:
        admin.create_field("persons", custom_field("vip", "boolean"))
    schema = crm.describe("persons")
    assert schema.by_name["vip"].kind == "boolean"
    payloads = [spelled(crm, schema, {"name": "A", "vip": value}) for value in (True, False)]
    ids = [crm.write("persons", Operation.CREATE, [Row("1", payload)])[0].id or "" for payload in payloads]
    decode = crm.codec.decoder(schema.by_name["vip"])
    assert [decode(record.values) for record in crm.get("persons", ids, ["vip"])] == [True, False]


def test_amounts_name_their_currency(crm: Crm, ask: Ask, changing: Change) -> None:
    with changing(crm, "create", "deals", "bonus") as admin:
        admin.create_field("deals", custom_field("bonus", "money"))
    schema = crm.describe("deals")
    values = {
        "title": "D",
        "value": {"amount": Decimal("12.5"), "currency": "USD"},
        "bonus": {"amount": Decimal(7), "currency": None},
    }
    (result,) = crm.write("deals", Operation.CREATE, [Row("1", spelled(crm, schema, values))])
    stored = ask("GET", f"/api/v2/deals/{result.id}")
    assert (stored["value"], stored["currency"]) == (12.5, "USD")
    assert list(stored["custom_fields"].values()) == [{"value": 7, "currency": "EUR"}]


@pytest.mark.parametrize(
    ("payload", "rule", "field"),
    [
        ({"name": "A", "owner_id": 1}, Rule.INACTIVE_OWNER, "owner_id"),
        ({"name": "A", "org_id": 1}, Rule.BAD_REFERENCE, "org_id"),
        ({"emails": [{"value": "a@b.example"}]}, Rule.REQUIRED_MISSING, "name"),
        ({"name": "A", "job_title": "CEO"}, Rule.UNKNOWN_FIELD, "job_title"),
    ],
)
def test_refusals_are_named(crm: Crm, payload: dict[str, object], rule: Rule, field: str) -> None:
    (result,) = crm.write("persons", Operation.CREATE, [Row("1", payload)])
    assert result.outcome is Outcome.REJECTED
    if rule is Rule.UNKNOWN_FIELD:  # the add-on that has it is off: Pipedrive says only that it is not allowed
        assert result.rule == Rule.NO_ACCESS
    else:
        assert (result.rule, result.field) == (rule, field)


def test_a_full_plan_is_a_limit(crm: Crm, emulator: Emulator) -> None:
    crm.describe("deals")
    emulator.fault("form", form="capped", method="POST")
    (result,) = crm.write("deals", Operation.CREATE, [Row("1", {"title": "D"})])
    assert result.rule == Rule.LIMIT_REACHED


def test_the_contact_person_is_one_of_a_deals_people(crm: Crm, ask: Ask) -> None:
    people = [str(ask("POST", "/api/v2/persons", {"name": name})["id"]) for name in "AB"]
    deal = str(ask("POST", "/api/v2/deals", {"title": "D", "person_id": int(people[0])})["id"])
    kind = next(one for one in crm.link_types("deals") if one.standard == "deal.person")
    crm.link(kind, [Link(kind.name, deal, people[1])])
    assert {link.to_id for link in crm.links(kind, [deal])} == set(people)


def test_changes_are_asked_for_in_whole_seconds(crm: Crm, emulator: Emulator) -> None:
    make(crm, crm.describe("organizations"), 2)
    where = [Condition("update_time", Comparison.GE, "2024-01-01T10:00:00.123Z")]
    assert crm.count("organizations", where) == 2


def test_an_index_that_lags_is_not_asked(crm: Crm) -> None:
    """The lab's search lags by a minute in this folder."""
    schema = crm.describe("persons")
    make(crm, schema, 1, emails=["ada@example.org"])
    assert len(crm.find("persons", "emails", ["ADA@example.org"], [])) == 1


def test_spent_tokens_end_the_day() -> None:
    """Told by the header: the same answer without it asks for a short pause."""
    headers = {"x-daily-ratelimit-token-remaining": "0"}
    spent, busy = throttled(429, headers, b"{}", 2.0), throttled(429, {}, b"{}", 2.0)
    assert spent is not None
    assert busy is not None
    assert (spent.daily, busy.daily, busy.seconds) == (True, False, 2.0)


def test_a_deals_probability_is_a_percentage(crm: Crm, ask: Ask) -> None:
    deals = crm.describe("deals")
    (result,) = crm.write(
        "deals", Operation.CREATE, [Row("1", spelled(crm, deals, {"title": "Big", "probability": Decimal("0.9")}))]
    )
    assert ask("GET", f"/api/v2/deals/{result.id}")["probability"] == 90
    (record,) = crm.get("deals", [result.id or ""], ["probability"])
    assert crm.codec.decoder(deals.by_name["probability"])(record.values) == Decimal("0.9")
