"""Links: written, read back by id and with the page, taken away again."""

import pytest

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.records import Link, Outcome
from tests.conformance.case import Case
from tests.conformance.conftest import object_of
from tests.conformance.people import make, read_all


@pytest.mark.parametrize("standard", ["person.company", "deal.company", "deal.person", "company.parent"])
def test_links_are_written_read_and_taken_away(crm: Crm, case: Case, standard: str) -> None:
    near, far = standard.split(".")
    here = crm.describe(object_of(case, near))
    there = crm.describe(object_of(case, "company" if far == "parent" else far))
    link_type = next(one for one in crm.link_types(here.name) if one.standard == standard)
    assert (link_type.object, link_type.to_object) == (here.name, there.name)
    starts = [result.id or "" for result in make(crm, here, 4)]
    ends = [result.id or "" for result in make(crm, there, 2, start=50)]
    wanted = [Link(link_type.name, starts[n], ends[n % 2]) for n in range(3)]

    for _ in range(2):
        results = crm.link(link_type, wanted)
        assert [(result.key, result.outcome) for result in results] == [
            (f"{link.from_id}>{link.to_id}", Outcome.LINKED) for link in wanted
        ]
    assert sorted(crm.links(link_type, starts)) == sorted(wanted)
    pages = read_all(crm, here.name, [], links=[link_type])
    assert sorted(link for page in pages for link in page.links) == sorted(wanted)

    results = crm.unlink(link_type, wanted[:1])
    assert [result.outcome for result in results] == [Outcome.DELETED]
    assert sorted(crm.links(link_type, starts)) == sorted(wanted[1:])


def test_a_single_link_is_replaced_by_a_new_one(crm: Crm, case: Case) -> None:
    people, companies = crm.describe(object_of(case, "person")), crm.describe(object_of(case, "company"))
    link_type = next(one for one in crm.link_types(people.name) if one.standard == "person.company")
    assert link_type.single
    (person,) = (result.id or "" for result in make(crm, people, 1))
    old, new = (result.id or "" for result in make(crm, companies, 2))
    crm.link(link_type, [Link(link_type.name, person, old)])
    crm.link(link_type, [Link(link_type.name, person, new)])
    assert crm.links(link_type, [person]) == [Link(link_type.name, person, new)]


def test_a_link_to_nothing_is_refused_alone(crm: Crm, case: Case) -> None:
    people, companies = crm.describe(object_of(case, "person")), crm.describe(object_of(case, "company"))
    link_type = next(one for one in crm.link_types(people.name) if one.standard == "person.company")
    first, second = (result.id or "" for result in make(crm, people, 2))
    there, gone = (result.id or "" for result in make(crm, companies, 2))
    crm.delete(companies.name, [gone])
    results = crm.link(link_type, [Link(link_type.name, first, there), Link(link_type.name, second, gone)])
    assert [result.outcome for result in results] == [Outcome.LINKED, Outcome.REJECTED]
    assert results[1].rule is not None


def test_more_links_than_a_page_shows(crm: Crm, case: Case) -> None:
    deals, people = crm.describe(object_of(case, "deal")), crm.describe(object_of(case, "person"))
    link_type = next(one for one in crm.link_types(deals.name) if one.standard == "deal.person")
    (deal,) = (result.id or "" for result in make(crm, deals, 1))
    ends = [result.id or "" for result in make(crm, people, 150)]
    wanted = sorted(Link(link_type.name, deal, end) for end in ends)
    for start in range(0, len(wanted), crm.capabilities.link_batch):
        crm.link(link_type, wanted[start : start + crm.capabilities.link_batch])
    assert sorted(crm.links(link_type, [deal])) == wanted
    pages = read_all(crm, deals.name, [], links=[link_type])
    assert sorted(link for page in pages for link in page.links) == wanted
