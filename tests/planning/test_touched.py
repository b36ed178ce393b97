"""What is bound into the approval: all that the plan rests on, and nothing else."""

from sdrbot_skills import planning
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.schema import Field, ObjectSchema, Option
from sdrbot_skills.model.values import Kind
from tests.planning.conftest import Schemas, schemas
from tests.planning.fakes import FakeCrm


def _with(found: Schemas, name: str, schema: ObjectSchema) -> Schemas:
    source, target = found
    return (source, {**target, name: schema}) if name in target else ({**source, name: schema}, target)


def _changed(schema: ObjectSchema, wanted: str, **facts: object) -> ObjectSchema:
    fields = tuple(field.model_copy(update=facts) if field.name == wanted else field for field in schema.fields)
    return ObjectSchema(**{**{key: getattr(schema, key) for key in ObjectSchema.model_fields}, "fields": fields})


def test_an_unrelated_new_field_changes_nothing_and_a_required_one_does(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    found = schemas(plan, hub, org)
    before = planning.touched_schema(plan, *found)
    new = Field(name="New__c", label="New", kind=Kind.TEXT, vendor_type="string", custom=True)
    for name in ("Contact", "contacts"):
        schema = (found[1] if name in found[1] else found[0])[name]
        assert planning.touched_schema(plan, *_with(found, name, schema.with_fields([new]))) == before
    needed = found[1]["Contact"].with_fields([new.model_copy(update={"required": True})])
    assert planning.touched_schema(plan, *_with(found, "Contact", needed)) != before


def test_options_count_where_the_plan_uses_them(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    found = schemas(plan, hub, org)
    before = planning.touched_schema(plan, *found)
    opportunity = found[1]["Opportunity"]
    stages = opportunity.by_name["StageName"].options
    unused = _changed(opportunity, "StageName", options=(*stages, Option(value="New", label="New")))
    used = _changed(opportunity, "StageName", options=tuple(one for one in stages if one.value != "Closed Won"))
    off = tuple(one.model_copy(update={"active": one.value != "Closed Won"}) for one in stages)
    assert planning.touched_schema(plan, *_with(found, "Opportunity", unused)) == before
    assert planning.touched_schema(plan, *_with(found, "Opportunity", used)) != before
    assert (
        planning.touched_schema(plan, *_with(found, "Opportunity", _changed(opportunity, "StageName", options=off)))
        != before
    )


def test_a_field_that_went_away_or_shrank_changes_it(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    found = schemas(plan, hub, org)
    before = planning.touched_schema(plan, *found)
    contact = found[1]["Contact"]
    for changed in (
        _changed(contact, "LastName", max_length=10),
        _changed(contact, "LastName", creatable=False),
        _changed(contact, "LastName", name="Surname"),
    ):
        assert planning.touched_schema(plan, *_with(found, "Contact", changed)) != before
    assert (
        planning.touched_schema(plan, *_with(found, "Contact", _changed(contact, "Salutation", max_length=1))) == before
    )


def test_a_label_is_for_people(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    found = schemas(plan, hub, org)
    renamed = _changed(found[1]["Contact"], "LastName", label="Surname")
    assert planning.touched_schema(plan, *_with(found, "Contact", renamed)) == planning.touched_schema(plan, *found)


def test_what_changed_is_said_by_name() -> None:
    field = {"kind": "choice", "required": False, "options": ["Gold", "Bronze"]}
    before = {"source": {}, "target": {"Account": {"fields": {"Tier__c": field, "Old__c": field}, "record_types": []}}}
    changed = {"Tier__c": {**field, "required": True, "options": ["Gold"]}, "Old__c": None, "Must__c": field}
    now = {"source": {}, "target": {"Account": {"fields": changed, "record_types": []}}}
    assert planning.differences(before, now) == [
        "target Account.Tier__c: required was False, is True",
        "target Account.Tier__c: options without Bronze",
        "target Account.Old__c: is not there any more",
        "target Account.Must__c: is new, and required",
    ]
    assert planning.differences(before, before) == []
