"""Answers change the plan, may be given again, and are refused with what would be understood."""

import pytest

from sdrbot_skills import planning
from sdrbot_skills.errors import ConfigurationError, PlanInvalid
from sdrbot_skills.model.plan import Otherwise, Plan
from sdrbot_skills.model.records import Comparison
from sdrbot_skills.model.schema import Field, Pipeline, Stage
from sdrbot_skills.model.values import Kind
from tests.planning import hubspot, salesforce
from tests.planning.conftest import propose, question, schemas
from tests.planning.fakes import FakeCrm


def test_an_answer_changes_the_hash_and_leaves_the_plan_it_was_given_alone(plan: Plan) -> None:
    before = plan.digest()
    answered = planning.answer(plan, "contacts.blank.LastName", "constant (no name)")
    name = answered.objects["contacts"].mapping("LastName")
    assert name is not None and name.fallback is not None and name.fallback.constant == "(no name)"
    assert answered.digest() != before == plan.digest()
    assert question(answered, "contacts.blank.LastName").answer == "constant (no name)"


def test_a_missing_company_may_come_from_the_email(hub: FakeCrm, org: FakeCrm) -> None:
    plan = planning.answer(propose(hub, org, ["contacts:leads"]), "contacts.blank.Company", "domain_of email")
    company = plan.objects["contacts"].mapping("Company")
    assert company is not None and company.fallback is not None
    assert company.fallback.from_field == "email"
    assert company.fallback.transform is not None and company.fallback.transform.name == "domain_of"
    again = planning.answer(plan, "contacts.blank.Company", "quarantine").objects["contacts"].mapping("Company")
    assert again is not None and again.fallback is None


def test_a_missing_close_date_may_be_counted_from_the_creation(plan: Plan) -> None:
    close = (
        planning.answer(plan, "deals.blank.CloseDate", "days_after createdate 30").objects["deals"].mapping("CloseDate")
    )
    assert close is not None and close.fallback is not None and close.fallback.transform is not None
    assert close.fallback.transform.settings == {"days": 30}


def test_a_bare_sentence_is_not_taken_for_a_field(plan: Plan) -> None:
    with pytest.raises(ConfigurationError, match="constant no name at all"):
        planning.answer(plan, "contacts.blank.LastName", "no name at all")


def test_pairs_are_written_by_label_and_stored_by_value(plan: Plan) -> None:
    text = "animation = Media; Computer Software = Technology"
    industry = planning.answer(plan, "companies.values.Industry", text).objects["companies"].mapping("Industry")
    assert industry is not None
    assert industry.value_map == {"BANKING": "Banking", "ANIMATION": "Media", "COMPUTER_SOFTWARE": "Technology"}


def test_a_pair_may_say_no_value_and_what_happens_to_the_others(plan: Plan) -> None:
    text = "Animation = blank; others = quarantine"
    industry = planning.answer(plan, "companies.values.Industry", text).objects["companies"].mapping("Industry")
    assert industry is not None and industry.otherwise is Otherwise.REJECT
    assert industry.value_map == {"BANKING": "Banking", "ANIMATION": None}


def test_answering_again_forgets_the_first_answer(plan: Plan) -> None:
    first = planning.answer(plan, "companies.values.Industry", "as labelled")
    industry = planning.answer(first, "companies.values.Industry", "blank").objects["companies"].mapping("Industry")
    assert industry is not None and industry.value_map == {"BANKING": "Banking"}


def test_a_value_that_is_not_there_is_refused_with_a_suggestion(plan: Plan) -> None:
    with pytest.raises(ConfigurationError, match=r"no target value 'Tecnology'.*Technology"):
        planning.answer(plan, "companies.values.Industry", "Animation = Tecnology")


def test_one_email_takes_all_records_of_users_that_are_missing(plan: Plan) -> None:
    answered = planning.answer(plan, "all.owners.users", "BOB@acme.com")
    for word in ("companies", "contacts", "deals"):
        owner = answered.objects[word].mapping("OwnerId")
        assert owner is not None and owner.value_map == {"51": "005A", "52": "005B"}


def test_opt_outs_may_get_a_field_of_their_own_or_be_left_out_with_their_people(hub: FakeCrm) -> None:
    org = salesforce.organisation(hidden=["HasOptedOutOfEmail"])
    plan = propose(hub, org, ["contacts"])
    name = "contacts.opt_out.hs_email_optout"
    with pytest.raises(PlanInvalid, match="waits for an answer"):
        planning.check(plan, *schemas(plan, hub, org))
    made = planning.answer(plan, name, "create")
    added = next(change for change in made.schema_changes if change.object == "Contact" and not change.field.unique)
    mapping = made.objects["contacts"].mapping(added.field.name)
    assert added.field.kind is Kind.BOOLEAN
    assert mapping is not None and mapping.transform is not None and mapping.transform.name == "opt_out"
    planning.check(made, *schemas(made, hub, org))
    excluded = planning.answer(made, name, "exclude")
    assert added not in excluded.schema_changes
    assert [(one.field, one.op, one.value) for one in excluded.objects["contacts"].filter] == [
        ("hs_email_optout", Comparison.NE, True)
    ]


def test_own_fields_are_made_all_or_some_or_none(plan: Plan) -> None:
    made = planning.answer(plan, "contacts.create.fields", "tier")
    assert made.objects["contacts"].mapping("Customer_tier__c") is not None
    assert made.schema_changes[-1].field.options
    assert planning.answer(made, "contacts.create.fields", "leave").objects == plan.objects
    with pytest.raises(ConfigurationError, match="There is no field 'teir'"):
        planning.answer(plan, "contacts.create.fields", "teir")


def test_another_pipeline_has_its_stages_matched_anew(org: FakeCrm) -> None:
    renewals = Pipeline(
        id="77",
        label="Renewals",
        stages=(
            Stage(id="771", label="Prospecting"),
            Stage(id="772", label="Closed Won", closed=True, won=True),
            Stage(id="773", label="Churned", closed=True, won=False),
        ),
    )
    hub = hubspot.account()
    hub._pipelines = {"deals": [hubspot.PIPELINE, renewals]}
    plan = planning.answer(propose(org, hub, ["deals"]), "deals.pipeline.pipeline", "Renewals")
    pipeline, stage = plan.objects["deals"].mapping("pipeline"), plan.objects["deals"].mapping("dealstage")
    assert pipeline is not None and pipeline.transform is not None and pipeline.transform.settings == {"value": "77"}
    assert stage is not None and stage.value_map == {"Prospecting": "771", "Closed Won": "772"}
    assert "Closed Lost" in question(plan, "deals.values.dealstage").source_names


def test_an_ambiguous_field_goes_where_the_person_says(hub: FakeCrm) -> None:
    twins = [
        Field(name=name, label=label, kind=Kind.TEXT, vendor_type="string", custom=True)
        for name, label in (("Shoe_Sizes__c", "Shoe Sizes"), ("Size_Of_Shoe__c", "Size Shoes"))
    ]
    records = [{**record, "shoe_size": "42"} for record in hubspot.contacts()]
    plan = propose(hubspot.account(contacts=records), salesforce.organisation(contact_extra=twins), ["contacts"])
    answered = planning.answer(plan, "contacts.place.shoe_size", "Size_Of_Shoe__c")
    mapping = answered.objects["contacts"].mapping("Size_Of_Shoe__c")
    assert mapping is not None and mapping.source == ["shoe_size"]


def test_an_unknown_question_is_refused_with_the_nearest(plan: Plan) -> None:
    with pytest.raises(ConfigurationError, match=r"contacts\.blank\.LastName"):
        planning.answer(plan, "contacts.blank.Lastname", "quarantine")


def test_accepting_takes_suggestions_and_leaves_what_only_a_person_can_answer(hub: FakeCrm) -> None:
    needed = Field(
        name="Region__c", label="Sales Region", kind=Kind.TEXT, vendor_type="string", required=True, custom=True
    )
    org = salesforce.organisation(contact_extra=[needed])
    plan = planning.accept_proposals(propose(hub, org, ["contacts"]))
    assert [entry.id for entry in plan.open_questions()] == ["contacts.field.Region__c"]
    answered = planning.answer(plan, "contacts.field.Region__c", "constant EMEA")
    planning.check(answered, *schemas(answered, hub, org))
