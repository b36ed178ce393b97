"""Links: references and contact roles."""

from __future__ import annotations

from collections.abc import Mapping

from sdrbot_skills.crm.salesforce import Adapter
from sdrbot_skills.model.records import Comparison, Condition, Link, Operation, Outcome, Row
from sdrbot_skills.model.schema import LinkType


def link_type(sf: Adapter, object_name: str, name: str) -> LinkType:
    return next(one for one in sf.link_types(object_name) if one.name == name)


def made(sf: Adapter, object_name: str, *payloads: Mapping[str, object]) -> list[str]:
    rows = [Row(str(number), dict(payload)) for number, payload in enumerate(payloads)]
    results = sf.write(object_name, Operation.CREATE, rows)
    assert all(result.id for result in results), results
    return [result.id or "" for result in results]


def deal(name: str, **more: object) -> dict[str, object]:
    return {"Name": name, "StageName": "Prospecting", "CloseDate": "2027-01-31", **more}


def test_people_of_deals(sf: Adapter) -> None:
    roles = link_type(sf, "Opportunity", "OpportunityContactRole")
    ada, ben = made(sf, "Contact", {"LastName": "Ada"}, {"LastName": "Ben"})
    deals = made(sf, "Opportunity", *(deal(f"Deal {number}") for number in range(4)))
    links = [Link(roles.name, deals[0], ada), Link(roles.name, deals[0], ben), Link(roles.name, deals[2], ada)]
    for _ in range(2):
        results = sf.link(roles, links)
        assert [(one.key, one.outcome) for one in results] == [(f"{a}>{b}", Outcome.LINKED) for _, a, b in links]
    assert sorted(sf.links(roles, deals)) == sorted(links)
    assert sf.count("OpportunityContactRole") == 3, "linking twice leaves one row"
    page = sf.read("Opportunity", ["Name"], links=[roles])
    assert sorted(page.links) == sorted(links)
    assert [one.outcome for one in sf.unlink(roles, [links[0], Link(roles.name, deals[1], ben)])] == [
        Outcome.DELETED
    ] * 2
    assert sorted(sf.links(roles, deals)) == sorted(links[1:])


def test_a_page_of_deals_carries_only_its_own_links(sf: Adapter) -> None:
    roles = link_type(sf, "Opportunity", "OpportunityContactRole")
    (ada,) = made(sf, "Contact", {"LastName": "Ada"})
    first, second, third = made(sf, "Opportunity", deal("A"), deal("B"), deal("A"))
    sf.link(roles, [Link(roles.name, each, ada) for each in (first, second, third)])
    page = sf.read("Opportunity", ["Name"], [Condition("Name", Comparison.EQ, "A")], links=[roles])
    assert {one.from_id for one in page.links} == {first, third}


def test_references_are_links_too(sf: Adapter) -> None:
    company = link_type(sf, "Contact", "AccountId")
    assert company.standard == "person.company"
    acme, beta = made(sf, "Account", {"Name": "Acme"}, {"Name": "Beta"})
    ada, ben = made(sf, "Contact", {"LastName": "Ada", "AccountId": acme}, {"LastName": "Ben"})
    assert sf.links(company, [ada, ben]) == [Link("AccountId", ada, acme)]
    assert [one.outcome for one in sf.link(company, [Link("AccountId", ben, beta)])] == [Outcome.LINKED]
    assert set(sf.read("Contact", ["LastName"], links=[company]).links) == {
        Link("AccountId", ada, acme),
        Link("AccountId", ben, beta),
    }
    assert [one.outcome for one in sf.unlink(company, [Link("AccountId", ada, acme)])] == [Outcome.DELETED]
    assert sf.links(company, [ada]) == []


def test_a_link_to_nothing_is_rejected_alone(sf: Adapter) -> None:
    roles = link_type(sf, "Opportunity", "OpportunityContactRole")
    (ada,) = made(sf, "Contact", {"LastName": "Ada"})
    (one,) = made(sf, "Opportunity", deal("Deal"))
    good, bad = sf.link(roles, [Link(roles.name, one, ada), Link(roles.name, one, "003000000000000AAA")])
    assert (good.outcome, bad.outcome) == (Outcome.LINKED, Outcome.REJECTED)
