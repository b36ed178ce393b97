"""Reading everything, some of it, and single records; counting."""

from typing import Any

import pytest

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.records import Comparison, Condition, Operation, Row
from tests.conformance.case import Case
from tests.conformance.conftest import object_of
from tests.conformance.people import (
    by_standard,
    least,
    make,
    name_field,
    read_all,
    records_in,
    spelled,
    write_all,
)


def test_an_empty_object_is_one_empty_page(crm: Crm, case: Case) -> None:
    page = crm.read(object_of(case, "person"), [])
    assert (page.records, page.links, page.cursor) == ([], [], None)
    assert crm.count(object_of(case, "person")) == 0


def test_pages_go_on_to_the_end_while_records_come_and_change(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "person"))
    name = name_field(schema)
    there = make(crm, schema, crm.capabilities.page_size + 30)
    first = crm.read(schema.name, [name])
    assert first.cursor is not None
    make(crm, schema, 5, start=900_000)
    changed = [Row(row.key, {name: "Changed"}, id=row.id) for row in there[:3] + there[-3:]]
    write_all(crm, schema.name, Operation.UPDATE, changed)
    pages = [first]
    while pages[-1].cursor is not None:
        pages.append(crm.read(schema.name, [name], cursor=pages[-1].cursor))
    ids = [record.id for record in records_in(pages)]
    assert len(ids) == len(set(ids))
    assert {row.id for row in there} <= set(ids)


def test_only_asked_for_fields_are_needed_and_all_of_them_come(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "company"))
    phone = by_standard(schema, "company.phone").name
    given: dict[str, Any] = {phone: ["+49 30 123"]}
    make(crm, schema, 2, **given)
    records = records_in(read_all(crm, schema.name, [name_field(schema), phone]))
    decode = crm.codec.decoder(by_standard(schema, "company.phone"))
    assert [decode(record.values) for record in records] == [["+49 30 123"]] * 2
    assert all(record.modified is not None and record.modified.endswith("Z") for record in records)


def test_more_fields_than_a_url_holds(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "person"))
    make(crm, schema, 3)
    names = [field.name for field in schema.fields]
    records = records_in(read_all(crm, schema.name, names * 2))
    assert sorted(record.values[name_field(schema)] for record in records) == ["Nr 000000", "Nr 000001", "Nr 000002"]


@pytest.mark.parametrize("op", [Comparison.EQ, Comparison.NE, Comparison.IN, Comparison.KNOWN, Comparison.UNKNOWN])
def test_conditions_on_text(crm: Crm, case: Case, op: Comparison) -> None:
    schema = crm.describe(object_of(case, "company"))
    city = by_standard(schema, "company.city").name
    for number, name in enumerate(["Oslo", "New York", None]):
        make(crm, schema, 1, start=number, **{city: name} if name else {})
    wanted: dict[Comparison, tuple[Any, set[int]]] = {
        Comparison.EQ: ("New York", {1}),
        Comparison.NE: ("Oslo", {1, 2}),
        Comparison.IN: (["Oslo", "Rome"], {0}),
        Comparison.KNOWN: (None, {0, 1}),
        Comparison.UNKNOWN: (None, {2}),
    }
    value, numbers = wanted[op]
    where = [Condition(city, op, value)]
    found = records_in(read_all(crm, schema.name, [name_field(schema)], where=where))
    assert {int(record.values[name_field(schema)][3:]) for record in found} == numbers
    assert crm.count(schema.name, where) == len(numbers)


@pytest.mark.parametrize(("op", "numbers"), [(Comparison.GE, {2, 3}), (Comparison.LT, {0, 1}), (Comparison.EQ, {2})])
def test_conditions_on_numbers_and_times(crm: Crm, case: Case, op: Comparison, numbers: set[int]) -> None:
    schema = crm.describe(object_of(case, "company"))
    employees = by_standard(schema, "company.employees").name
    for number in range(4):
        make(crm, schema, 1, start=number, **{employees: number * 10})
    created = by_standard(schema, "company.created").name
    where = [Condition(employees, op, 20), Condition(created, Comparison.GE, "2001-01-01T00:00:00.000Z")]
    found = records_in(read_all(crm, schema.name, [name_field(schema)], where=where))
    assert {int(record.values[name_field(schema)][3:]) for record in found} == numbers
    assert crm.count(schema.name, where) == len(numbers)


def test_get_leaves_out_what_is_not_there(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "person"))
    kept, gone = make(crm, schema, 2)
    crm.delete(schema.name, [gone.id or ""])
    found = crm.get(schema.name, [kept.id or "", gone.id or ""], [name_field(schema)])
    assert [(record.id, record.values[name_field(schema)]) for record in found] == [(kept.id, "Nr 000000")]


def test_find_by_mail_whatever_its_case(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "person"))
    email = by_standard(schema, "person.email").name
    results = [make(crm, schema, 1, start=number, **{email: [f"ada.{number}@example.org"]})[0] for number in range(3)]
    found = crm.find(schema.name, email, ["ADA.1@example.org", "nobody@example.org"], [name_field(schema)])
    assert [(record.id, record.values[name_field(schema)]) for record in found] == [(results[1].id, "Nr 000001")]
    assert crm.codec.decoder(by_standard(schema, "person.email"))(found[0].values) == ["ada.1@example.org"]


def test_find_by_a_field_that_is_not_unique(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "company"))
    name = name_field(schema)
    results = make(crm, schema, 3)
    (odd,) = make(crm, schema, 1, start=3, **{name: 'Smith; Söhne, "O\'Brien"'})
    found = crm.find(schema.name, name, ["Nr 000000", "nr 000002", "Nr 999999", 'Smith; Söhne, "O\'Brien"'], [name])
    assert {record.id for record in found} == {results[0].id, results[2].id, odd.id}


def test_find_looks_at_alternates(crm: Crm, case: Case) -> None:
    if not case.secondary_email:
        assert crm.capabilities.alternate_keys == {}
        return
    schema = crm.describe(object_of(case, "person"))
    email = by_standard(schema, "person.email").name
    payload = spelled(crm, schema, {**least(schema, 1), email: ["first@example.org"]}) | case.secondary_email
    (result,) = crm.write(schema.name, Operation.CREATE, [Row("1", payload)])
    found = crm.find(schema.name, email, ["Second@Example.org"], [])
    assert [record.id for record in found] == [result.id]


def test_pipelines_and_users_are_told(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "deal"))
    stage = by_standard(schema, "deal.stage")
    stages = {stage.id for pipeline in crm.pipelines(schema.name) for stage in pipeline.stages}
    assert stages
    assert stages == {option.value for option in stage.options if option.active}
    assert all(user.id and user.name for user in crm.users())


def test_preflight_sees_nothing_wrong_with_a_full_credential(crm: Crm, case: Case) -> None:
    objects = [object_of(case, standard) for standard in ("person", "company", "deal")]
    assert [one for one in crm.preflight(objects).blind if one.blocks] == []


def test_deep_links_lead_into_the_account(crm: Crm, case: Case) -> None:
    link = crm.deep_link(object_of(case, "deal"), "42")
    assert link.startswith(("https://", "http://127.0.0.1:"))
    assert link.endswith("42")
