"""The name of a person's company, beside the person's own fields."""

import pytest

from sdrbot_skills.crm import linkednames
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.linkednames import VENDOR_TYPE
from sdrbot_skills.errors import Unsupported
from sdrbot_skills.model.records import Comparison, Condition, Link
from tests.conformance.case import Case
from tests.conformance.conftest import object_of
from tests.conformance.people import by_standard, make


def test_the_name_of_a_persons_company_is_read_with_the_person(crm: Crm, case: Case) -> None:
    people, companies = crm.describe(object_of(case, "person")), crm.describe(object_of(case, "company"))
    field = next((one for one in people.fields if one.vendor_type == VENDOR_TYPE), None)
    if field is None:
        pytest.skip("people do not point at companies by a field")
    link_type = next(one for one in crm.link_types(people.name) if one.standard == "person.company")
    first, second = (result.id or "" for result in make(crm, people, 2))
    (company,) = (result.id or "" for result in make(crm, companies, 1, start=70))
    crm.link(link_type, [Link(link_type.name, first, company)])
    name = by_standard(companies, "company.name")
    (there,) = crm.get(companies.name, [company], crm.codec.reads(name))
    wanted = crm.codec.decoder(name)(there.values)

    decode = crm.codec.decoder(field)
    assert wanted and not field.creatable
    found = {one.id: decode(one.values) for one in crm.get(people.name, [first, second], [field.name])}
    assert found == {first: wanted, second: None}
    page = crm.read(people.name, [*crm.codec.reads(field)])
    assert {decode(one.values) for one in page.records if one.id in found} <= {wanted, None}
    mail = by_standard(people, "person.email")
    assert crm.find(people.name, mail.name, ["nobody@example.org"], [mail.name, field.name]) == []
    with pytest.raises(Unsupported, match="another record"):
        crm.count(people.name, [Condition(field.name, Comparison.EQ, wanted)])


def test_no_name_is_lost_when_the_memory_for_names_is_full(
    crm: Crm, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Making room threw away names that the same page still needed, and its people came without."""
    people, companies = crm.describe(object_of(case, "person")), crm.describe(object_of(case, "company"))
    field = next((one for one in people.fields if one.vendor_type == VENDOR_TYPE), None)
    if field is None:
        pytest.skip("people do not point at companies by a field")
    monkeypatch.setattr(linkednames, "_REMEMBERED", 0)
    link_type = next(one for one in crm.link_types(people.name) if one.standard == "person.company")
    persons = [result.id or "" for result in make(crm, people, 2, start=80)]
    firms = [result.id or "" for result in make(crm, companies, 2, start=80)]
    crm.link(link_type, [Link(link_type.name, *pair) for pair in zip(persons, firms, strict=True)])
    decode = crm.codec.decoder(field)
    alone = [decode(one.values) for person in persons for one in crm.get(people.name, [person], [field.name])]
    together = {one.id: decode(one.values) for one in crm.get(people.name, persons, [field.name])}
    assert None not in alone and [together[one] for one in persons] == alone
    only_first = {one.id: decode(one.values) for one in crm.get(people.name, persons[:1], [field.name])}
    assert only_first == {persons[0]: alone[0]}
    assert {one.id: decode(one.values) for one in crm.get(people.name, persons, [field.name])} == together
