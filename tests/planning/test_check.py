"""The check names every problem for the admin who has to mend it."""

from collections.abc import Callable

import pytest

from sdrbot_skills import planning
from sdrbot_skills.errors import PlanInvalid
from sdrbot_skills.model.plan import Fallback, FieldMapping, Filter, LinkMapping, MatchKey, ObjectPlan, Plan, Transform
from sdrbot_skills.model.records import Comparison
from tests.planning.conftest import schemas
from tests.planning.fakes import FakeCrm

Change = Callable[[ObjectPlan], None]


def _map(source: str | list[str], target: str, **settings: object) -> Change:
    def change(entry: ObjectPlan) -> None:
        entry.fields = [one for one in entry.fields if one.target != target]
        entry.fields.append(FieldMapping.of(source, target, **settings))

    return change


def _twice(entry: ObjectPlan) -> None:
    entry.fields.append(FieldMapping.of("jobtitle", "LastName"))


def _without_last_name(entry: ObjectPlan) -> None:
    entry.fields = [one for one in entry.fields if one.target != "LastName"]


def _filter(entry: ObjectPlan) -> None:
    entry.filter.append(Filter(field="lifecyclestag", op=Comparison.KNOWN))


def _match(entry: ObjectPlan) -> None:
    entry.match.on.append(MatchKey(field="Fax", compare="phone"))


def _link_outside(entry: ObjectPlan) -> None:
    entry.links.append(LinkMapping.of("ticket", "CaseId", "tickets"))


def _link_misspelled(entry: ObjectPlan) -> None:
    entry.links = [LinkMapping.of("company:primry", "AccountId", "companies")]


def _key(entry: ObjectPlan) -> None:
    entry.migration_key = "Other__c"


def _record_type(entry: ObjectPlan) -> None:
    entry.target_record_type = "Partner"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_map("jobtitel", "Title"), "Title.*the source has no field 'jobtitel'. Did you mean jobtitle"),
        (_map("jobtitle", "Titel"), "the target has no field 'Titel'. Did you mean Title"),
        (_map("jobtitle", "CreatedDate"), "CreatedDate .* is read-only"),
        (_map("jobtitle", "Title", transform="uper"), "no transform 'uper'. Did you mean upper"),
        (
            _map("jobtitle", "Title", transform={"name": "join", "settings": {"separatr": ","}}),
            "join has no setting 'separatr'",
        ),
        (
            _map("createdate", "Title", transform={"name": "days_after", "settings": {"days": "x"}}),
            "days must be of type int",
        ),
        (_map("createdate", "Title", transform="days_after"), "days_after needs the setting 'days'"),
        (_map("lead_score", "Title", transform="lower"), "lower cannot take lead_score, which is decimal"),
        (_map(["jobtitle", "company"], "Title", transform="lower"), "lower takes 1 source fields, not 2"),
        (
            _map("createdate", "Lead_Score__c", transform={"name": "days_after", "settings": {"days": 1}}),
            "days_after gives date",
        ),
        (_map(["jobtitle", "company"], "Title"), "several source fields need a transform"),
        (_map([], "Title"), "it has no source field"),
        (_map("createdate", "Lead_Score__c"), "createdate is instant and cannot become decimal"),
        (_map("jobtitle", "Title", fallback={"from_field": "nothing"}), "no field 'nothing'"),
        (_map("jobtitle", "Title", fallback={"from_field": "company", "transform": "shout"}), "no transform 'shout'"),
        (_twice, "LastName is filled by 2 mappings"),
        (_without_last_name, r"LastName \(Last Name\) must have a value"),
        (_filter, "filter names 'lifecyclestag'.*Did you mean lifecyclestage"),
        (_match, "the match rule compares 'Fax'"),
        (_link_outside, "points at 'tickets', which is not in the plan"),
        (_link_misspelled, "the source has no link 'company:primry'. Did you mean company:primary"),
        (_key, "the migration key 'Other__c' is neither on the target nor among schema_changes"),
        (_record_type, "the target has no record type 'Partner'"),
    ],
)
def test_each_problem_is_named(plan: Plan, hub: FakeCrm, org: FakeCrm, change: Change, expected: str) -> None:
    change(plan.objects["contacts"])
    links = ({"contacts": hub.link_types("contacts")}, {"Contact": org.link_types("Contact")})
    with pytest.raises(PlanInvalid, match=f"(?s)contacts.*{expected}") as caught:
        planning.check(plan, *schemas(plan, hub, org), *links)
    assert len(caught.value.problems) == 1


def test_value_maps_name_options_of_both_sides(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    stage = plan.objects["deals"].mapping("StageName")
    assert stage is not None and stage.value_map is not None
    stage.value_map |= {"closedwonn": "Closed Won", "closedlost": "Closed Lots"}
    found = "\n".join(planning.problems(plan, *schemas(plan, hub, org)))
    assert "'closedwonn', which is not an option of dealstage. Did you mean closedwon" in found
    assert "'closedlost' to 'Closed Lots', which is not an option there. Did you mean Closed Lost" in found


def test_a_link_that_leads_elsewhere_is_named_on_both_sides(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    plan.objects["contacts"].links = [LinkMapping.of("company:primary", "AccountId", "deals")]
    links = ({"contacts": hub.link_types("contacts")}, {"Contact": org.link_types("Contact")})
    found = planning.problems(plan, *schemas(plan, hub, org), *links)
    assert "on the source it leads to companies, and deals are deals there" in found[0]
    assert "on the target it leads to Account, and deals are Opportunity there" in found[1]


def test_an_object_that_went_away_is_named(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    source, target = schemas(plan, hub, org)
    del target["Contact"]
    assert any("the target has no object 'Contact'" in line for line in planning.problems(plan, source, target))


def test_a_proposal_has_no_problems(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    links = {name: hub.link_types(name) for name in ("companies", "contacts", "deals")}
    theirs = {name: org.link_types(name) for name in ("Account", "Contact", "Opportunity")}
    assert planning.problems(plan, *schemas(plan, hub, org), links, theirs) == []


def test_transforms_that_a_person_may_write_pass(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    contacts = plan.objects["contacts"]
    _map(["jobtitle", "company"], "Title", transform={"name": "join", "settings": {"separator": ", "}})(contacts)
    _map("email", "Description", transform="domain_of", fallback=Fallback(constant="none").model_dump())(contacts)
    _map([], "Salutation", transform=Transform(name="constant", settings={"value": "Dear"}).model_dump())(contacts)
    assert planning.problems(plan, *schemas(plan, hub, org)) == []
