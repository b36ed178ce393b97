"""Writing: one result per row, matched by key; upsert, update, delete; what the CRM refuses is named."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.lab import Emulator
from sdrbot_skills.model.records import Operation, Outcome, Row
from tests.conformance.case import Case
from tests.conformance.conftest import object_of
from tests.conformance.people import by_standard, least, make, name_field, named, spelled, write_all


def test_one_bad_row_does_not_sink_its_neighbours(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "person"))
    name = named(schema)
    size = crm.capabilities.create_batch
    rows = [Row(f"source-{number}", spelled(crm, schema, least(schema, number))) for number in range(size)]
    rows[size // 2].payload[name.name] = "x" * ((name.max_length or 0) + 1)
    results = write_all(crm, schema.name, Operation.CREATE, rows)
    assert [result.key for result in results] == [row.key for row in rows]
    refused = [result for result in results if result.outcome is not Outcome.CREATED]
    assert [(result.key, result.rule, result.field) for result in refused] == [
        (rows[size // 2].key, Rule.TOO_LONG, name.name)
    ]
    assert crm.count(schema.name) == size - 1


def test_results_are_matched_by_key_even_when_shuffled(keyed: tuple[Crm, str], case: Case, emulator: Emulator) -> None:
    crm, key = keyed
    schema = crm.describe(object_of(case, "person"))
    emulator.fault("shuffle", path=case.batch_path, times=0)
    rows = [
        Row(f"s{number}", spelled(crm, schema, least(schema, number)) | {key: f"S-{number}"}) for number in range(50)
    ]
    upserted = write_all(crm, schema.name, Operation.UPSERT, rows, key)
    updated = write_all(
        crm, schema.name, Operation.UPDATE, [Row(r.key, {}, id=r.id) for r in upserted if r.id is not None]
    )
    created = make(crm, schema, 50, start=100)
    emulator.clear_faults()
    ids = [result.id or "" for result in (*upserted, *created)]
    names = {record.id: record.values[name_field(schema)] for record in crm.get(schema.name, ids, [name_field(schema)])}
    assert [names[result.id or ""] for result in upserted] == [f"Nr {number:06d}" for number in range(50)]
    assert [names[result.id or ""] for result in created] == [f"Nr {number:06d}" for number in range(100, 150)]
    assert [(result.key, result.id) for result in updated] == [(result.key, result.id) for result in upserted]


def test_upsert_creates_once_and_then_updates(keyed: tuple[Crm, str], case: Case) -> None:
    crm, key = keyed
    schema = crm.describe(object_of(case, "person"))
    rows = [Row(f"s{n}", spelled(crm, schema, least(schema, n)) | {key: f"S-{n}"}) for n in range(7)]
    first = crm.write(schema.name, Operation.UPSERT, rows, key)
    second = crm.write(schema.name, Operation.UPSERT, rows, key)
    assert {result.outcome for result in first} == {Outcome.CREATED}
    assert {result.outcome for result in second} == {Outcome.UPDATED}
    assert [result.id for result in first] == [result.id for result in second]
    assert crm.count(schema.name) == 7


def test_the_same_key_twice_in_a_batch_hurts_nobody_else(keyed: tuple[Crm, str], case: Case) -> None:
    crm, key = keyed
    schema = crm.describe(object_of(case, "person"))
    keys = ["S-1", "S-2", "S-2", "S-3"]
    rows = [Row(f"row-{n}", spelled(crm, schema, least(schema, n)) | {key: value}) for n, value in enumerate(keys)]
    results = crm.write(schema.name, Operation.UPSERT, rows, key)
    assert [result.key for result in results] == ["row-0", "row-1", "row-2", "row-3"]
    assert results[0].outcome is results[3].outcome is Outcome.CREATED
    assert Outcome.REJECTED in {results[1].outcome, results[2].outcome}
    assert crm.count(schema.name) <= 3


def test_find_by_the_migration_key(keyed: tuple[Crm, str], case: Case) -> None:
    crm, key = keyed
    schema = crm.describe(object_of(case, "person"))
    field = schema.field(key)
    assert field is not None
    assert field.unique
    assert field.upsert_key
    rows = [Row(f"s{n}", spelled(crm, schema, least(schema, n)) | {key: f"S-{n}"}) for n in range(5)]
    results = crm.write(schema.name, Operation.UPSERT, rows, key)
    found = crm.find(schema.name, key, ["S-3", "S-99"], [name_field(schema)])
    assert [(record.id, record.values[key]) for record in found] == [(results[3].id, "S-3")]


def test_a_taken_unique_value_is_a_duplicate(keyed: tuple[Crm, str], case: Case) -> None:
    crm, key = keyed
    schema = crm.describe(object_of(case, "person"))
    rows = [Row(f"s{n}", spelled(crm, schema, least(schema, n)) | {key: "S-1"}) for n in range(2)]
    crm.write(schema.name, Operation.CREATE, rows[:1])
    (result,) = crm.write(schema.name, Operation.CREATE, rows[1:])
    assert (result.outcome, result.rule) == (Outcome.REJECTED, Rule.DUPLICATE)
    assert crm.count(schema.name) == 1


def test_unknown_and_read_only_fields_are_named(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "person"))
    faulty = {(Rule.UNKNOWN_FIELD, "no_such_field_here"): "x", (Rule.READ_ONLY, case.read_only): case.read_only_value}
    for number, ((rule, field), value) in enumerate(faulty.items()):
        row = Row("bad", spelled(crm, schema, least(schema, number)) | {field: value})
        (result,) = write_all(crm, schema.name, Operation.CREATE, [row])
        assert (result.key, result.outcome, result.rule) == ("bad", Outcome.REJECTED, rule)
        assert result.message
    assert crm.count(schema.name) == 0


def test_updating_a_record_that_is_gone_is_told(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "person"))
    kept, gone = make(crm, schema, 2)
    crm.delete(schema.name, [gone.id or ""])
    name = name_field(schema)
    rows = [Row("kept", {name: "New"}, id=kept.id), Row("gone", {name: "New"}, id=gone.id)]
    results = write_all(crm, schema.name, Operation.UPDATE, rows)
    assert [(result.key, result.outcome) for result in results] == [
        ("kept", Outcome.UPDATED),
        ("gone", Outcome.REJECTED),
    ]


def test_deleting_is_told_for_each_and_may_be_repeated(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "company"))
    ids = [result.id or "" for result in make(crm, schema, 4)]
    for _ in range(2):
        results = crm.delete(schema.name, ids[:3])
        assert [(result.key, result.outcome) for result in results] == [(i, Outcome.DELETED) for i in ids[:3]]
    assert [record.id for record in crm.get(schema.name, ids, [])] == ids[3:]
    assert crm.count(schema.name) == 1


def test_owners_are_written_and_read(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "person"))
    owner = by_standard(schema, "person.owner")
    user = next(user for user in crm.users() if user.active)
    given: dict[str, Any] = {owner.name: user.id}
    (result,) = make(crm, schema, 1, **given)
    (record,) = crm.get(schema.name, [result.id or ""], [owner.name])
    assert crm.codec.decoder(owner)(record.values) == user.id


def test_several_threads_may_use_one_adapter(crm: Crm, case: Case) -> None:
    schema = crm.describe(object_of(case, "company"))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda start: make(crm, schema, 20, start=start), range(0, 160, 20)))
        pages = list(pool.map(lambda _: crm.read(schema.name, [name_field(schema)]), range(8)))
    assert {result.outcome for results in made for result in results} == {Outcome.CREATED}
    assert crm.count(schema.name) == 160
    assert {len({record.id for record in page.records}) for page in pages} == {min(160, crm.capabilities.page_size)}


def test_an_edit_is_told_from_the_time_of_the_last_write(crm: Crm, case: Case) -> None:
    """By the stamp, and by what the CRM tells beside it."""
    schema = crm.describe(object_of(case, "person"))
    made = write_all(crm, schema.name, Operation.CREATE, [Row("one", spelled(crm, schema, least(schema, 1)))])[0].id
    assert made is not None
    (record,) = crm.get(schema.name, [made], [named(schema).name])
    assert record.modified is not None
    assert crm.edited_after(schema.name, {made: "2001-01-01T00:00:00.000Z"}) in ({}, {made: True})
    assert crm.edited_after(schema.name, {made: record.modified}) in ({}, {made: False})
