"""Custom fields: made, made visible, found again, removed."""

from __future__ import annotations

import pytest

from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.salesforce import Adapter
from sdrbot_skills.crm.salesforce.admin import Admin
from sdrbot_skills.crm.salesforce.schema import Schema
from sdrbot_skills.errors import ConfigurationError, Refused, Unsupported
from sdrbot_skills.lab.processes import Emulator
from sdrbot_skills.model.records import Operation, Outcome, Row
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind
from tests.crm.salesforce.conftest import Connect

KEY = Field(
    name="CRM_Migration_Key__c",
    label="Migration key",
    kind=Kind.TEXT,
    vendor_type="",
    unique=True,
    upsert_key=True,
    max_length=64,
)


def planned(sf: Adapter, *fields: Field) -> list[dict[str, object]]:
    return [
        {"method": method, "path": path, "name": name}
        for field in fields
        for method, path, name in sf.schema_writes("create", "Contact", field.name)
    ]


def test_a_migration_key_is_visible_writable_and_upserts(sf: Adapter, connect: Connect) -> None:
    schema = connect("schema", schema_operations=planned(sf, KEY))
    made = schema.create_field("Contact", KEY)
    assert (made.unique, made.upsert_key, made.creatable, made.custom, made.max_length) == (True, True, True, True, 64)
    assert schema.create_field("Contact", KEY) == made, "making it again leaves it as it is"
    sf.describe("Contact")
    rows = [
        Row("1", {"LastName": "Ada", KEY.name: "hs-1/?#+ x"}),
        Row("2", {"LastName": "Ben", KEY.name: "HS-1/?#+ x"}),
    ]
    for expected in (Outcome.CREATED, Outcome.UPDATED):
        results = sf.write("Contact", Operation.UPSERT, rows, KEY.name)
        assert [one.outcome for one in results] == [expected] * 2, results
    assert sf.count("Contact") == 2, "keys that differ by case are two keys"
    assert len(sf.find("Contact", KEY.name, ["hs-1/?#+ x"], [])) >= 1


def test_a_field_made_but_hidden_is_made_visible(sf: Adapter, connect: Connect) -> None:
    """A first attempt may have died between making the field and granting it."""
    schema = connect("schema", schema_operations=planned(sf, KEY))
    Admin(schema.client, Schema(schema.client))._create("Contact", KEY)
    assert schema.describe("Contact").field(KEY.name) is None
    assert schema.create_field("Contact", KEY).upsert_key


def test_every_kind_comes_back_as_it_was_asked_for(sf: Adapter, connect: Connect) -> None:
    options = (Option(value="A", label="Ah"), Option(value="B", label="Be"))
    kinds = [kind for kind in Kind if kind not in (Kind.ADDRESS, Kind.PERSON_NAME, Kind.FILE, Kind.CONSENT, Kind.USER)]
    fields = [
        Field(
            name=f"New_{kind.value}__c",
            label=kind.value,
            kind=kind,
            vendor_type="",
            options=options if kind in (Kind.CHOICE, Kind.CHOICES) else (),
            references=("Account",) if kind is Kind.REFERENCE else (),
        )
        for kind in kinds
    ]
    schema = connect("schema", schema_operations=planned(sf, *fields))
    made = {field.kind: schema.create_field("Contact", field) for field in fields}
    assert [field.kind for field in made.values()] == kinds
    assert [(one.value, one.label) for one in made[Kind.CHOICE].options] == [("A", "Ah"), ("B", "Be")]
    assert made[Kind.CHOICE].restricted and made[Kind.CHOICES].restricted


def test_a_field_of_another_kind_is_not_taken_for_the_same(sf: Adapter, connect: Connect) -> None:
    schema = connect("schema", schema_operations=planned(sf, KEY))
    schema.create_field("Contact", KEY)
    with pytest.raises(ConfigurationError, match="already has a field CRM_Migration_Key__c that holds text"):
        schema.create_field("Contact", KEY.model_copy(update={"kind": Kind.INTEGER}))


def test_what_salesforce_has_no_field_for(sf: Adapter) -> None:
    with pytest.raises(Unsupported, match="no custom field for address"):
        sf.create_field("Contact", KEY.model_copy(update={"kind": Kind.ADDRESS, "name": "Home__c"}))


def test_options_are_added_and_the_others_stay(sf: Adapter, connect: Connect) -> None:
    field = Field(
        name="Tier__c",
        label="Tier",
        kind=Kind.CHOICE,
        vendor_type="",
        options=(Option(value="A", label="Ah"),),
        restricted=True,
    )
    first = connect("schema", schema_operations=planned(sf, field))
    first.create_field("Contact", field)
    operations = [
        {"method": method, "path": path, "name": name}
        for method, path, name in first.schema_writes("add_options", "Contact", "Tier__c")
    ]
    second = connect("schema", schema_operations=operations)
    changed = second.add_options("Contact", "Tier__c", [Option(value="B", label="Be"), Option(value="A", label="Ah")])
    assert [(one.value, one.active) for one in changed.options] == [("A", True), ("B", True)]
    with pytest.raises(Unsupported, match="standard picklists"):
        second.add_options("Contact", "LeadSource", [Option(value="B", label="Be")])


def test_a_removed_field_is_gone_and_removing_nothing_is_fine(sf: Adapter, connect: Connect) -> None:
    schema = connect("schema", schema_operations=planned(sf, KEY))
    schema.create_field("Contact", KEY)
    operations = [
        {"method": method, "path": path, "name": name}
        for method, path, name in schema.schema_writes("delete", "Contact", KEY.name)
    ]
    remover = connect("schema", schema_operations=operations)
    remover.delete_field("Contact", KEY.name)
    assert remover.describe("Contact").field(KEY.name) is None
    remover.delete_field("Contact", KEY.name)
    remover.delete_field("Contact", "LastName")


def test_an_unplanned_schema_change_is_refused(connect: Connect) -> None:
    with pytest.raises(Refused, match="not among those approved"):
        connect("schema").create_field("Contact", KEY)


def test_a_creation_date_is_set_once_and_stops_no_later_upsert(sf: Adapter, lab: Emulator, connect: Connect) -> None:
    """Salesforce takes the date when a record is made and refuses every later upsert that carries it."""
    lab.control("variants", add=["audit_fields"])
    try:
        connect("schema", schema_operations=planned(sf, KEY)).create_field("Contact", KEY)
        assert sf.describe("Contact").by_name["CreatedDate"].creatable
        payload = {KEY.name: "hs-1", "LastName": "Ada", "CreatedDate": "2019-01-02T03:04:05.000Z"}
        sf.write("Contact", Operation.UPSERT, [Row("1", payload)], KEY.name)
        later = payload | {"LastName": "Byron", "CreatedDate": "2020-01-01T00:00:00.000Z"}
        rows = [Row("1", later), Row("2", payload | {KEY.name: "hs-2"})]
        first, second = sf.write("Contact", Operation.UPSERT, rows, KEY.name)
        assert (first.outcome, second.outcome) == (Outcome.UPDATED, Outcome.CREATED)
        values = sf.get("Contact", [first.id or "", second.id or ""], ["LastName", "CreatedDate"])
        assert [one.values["LastName"] for one in values] == ["Byron", "Ada"]
        assert {one.values["CreatedDate"] for one in values} == {"2019-01-02T03:04:05.000+0000"}
    finally:
        lab.control("variants", remove=["audit_fields"])


def test_without_the_permission_no_record_is_made_without_its_date(sf: Adapter, connect: Connect) -> None:
    connect("schema", schema_operations=planned(sf, KEY)).create_field("Contact", KEY)
    payload = {KEY.name: "hs-1", "LastName": "Ada", "CreatedDate": "2019-01-02T03:04:05.000Z"}
    (result,) = sf.write("Contact", Operation.UPSERT, [Row("1", payload)], KEY.name)
    assert (result.outcome, result.rule, sf.count("Contact")) == (Outcome.REJECTED, Rule.READ_ONLY, 0)
