"""Ten thousand records and some (more than a search shows), written by key, read back whole and by a condition."""

import pytest

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.records import Comparison, Condition, Operation, Outcome, Row
from tests.conformance.case import Case
from tests.conformance.conftest import object_of
from tests.conformance.people import by_standard, least, name_field, read_all, records_in, spelled, write_all

RECORDS = 10_050


@pytest.mark.volume
def test_ten_thousand_records(keyed: tuple[Crm, str], case: Case) -> None:
    crm, key = keyed
    schema = crm.describe(object_of(case, "person"))
    rows = [Row(str(n), spelled(crm, schema, least(schema, n)) | {key: f"S-{n}"}) for n in range(RECORDS)]
    results = write_all(crm, schema.name, Operation.UPSERT, rows, key)
    assert {result.outcome for result in results} == {Outcome.CREATED}
    assert [result.key for result in results] == [row.key for row in rows]
    records = records_in(read_all(crm, schema.name, [name_field(schema), key]))
    assert len(records) == RECORDS
    created = by_standard(schema, "person.created").name
    where = [Condition(created, Comparison.GE, "2001-01-01T00:00:00.000Z")]
    found = records_in(read_all(crm, schema.name, [key], where=where))
    assert {record.id for record in found} == {record.id for record in records}
    by_id = {result.id: result.key for result in results}
    assert all(record.values[key] == f"S-{by_id[record.id]}" for record in records)
