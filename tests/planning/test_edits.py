"""Changes of a plan in plain words."""

import pytest

from sdrbot_skills import planning
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Filter, Plan
from sdrbot_skills.model.records import Comparison
from tests.planning.fakes import FakeCrm


@pytest.mark.parametrize(
    "text", ["leave out jobtitle", "don't move the Job Title", "dont carry Title.", "contacts: without jobtitle"]
)
def test_a_field_is_left_out_by_a_name_of_either_side(plan: Plan, hub: FakeCrm, org: FakeCrm, text: str) -> None:
    assert plan.objects["contacts"].mapping("Title") is not None
    changed = planning.edit(plan, text, hub, org)
    assert changed.objects["contacts"].mapping("Title") is None
    assert plan.objects["contacts"].mapping("Title") is not None, "the plan that was given is not changed"
    planning.check(changed, *_both(changed, hub, org))


def test_what_was_asked_about_a_field_that_is_left_out_is_asked_no_more(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    assert "companies.values.Industry" in [one.id for one in plan.open_questions()]
    changed = planning.edit(plan, "companies: leave out Industry", hub, org)
    assert "companies.values.Industry" not in [one.id for one in changed.open_questions()]


def test_a_field_goes_elsewhere(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    changed = planning.edit(plan, "contacts: move Job Title to MailingCity", hub, org)
    found = changed.objects["contacts"].mapping("MailingCity")
    assert found is not None and (found.source, found.reason) == (["jobtitle"], "as a person said")
    planning.check(changed, *_both(changed, hub, org))


def test_records_are_narrowed_down_and_everybody_again_but_for_who_opted_out(
    plan: Plan, hub: FakeCrm, org: FakeCrm
) -> None:
    plan.objects["contacts"].filter = [Filter(field="hs_email_optout", op=Comparison.NE, value=True)]
    narrow = planning.edit(plan, "contacts: only those in Germany", hub, org)
    assert [(one.field, one.value) for one in narrow.objects["contacts"].filter][1:] == [("country", "Germany")]
    assert narrow.objects["deals"].filter == plan.objects["deals"].filter
    wide = planning.edit(narrow, "every record", hub, org)
    assert wide.objects["contacts"].filter == plan.objects["contacts"].filter


def test_one_object_alone_is_narrowed_down_by_its_name(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    narrow = planning.edit(plan, "only Companies in Germany", hub, org)
    assert [(one.field, one.value) for one in narrow.objects["companies"].filter] == [("country", "Germany")]
    assert narrow.objects["contacts"].filter == plan.objects["contacts"].filter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("leave out shoe size", "carries no field 'shoe size'.*It carries: "),
        ("contacts: move hat size to Title", "has no field 'hat size'"),
        ("contacts: move Job Title to HasOptedOutOfEmail", "cannot be carried into"),
        ("contacts: move Job Title to CreatedDate", "set by the target itself"),
        ("make it nicer", "not understood.*leave out FIELD"),
        ("contacts: only the nice ones", "not understood.*in Germany"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_can(
    plan: Plan, hub: FakeCrm, org: FakeCrm, text: str, expected: str
) -> None:
    with pytest.raises(ConfigurationError, match=expected):
        planning.edit(plan, text, hub, org)


def test_only_what_reads_like_a_change_is_taken_for_one() -> None:
    assert all(map(planning.is_edit, ("leave out Fax", "only created after 2024", "deals: every record")))
    assert not any(map(planning.is_edit, ("yes", "key", "without", "what will happen?", "continue")))


def _both(plan: Plan, hub: FakeCrm, org: FakeCrm) -> tuple[dict, dict]:
    return (
        {one.source: hub.describe(one.source) for one in plan.objects.values()},
        {one.target: org.describe(one.target) for one in plan.objects.values()},
    )
