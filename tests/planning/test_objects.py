"""Which object of the target a word leads to."""

import pytest

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import ObjectSummary
from sdrbot_skills.planning.objects import pair_objects

PEOPLE = ObjectSummary(name="persons", label="People", standard="person")
DEALS = ObjectSummary(name="deals", label="Deals", standard="deal")
PIPEDRIVE = [PEOPLE, DEALS, ObjectSummary(name="leads", label="Leads", standard="deal")]
SALESFORCE = [
    ObjectSummary(name="Contact", label="Contacts", standard="person"),
    ObjectSummary(name="Lead", label="Leads", standard="lead"),
    ObjectSummary(name="Opportunity", label="Opportunities", standard="deal"),
]
HUBSPOT = [ObjectSummary(name="contacts", label="Contacts", standard="person"), DEALS]
OF = {"pipedrive": PIPEDRIVE, "salesforce": SALESFORCE, "hubspot": HUBSPOT}


@pytest.mark.parametrize(
    ("source", "target", "word", "expected"),
    [
        ("salesforce", "hubspot", "leads", ("Lead", "contacts")),
        ("salesforce", "pipedrive", "leads", ("Lead", "persons")),
        ("salesforce", "pipedrive", "leads:leads", ("Lead", "leads")),
        ("salesforce", "salesforce", "leads", ("Lead", "Lead")),
        ("pipedrive", "salesforce", "leads", ("leads", "Opportunity")),
        ("pipedrive", "salesforce", "leads:leads", ("leads", "Lead")),
        ("pipedrive", "hubspot", "leads", ("leads", "deals")),
        ("pipedrive", "pipedrive", "leads", ("leads", "leads")),
        ("pipedrive", "pipedrive", "deals", ("deals", "deals")),
        ("pipedrive", "hubspot", "contacts", ("persons", "contacts")),
    ],
)
def test_pairs(source: str, target: str, word: str, expected: tuple[str, str]) -> None:
    """Pipedrive's leads are deals to be; those of Salesforce and Zoho are people."""
    (pair,) = pair_objects([word], OF[source], OF[target], source_crm=source, target_crm=target)
    assert (pair.source, pair.target) == expected


def test_a_name_that_comes_near_is_offered_once() -> None:
    with pytest.raises(ConfigurationError, match=r"Did you mean contacts\?"):
        pair_objects(["contakts"], HUBSPOT, HUBSPOT, source_crm="hubspot", target_crm="hubspot")
