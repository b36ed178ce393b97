"""Proposals: what is mapped, what is asked, and what is never guessed."""

import pytest

from sdrbot_skills import planning
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Otherwise, Plan
from sdrbot_skills.model.schema import Field, Pipeline, RecordType
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.survey import SAMPLE_SIZE
from tests.planning import hubspot, salesforce
from tests.planning.conftest import propose, question, schemas
from tests.planning.fakes import FakeCrm


def mapped(plan: Plan, word: str) -> dict[str, list[str]]:
    return {mapping.target: mapping.source for mapping in plan.objects[word].fields}


def test_standard_fields_meet_whatever_either_side_calls_them(plan: Plan) -> None:
    contacts = mapped(plan, "contacts")
    assert contacts["FirstName"] == ["firstname"]
    assert contacts["MailingPostalCode"] == ["zip"]
    assert contacts["MobilePhone"] == ["mobilephone"]
    assert plan.objects["contacts"].fields[0].reason


def test_a_standard_field_that_is_empty_in_the_sample_is_mapped_all_the_same(plan: Plan) -> None:
    # The sample is the oldest records; deals had no amount there and lost it.
    assert mapped(plan, "deals")["Amount"] == ["amount"]


def test_what_the_target_sets_itself_is_left_to_it(plan: Plan) -> None:
    for word in plan.objects:
        assert not {"CreatedDate", "SystemModstamp", "Probability"} & set(mapped(plan, word))


def test_two_fields_share_one_where_the_target_has_no_second(plan: Plan) -> None:
    website = plan.objects["companies"].mapping("Website")
    street = plan.objects["companies"].mapping("BillingStreet")
    assert website is not None and website.source == ["website", "domain"]
    assert street is not None and street.source == ["address", "address2"]
    assert street.transform is not None and street.transform.settings == {"separator": "\n"}


def test_own_fields_meet_by_name(plan: Plan) -> None:
    score = plan.objects["contacts"].mapping("Lead_Score__c")
    assert score is not None and score.source == ["lead_score"]
    assert 0.85 <= (score.confidence or 0) < 0.99


def test_a_time_that_becomes_a_day_is_carried_and_counted(plan: Plan) -> None:
    close = plan.objects["deals"].mapping("CloseDate")
    assert close is not None and close.otherwise is Otherwise.TRUNCATE
    assert "without the time" in (close.reason or "")


def test_links_meet_by_their_standard_name_and_only_inside_the_plan(hub: FakeCrm, org: FakeCrm, plan: Plan) -> None:
    links = {(word, link.source, link.target, link.object) for word, one in plan.objects.items() for link in one.links}
    assert ("contacts", "company:primary", "AccountId", "companies") in links
    assert ("deals", "contact", "OpportunityContactRole", "contacts") in links
    alone = propose(hub, org, ["contacts"])
    assert alone.objects["contacts"].links == []
    (gap,) = planning.gaps(alone, *schemas(alone, hub, org), source_links={"contacts": hub.link_types("contacts")})
    assert any(line.name == "company:primary" for line in gap.cannot_hold)


def test_companies_match_by_domain_then_name_people_by_email_deals_by_nothing(plan: Plan) -> None:
    rules = {word: [(key.field, key.compare) for key in one.match.on] for word, one in plan.objects.items()}
    assert rules["companies"] == [("Website", "domain"), ("Name", "name")]
    assert rules["contacts"] == [("Email", "email")]
    assert rules["deals"] == []


def test_the_migration_key_is_always_proposed_once_per_target_object(plan: Plan) -> None:
    keys = [(change.object, change.field.name) for change in plan.schema_changes]
    assert keys == [(name, "CRM_Migration_Key__c") for name in ("Account", "Contact", "Opportunity")]
    assert all(change.field.unique and change.field.upsert_key for change in plan.schema_changes)


def test_a_migration_key_that_is_there_is_not_made_again(hub: FakeCrm) -> None:
    key = Field(
        name="CRM_Migration_Key__c", label="Key", kind=Kind.TEXT, vendor_type="string", unique=True, custom=True
    )
    org = salesforce.organisation(contact_extra=[key])
    plan = propose(hub, org, ["contacts"])
    assert plan.schema_changes == []
    planning.check(planning.accept_proposals(plan), *schemas(plan, hub, org))


def test_owners_meet_by_email_and_never_become_a_deactivated_user(plan: Plan) -> None:
    owner = plan.objects["contacts"].mapping("OwnerId")
    assert owner is not None and owner.value_map == {"51": "005A"}
    asked = question(plan, "all.owners.users")
    assert asked.source_names == {"gone@acme.com": "52"}
    assert set(asked.targets) == {"companies.OwnerId", "contacts.OwnerId", "deals.OwnerId"}


def test_records_are_not_left_to_nobody_where_the_target_insists_on_an_owner(
    hub: FakeCrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    required = {**salesforce.REQUIRED, "Opportunity": (*salesforce.REQUIRED["Opportunity"], "OwnerId")}
    monkeypatch.setattr(salesforce, "REQUIRED", required)
    asked = question(propose(hub, salesforce.organisation(), ["contacts", "deals"]), "all.owners.users")
    assert list(asked.choices) == ["quarantine"]
    assert asked.suggestion == "quarantine"


def test_a_won_stage_never_becomes_an_open_one(plan: Plan) -> None:
    stage = plan.objects["deals"].mapping("StageName")
    assert stage is not None
    assert stage.value_map == {
        "qualifiedtobuy": "Qualification",
        "closedwon": "Closed Won",
        "closedlost": "Closed Lost",
    }
    assert question(plan, "deals.values.StageName").suggestion == "Appointment Scheduled = Needs Analysis"


def test_a_required_field_that_is_sometimes_empty_is_asked_about_and_gets_no_default(plan: Plan) -> None:
    name = plan.objects["contacts"].mapping("LastName")
    asked = question(plan, "contacts.blank.LastName")
    assert name is not None and name.fallback is None
    assert "25%" in asked.text and asked.suggestion == "quarantine"


def test_beyond_the_sample_empty_required_fields_are_counted_exactly(org: FakeCrm) -> None:
    many = [{**record, "lastname": "L"} for record in hubspot.contacts(150)]
    many[140]["lastname"] = None
    plan = propose(hubspot.account(contacts=many), org, ["contacts"])
    assert "1 of 150 records have none" in question(plan, "contacts.blank.LastName").text


def test_records_that_the_filter_leaves_out_are_not_counted(org: FakeCrm) -> None:
    people = [{**record, "lastname": "L"} for record in hubspot.contacts(20)]
    people[3] |= {"lastname": None, "lead_score": 1}
    hub = hubspot.account(contacts=people)
    assert any(one.id == "contacts.blank.LastName" for one in propose(hub, org, ["contacts"]).questions)
    some = propose(hub, org, ["contacts"], "lead_score = 5")
    assert not [one for one in some.questions if one.id == "contacts.blank.LastName"]
    asked = question(propose(hub, org, ["contacts:leads"], "lead_score = 1"), "contacts.blank.LastName")
    assert "1 of 1 records have none" in asked.text


@pytest.mark.parametrize(
    ("hour", "loses"), [("T00:00:00.000Z", False), ("T23:00:00.000Z", False), ("T17:12:00.000Z", True)]
)
def test_days_kept_in_a_field_for_times_lose_nothing(org: FakeCrm, hour: str, loses: bool) -> None:
    deals = [{**record, "closedate": f"2026-03-0{number}{hour}"} for number, record in enumerate(hubspot.deals(), 1)]
    hub = hubspot.account(deals=deals)
    plan = propose(hub, org, ["deals"])
    close = plan.objects["deals"].mapping("CloseDate")
    (gap,) = planning.gaps(plan, *schemas(plan, hub, org))
    assert close is not None and ("without the time" in (close.reason or "")) is loses
    assert any(line.name == "CloseDate" for line in gap.cannot_hold) is loses


def test_a_lead_needs_a_company_and_the_person_is_asked_for_it(hub: FakeCrm, org: FakeCrm) -> None:
    plan = propose(hub, org, ["contacts:leads"])
    company = plan.objects["contacts"].mapping("Company")
    asked = question(plan, "contacts.blank.Company")
    assert plan.objects["contacts"].target == "Lead"
    assert company is not None and company.source == ["company"] and company.fallback is None
    assert "domain_of email" in asked.choices and asked.suggestion == "quarantine"


def test_a_required_field_without_any_source_blocks(hub: FakeCrm) -> None:
    needed = Field(
        name="Region__c", label="Sales Region", kind=Kind.TEXT, vendor_type="string", required=True, custom=True
    )
    org = salesforce.organisation(contact_extra=[needed])
    plan = propose(hub, org, ["contacts"])
    asked = question(plan, "contacts.field.Region__c")
    assert asked.blocks and asked.suggestion is None


def test_an_opt_out_without_a_place_blocks_and_says_how_many(hub: FakeCrm) -> None:
    plan = propose(hub, salesforce.organisation(hidden=["HasOptedOutOfEmail"]), ["contacts"])
    asked = question(plan, "contacts.opt_out.hs_email_optout")
    assert asked.blocks
    assert asked.text.startswith("1 record of Contacts")
    assert {"create", "exclude", "leave", "DoNotCall"} <= set(asked.choices)


def test_an_opt_out_that_nobody_made_is_not_asked_about(org: FakeCrm) -> None:
    people = [{**record, "hs_email_optout": False} for record in hubspot.contacts()]
    plan = propose(
        hubspot.account(contacts=people), salesforce.organisation(hidden=["HasOptedOutOfEmail"]), ["contacts"]
    )
    assert not [entry for entry in plan.questions if ".opt_out." in entry.id]


def test_an_opt_out_only_ever_opts_out(plan: Plan) -> None:
    opt_out = plan.objects["contacts"].mapping("HasOptedOutOfEmail")
    assert opt_out is not None and opt_out.transform is not None and opt_out.transform.name == "opt_out"


def test_an_opt_out_that_is_written_by_a_call_of_its_own_has_a_place(hub: FakeCrm, org: FakeCrm) -> None:
    plan = propose(org, hub, ["leads"])
    assert mapped(plan, "leads")["hs_email_optout"] == ["HasOptedOutOfEmail"]
    assert not [entry for entry in plan.questions if entry.blocks]


def test_leads_become_people_where_the_target_has_no_leads_and_converted_ones_stay(hub: FakeCrm, org: FakeCrm) -> None:
    plan = propose(org, hub, ["leads"])
    assert plan.objects["leads"].target == "contacts"
    assert [(one.field, one.value) for one in plan.objects["leads"].filter] == [("IsConverted", False)]


def test_deals_of_a_crm_without_pipelines_go_into_the_default_one(hub: FakeCrm, org: FakeCrm) -> None:
    pipeline = propose(org, hub, ["deals"]).objects["deals"].mapping("pipeline")
    assert pipeline is not None and pipeline.source == []
    assert pipeline.transform is not None and pipeline.transform.settings == {"value": "default"}


def test_choices_meet_by_value_or_label_and_the_rest_is_asked(plan: Plan) -> None:
    industry = plan.objects["companies"].mapping("Industry")
    asked = question(plan, "companies.values.Industry")
    assert industry is not None and industry.value_map == {"BANKING": "Banking"}
    assert list(asked.source_names) == ["Animation", "Computer Software"], "those in use come first"


def test_an_ambiguous_own_field_is_a_question_not_a_guess(hub: FakeCrm) -> None:
    twins = [
        Field(name=name, label=label, kind=Kind.TEXT, vendor_type="string", custom=True)
        for name, label in (("Shoe_Sizes__c", "Shoe Sizes"), ("Size_Of_Shoe__c", "Size Shoes"))
    ]
    records = [{**record, "shoe_size": "42"} for record in hubspot.contacts()]
    plan = propose(hubspot.account(contacts=records), salesforce.organisation(contact_extra=twins), ["contacts"])
    asked = question(plan, "contacts.place.shoe_size")
    assert {"Shoe_Sizes__c", "Size_Of_Shoe__c", "create", "leave"} <= set(asked.choices)
    assert "shoe_size" not in str(mapped(plan, "contacts"))


def test_own_fields_without_a_counterpart_are_one_question_and_empty_ones_none(plan: Plan) -> None:
    asked = question(plan, "contacts.create.fields")
    assert "tier" in asked.creates and "shoe_size" not in asked.creates
    assert asked.creates["tier"].field.name == "Customer_tier__c"


def test_an_own_field_filled_beyond_the_sample_is_not_taken_for_empty(org: FakeCrm) -> None:
    many = hubspot.contacts(150)
    many[149]["shoe_size"] = "42"
    plan = propose(hubspot.account(contacts=many), org, ["contacts"])
    assert "shoe_size" in question(plan, "contacts.create.fields").creates


def test_at_most_nine_questions(hub: FakeCrm, org: FakeCrm) -> None:
    for words in (["companies", "contacts", "deals"], ["contacts:leads"]):
        assert len(propose(hub, org, words).questions) <= 9


def test_person_accounts_come_with_the_people_and_not_with_the_companies(hub: FakeCrm) -> None:
    types = [
        RecordType(id="012A", name="Business", label="Business", default=True),
        RecordType(id="012B", name="PersonAccount", label="Person Account", person=True),
    ]
    plan = propose(salesforce.organisation(account_types=types), hub, ["companies", "contacts"])
    assert plan.objects["companies"].source_record_types == ["Business"]
    assert plan.objects.keys() == {"companies", "contacts"}
    assert plan.objects["contacts"].filter == []


def test_several_record_types_of_the_target_are_a_question(hub: FakeCrm) -> None:
    types = [
        RecordType(id=f"012{name}", name=name, label=name, default=name == "Customer")
        for name in ("Partner", "Customer")
    ]
    plan = propose(hub, salesforce.organisation(account_types=types), ["companies"])
    assert plan.objects["companies"].target_record_type == "Customer"
    chosen = planning.answer(plan, "companies.record_type.target", "Partner")
    assert chosen.objects["companies"].target_record_type == "Partner"


def test_an_object_that_is_not_there_is_named_with_what_is(hub: FakeCrm, org: FakeCrm) -> None:
    with pytest.raises(ConfigurationError, match=r"hubspot has no 'leads'.*companies, contacts, deals"):
        propose(hub, org, ["leads"])
    with pytest.raises(ConfigurationError, match="Did you mean companies"):
        propose(hub, org, ["companys"])


def test_proposing_reads_a_bounded_number_of_pages(hub: FakeCrm, org: FakeCrm) -> None:
    propose(hub, org, ["companies", "contacts", "deals"])
    assert hub.reads == 3 and org.reads == 0


def test_every_proposal_passes_the_check_once_its_proposals_are_accepted(hub: FakeCrm, org: FakeCrm) -> None:
    for source, target, words in (
        (hub, org, ["companies", "contacts", "deals"]),
        (hub, org, ["contacts:leads"]),
        (org, hub, ["companies", "contacts", "leads", "deals"]),
    ):
        plan = planning.accept_proposals(propose(source, target, words))
        planning.check(plan, *schemas(plan, source, target))
        assert plan.open_questions() == []


def test_between_two_accounts_of_one_crm_pipelines_meet_by_label_and_stages_inside_them() -> None:
    mine, yours = hubspot.account(), hubspot.account()
    partner = (
        hubspot.PIPELINE.stages[0].model_copy(update={"id": "p1"}),
        hubspot.PIPELINE.stages[2].model_copy(update={"id": "p2"}),
    )
    mine._pipelines = {"deals": [hubspot.PIPELINE, Pipeline(id="9", label="Partners", stages=partner)]}
    theirs = [one.model_copy(update={"id": f"x{one.id}"}) for one in partner]
    yours._pipelines = {"deals": [Pipeline(id="77", label="partners", stages=tuple(theirs)), hubspot.PIPELINE]}
    plan = propose(mine, yours, ["deals"])
    pipeline, stage = plan.objects["deals"].mapping("pipeline"), plan.objects["deals"].mapping("dealstage")
    assert pipeline is not None and pipeline.value_map == {"default": "default", "9": "77"}
    assert stage is not None and stage.value_map is not None
    assert stage.value_map["p1"] == "xp1" and stage.value_map["closedwon"] == "closedwon"
    assert not [entry for entry in plan.questions if "stage" in entry.id]


def test_what_the_target_lacks_yet_is_listed_until_it_is_made(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    _, target = schemas(plan, hub, org)
    assert [change.object for change in planning.pending_changes(plan, target)] == ["Account", "Contact", "Opportunity"]
    made = {change.object: target[change.object].with_fields([change.field]) for change in plan.schema_changes}
    assert planning.pending_changes(plan, made) == []


def test_a_second_field_is_carried_along_though_the_sample_shows_it_empty(org: FakeCrm) -> None:
    # The sample is a first page; a person further on had a second address and lost it.
    plain = [{"name": f"Company {number}", "address": "1 Road"} for number in range(SAMPLE_SIZE)]
    late = {"name": "Late", "address": "2 Road", "address2": "Floor 9"}
    street = (
        propose(hubspot.account(companies=[*plain, late]), org, ["companies"])
        .objects["companies"]
        .mapping("BillingStreet")
    )
    assert street is not None and street.source == ["address", "address2"]
