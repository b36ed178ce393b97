"""Bulk jobs through a real broker and the practice Salesforce."""

from __future__ import annotations

from typing import Any

import pytest

from sdrbot_skills.crm.batching import link_key
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.salesforce import Adapter
from sdrbot_skills.errors import Refused
from sdrbot_skills.model.records import JobState, Link, Operation, Outcome, Record, Row, RowResult
from tests.crm.salesforce.conftest import Connect
from tests.crm.salesforce.test_admin import KEY, planned
from tests.crm.salesforce.test_links import deal, link_type, made

COLUMNS = [KEY.name, "LastName", "Description", "Email", "HasOptedOutOfEmail"]


@pytest.fixture
def keyed(sf: Adapter, connect: Connect) -> Adapter:
    """The adapter where contacts have a migration key."""
    connect("schema", schema_operations=planned(sf, KEY)).create_field("Contact", KEY)
    return sf


def upserted(sf: Adapter, rows: list[Row]) -> dict[str, RowResult]:
    job = sf.open_job("Contact", COLUMNS, KEY.name)
    sf.upload(job, rows)
    sf.start_job(job)
    sf.start_job(job)
    while (state := sf.job_state(job)) is JobState.WORKING:
        pass  # each look moves the practice Salesforce on
    assert state is JobState.COMPLETE
    found = list(sf.job_results(job))
    assert len(found) == len(rows)
    return {result.key: result for result in found}


def test_many_rows_are_written_each_with_its_result(keyed: Adapter) -> None:
    rows = [
        Row(f"k{number}", {KEY.name: f"k{number}", "LastName": f"P{number}", "Description": f'"one",\ntwo {number}'})
        for number in range(3000)
    ]
    rows[7] = Row("k7", {KEY.name: "k7", "LastName": "x" * 81})
    rows[8] = Row("k8", {KEY.name: "k8", "LastName": "Opted out", "HasOptedOutOfEmail": True})
    results = upserted(keyed, rows)
    assert {key for key, one in results.items() if one.outcome is not Outcome.CREATED} == {"k7"}
    assert (results["k7"].rule, keyed.count("Contact")) == (Rule.TOO_LONG, 2999)
    (record,) = keyed.find("Contact", KEY.name, ["k9"], ["Description", "HasOptedOutOfEmail"])
    assert record.id == results["k9"].id and record.values["Description"] == '"one",\ntwo 9'
    (other,) = keyed.find("Contact", KEY.name, ["k8"], ["Description", "HasOptedOutOfEmail"])
    assert other.values["HasOptedOutOfEmail"] is True and other.values["Description"] is None


def test_an_upsert_changes_clears_and_leaves_alone(keyed: Adapter) -> None:
    payload = {KEY.name: "k1", "LastName": "A", "Description": "D", "Email": "a@example.com"}
    made = upserted(keyed, [Row("k1", payload)])["k1"].id or ""
    again = upserted(keyed, [Row("k1", {KEY.name: "k1", "LastName": "B", "Description": None})])
    assert again["k1"].outcome is Outcome.UPDATED
    values = keyed.get("Contact", [made], ["LastName", "Description", "Email"])[0].values
    assert (values["LastName"], values["Description"], values["Email"]) == ("B", None, "a@example.com")


def test_a_query_job_reads_what_pages_read(sf: Adapter, connect: Connect) -> None:
    for start in range(0, 1000, 200):
        rows = [
            Row(str(number), {"LastName": f"P{number}", "Description": "a\nb"}) for number in range(start, start + 200)
        ]
        sf.write("Contact", Operation.CREATE, rows)
    dry = connect("dry", jobs=True)
    schema = dry.describe("Contact")
    fields = ["LastName", "Description", "DoNotCall", "CreatedDate"]
    decoders = {name: dry.codec.decoder(schema.by_name[name]) for name in fields}

    def decoded(records: list[Record]) -> list[Any]:
        return sorted((one.id, one.modified, [read(one.values) for read in decoders.values()]) for one in records)

    pages = list(dry.read_by_job("Contact", fields))
    by_job = decoded([record for page in pages for record in page.records])
    assert by_job == decoded(list(dry.read("Contact", fields).records)) and len(by_job) == 1000


def test_a_dry_run_opens_no_ingest_job(connect: Connect) -> None:
    dry = connect("dry", jobs=True)
    with pytest.raises(Refused):
        dry.open_job("Contact", COLUMNS, KEY.name)


def test_contact_roles_are_made_by_a_job_and_each_has_its_result(sf: Adapter) -> None:
    roles = link_type(sf, "Opportunity", "OpportunityContactRole")
    people = made(sf, "Contact", *({"LastName": f"P{number}"} for number in range(50)))
    (first, second) = made(sf, "Opportunity", deal("A"), deal("B"))
    links = [Link(roles.name, one, person) for one in (first, second) for person in people]
    nobody = Link(roles.name, first, "003000000000999AAA")
    job = sf.open_link_job(roles)
    start, end = job.columns
    sf.upload(job, (Row(link_key(one), {start: one.from_id, end: one.to_id}) for one in [*links, nobody]))
    sf.start_job(job)
    while sf.job_state(job) is JobState.WORKING:
        pass
    results = {one.key: one.outcome for one in sf.job_results(job)}
    assert results == {link_key(one): Outcome.CREATED for one in links} | {link_key(nobody): Outcome.REJECTED}
    assert sorted(sf.links(roles, [first, second])) == sorted(links)
