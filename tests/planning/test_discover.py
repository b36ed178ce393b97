"""Looking at an account: short by default, complete on request, honest about the sample."""

import pytest

from sdrbot_skills import planning
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.schema import Blindness
from sdrbot_skills.planning.fieldfilter import FieldFilter
from tests.planning import hubspot
from tests.planning.conftest import schemas
from tests.planning.fakes import FakeCrm


def test_an_object_shows_what_tells_something(hub: FakeCrm) -> None:
    found = planning.discover_object(hub, "contacts")
    fields = {field.name: field for field in found.fields}
    assert found.count == 20 and found.sampled == 20
    assert fields["lastname"].fill_rate == 0.75
    assert "shoe_size" not in fields and "createdate" not in fields
    assert found.hidden > 0


def test_everything_is_there_on_request(hub: FakeCrm) -> None:
    found = planning.discover_object(hub, "contacts", complete=True)
    fields = {field.name: field for field in found.fields}
    assert found.hidden == 0 and len(fields) == len(hub.describe("contacts").fields)
    assert fields["createdate"].read_only and fields["industry" if "industry" in fields else "tier"].option_count


def test_the_sample_is_bounded_and_says_so() -> None:
    hub = hubspot.account(contacts=hubspot.contacts(500))
    found = planning.discover_object(hub, "contacts")
    assert found.count == 500 and found.sampled == 100
    assert hub.reads == 1


@pytest.mark.parametrize(
    ("only", "names"),
    [
        (FieldFilter(names=("email", "tier")), {"email", "tier"}),
        (FieldFilter(like="name"), {"firstname", "lastname", "company"}),
        (FieldFilter(like="*NAME", unique=False, filled=True), {"firstname", "lastname", "company"}),
        (FieldFilter(kinds=("consent",)), {"hs_email_optout"}),
        (FieldFilter(custom=True, kinds=("choice",)), {"tier"}),
    ],
)
def test_what_is_looked_for_is_found_among_all_fields(hub: FakeCrm, only: FieldFilter, names: set[str]) -> None:
    found = planning.discover_object(hub, "contacts", only=only)
    assert {field.name for field in found.fields} == names and found.hidden == 0


def test_a_bound_says_how_many_more_there_are(hub: FakeCrm) -> None:
    found = planning.discover_object(hub, "contacts", complete=True, most=3)
    assert len(found.fields) == 3 and found.hidden == len(hub.describe("contacts").fields) - 3


def test_a_name_or_kind_that_is_not_there_is_said(hub: FakeCrm) -> None:
    with pytest.raises(ConfigurationError, match="no field 'nope'"):
        planning.discover_object(hub, "contacts", only=FieldFilter(names=("nope",)))
    with pytest.raises(ConfigurationError, match="no kind 'nope'"):
        FieldFilter(kinds=("nope",))


def test_a_crm_that_counts_by_listing_is_not_listed_to_its_end() -> None:
    hub = hubspot.account(contacts=hubspot.contacts(1500))
    hub.capabilities = hub.capabilities.model_copy(update={"counts_by_listing": True})
    found = planning.discover_object(hub, "contacts")
    assert found.at_least and found.count == 1000 and hub.reads == 11
    lines = {line.name: line for line in planning.discover_connection(hub).objects}
    assert lines["contacts"].at_least and lines["deals"].count == 2 and not lines["deals"].at_least


def test_our_word_for_an_object_will_do(org: FakeCrm) -> None:
    assert planning.discover_object(org, "deals").name == "Opportunity"
    with pytest.raises(ConfigurationError, match="salesforce has no 'ticket'"):
        planning.discover_object(org, "ticket")


def test_an_account_says_what_the_credential_cannot_see(hub: FakeCrm) -> None:
    hub._blind = (Blindness(subject="sensitive fields", message="They stay invisible.", cure="Add the scope."),)
    found = planning.discover_connection(hub)
    assert [entry.name for entry in found.objects] == ["companies", "contacts", "deals"]
    assert found.blind[0].subject == "sensitive fields"


def test_gaps_are_grouped_for_reading(plan: Plan, hub: FakeCrm, org: FakeCrm) -> None:
    gaps = {gap.object: gap for gap in planning.gaps(plan, *schemas(plan, hub, org))}
    contacts = gaps["contacts"]
    assert any(line.name == "Email" for line in contacts.mapped)
    assert "contacts.blank.LastName" in [line.name for line in contacts.needs_you]
    assert "tier" in [line.name for line in contacts.unused]
    assert "createdate" in [line.name for line in contacts.cannot_hold]
    assert "DoNotCall" in [line.name for line in contacts.left_empty]
    assert any("the day without the time" in line.text for line in gaps["deals"].cannot_hold)
