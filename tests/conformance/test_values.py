"""Every canonical value goes there and comes back the same, standard fields and made ones; clearing clears."""

import pytest

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.records import Operation, Outcome, Row
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind
from tests.conformance.case import Case
from tests.conformance.conftest import Change, custom_field, object_of
from tests.conformance.people import comparable, least, samples, simple_fields, spelled, write_all

OPTIONS = [{"value": value, "label": value} for value in ("North", "South, and West", "Ost & Übersee")]


@pytest.mark.parametrize("standard", ["person", "company", "deal"])
def test_standard_fields_keep_what_is_written(crm: Crm, case: Case, standard: str) -> None:
    schema = crm.describe(object_of(case, standard))
    _round_trip(crm, schema.name, simple_fields(case, schema))


def test_made_fields_keep_what_is_written(crm: Crm, case: Case, changing: Change) -> None:
    person = object_of(case, "person")
    wanted = [
        custom_field(
            case.field_name(f"kit_{kind.value}"),
            kind,
            options=OPTIONS if kind in (Kind.CHOICE, Kind.CHOICES) else [],
        )
        for kind in case.custom_kinds
    ]
    with changing(crm, "create", person, *(field.name for field in wanted)) as admin:
        for field in wanted:
            admin.create_field(person, field)
    schema = crm.describe(person)
    fields = [schema.field(field.name) for field in wanted]
    assert all(field is not None and field.custom for field in fields)
    _round_trip(crm, person, [field for field in fields if field is not None])


def _round_trip(crm: Crm, object_name: str, fields: list[Field]) -> None:
    assert len(fields) > 4
    schema = crm.describe(object_name)
    rounds = max(len(samples(field)) for field in fields)
    sent = []
    for number in range(rounds):
        values = {field.name: samples(field)[number % len(samples(field))] for field in fields}
        sent.append(least(schema, number) | values)
    rows = [Row(str(number), spelled(crm, schema, values)) for number, values in enumerate(sent)]
    results = write_all(crm, object_name, Operation.CREATE, rows)
    assert [result for result in results if result.outcome is not Outcome.CREATED] == []

    names = [name for field in fields for name in crm.codec.reads(field)]
    ids = [result.id or "" for result in results]
    stored = {record.id: record.values for record in crm.get(object_name, ids, names)}
    for row, values in zip(results, sent, strict=True):
        for field in fields:
            back = crm.codec.decoder(field)(stored[row.id or ""])
            assert (field.name, comparable(field, back)) == (field.name, comparable(field, values[field.name]))

    for row, sent_row in zip(results, rows, strict=True):
        for field in (field for field in fields if field.name in sent_row.payload):
            normal = crm.codec.normaliser(field)
            assert normal(sent_row.payload[field.name]) == normal(stored[row.id or ""][field.name])

    always = least(schema, 0)
    clearable = [
        field
        for field in fields
        if not field.required and field.name not in always and field.kind not in (Kind.BOOLEAN, Kind.CONSENT)
    ]
    cleared = [Row(i, spelled(crm, schema, dict.fromkeys(f.name for f in clearable)), id=i) for i in ids]
    assert {r.outcome for r in write_all(crm, object_name, Operation.UPDATE, cleared)} == {Outcome.UPDATED}
    for record in crm.get(object_name, ids, names):
        left = {f.name: crm.codec.decoder(f)(record.values) for f in clearable}
        assert {name: value for name, value in left.items() if value is not None} == {}
