"""Bulk uploads: counted while they stream, decided when the job is to start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from sdrbot_skills.broker.csvrows import CsvRows
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.broker.refusal import Refusal
from tests.broker.conftest import Brokers
from tests.broker.recorder import Recorder

JOBS = "/services/data/v66.0/jobs/ingest"
JOB = "750000000000001AAA"
LIVE = {
    "objects": {"target": ["Contact"]},
    "budget": {"Contact": {"create": 3, "update": 2}},
    "keys": {"Contact": "HubSpot_Id__c"},
}
UPSERT = {"object": "Contact", "operation": "upsert", "externalIdFieldName": "HubSpot_Id__c", "contentType": "CSV"}


@pytest.fixture
def client(brokers: Brokers, upstream: Recorder) -> httpx.Client:
    upstream.json("POST", JOBS, 200, {"id": JOB, "state": "Open"})
    upstream.json("PUT", f"{JOBS}/{JOB}/batches", 201, {})
    return brokers.client(brokers.start("live", **LIVE), "salesforce")


def upload(client: httpx.Client, rows: int, header: str = "LastName,HubSpot_Id__c") -> httpx.Response:
    content = header + "\n" + "".join(f'"Planted ""Name"",\n{number}",{number}\n' for number in range(rows))
    return client.put(f"{JOBS}/{JOB}/batches", content=content.encode(), headers={"Content-Type": "text/csv"})


def close(client: httpx.Client) -> httpx.Response:
    return client.patch(f"{JOBS}/{JOB}", json={"state": "UploadComplete"})


def test_a_job_within_the_budget_runs(client: httpx.Client, brokers: Brokers, upstream: Recorder) -> None:
    assert client.post(JOBS, json=UPSERT).status_code == 200
    assert upload(client, 5).status_code == 201
    assert close(client).status_code == 200
    assert close(client).status_code == 200  # sent again after a lost answer: free
    book = Ledger(brokers.trusted / "ledger.sqlite", read_only=True)
    assert book.counts() == {"Contact": {"upsert": 5}}
    assert max(len(send.keys) for send in book.sends()) == 5
    book.close()
    assert b"Planted" not in (brokers.trusted / "ledger.sqlite").read_bytes()
    assert upstream.mutations()[1].body.count(b"Planted") == 5


def test_a_link_counts_once_whether_a_job_or_a_call_makes_it(brokers: Brokers, upstream: Recorder) -> None:
    roles = "OpportunityContactRole"
    client = brokers.client(
        brokers.start("live", objects={"links": [roles]}, budget={roles: {"link": 1}}), "salesforce"
    )
    ends = {"OpportunityId": "006000000000001AAA", "ContactId": "003000000000001AAA"}
    upstream.json("POST", JOBS, 200, {"id": JOB, "state": "Open"})
    upstream.json("PUT", f"{JOBS}/{JOB}/batches", 201, {})
    client.post(JOBS, json={"object": roles, "operation": "insert", "contentType": "CSV"})
    content = "ContactId,OpportunityId\n003000000000001AAA,006000000000001AAA\n"
    client.put(f"{JOBS}/{JOB}/batches", content=content.encode(), headers={"Content-Type": "text/csv"})
    assert close(client).status_code == 200
    body = {"allOrNone": False, "records": [{"attributes": {"type": roles}, **ends}]}
    assert client.post("/services/data/v66.0/composite/sobjects", json=body).status_code == 200
    book = Ledger(brokers.trusted / "ledger.sqlite", read_only=True)
    assert book.counts() == {roles: {"link": 1}}
    book.close()


def results(client: httpx.Client, upstream: Recorder, body: str) -> httpx.Response:
    content = web.Response(body=body.encode(), headers={"Content-Type": "text/csv"})
    upstream.answers["GET", f"{JOBS}/{JOB}/successfulResults"] = lambda _: content
    return client.get(f"{JOBS}/{JOB}/successfulResults")


def test_the_results_of_a_job_are_in_the_ledger(client: httpx.Client, brokers: Brokers, upstream: Recorder) -> None:
    client.post(JOBS, json=UPSERT)
    upload(client, 3)
    close(client)
    book = Ledger(brokers.trusted / "ledger.sqlite", read_only=True)
    assert [(one.outcome, one.keys) for one in book.in_doubt()] == [("started", ("0", "1", "2"))]
    assert list(book.creates_in_doubt("Contact")) == ["0", "1", "2"]
    body = (
        '"sf__Id","sf__Created","LastName","HubSpot_Id__c"\n"003A","true","Planted ""Name"",\n0","0"\n'
        '"003B","false","Planted","1"\n'
    )
    assert results(client, upstream, body).text == body
    assert results(client, upstream, body).text == body  # read again: nothing is counted twice
    assert (book.created_ids("Contact"), book.updated_ids("Contact")) == (["003A"], ["003B"])
    assert book.ids_by_key("Contact") == {"0": "003A", "1": "003B"}
    assert book.in_doubt() == []
    close(client)
    assert [one.keys for one in book.in_doubt()] == []
    book.close()
    assert b"Planted" not in (brokers.trusted / "ledger.sqlite").read_bytes()


def test_a_start_that_was_put_off_is_counted_once(client: httpx.Client, brokers: Brokers, upstream: Recorder) -> None:
    client.post(JOBS, json=UPSERT)
    upload(client, 5)
    limit = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentRequests Limit exceeded."}]
    upstream.json("PATCH", f"{JOBS}/{JOB}", 403, limit)
    assert close(client).status_code == 403
    upstream.json("PATCH", f"{JOBS}/{JOB}", 200, {"state": "UploadComplete"})
    # The pause of ten seconds that the vendor asked for is sat out inside the broker.
    assert close(client).status_code == 200
    book = Ledger(brokers.trusted / "ledger.sqlite", read_only=True)
    assert [(len(one.keys), one.outcome) for one in book.sends() if one.keys] == [(5, "started")]
    book.close()


def test_a_job_over_the_budget_never_starts(client: httpx.Client, upstream: Recorder) -> None:
    client.post(JOBS, json=UPSERT)
    assert upload(client, 6).status_code == 201
    assert close(client).json()["code"] == "budget_exceeded"
    assert [one.method for one in upstream.mutations()] == ["POST", "PUT"]
    assert client.patch(f"{JOBS}/{JOB}", json={"state": "Aborted"}).status_code == 200


@pytest.mark.parametrize(
    ("job", "code"),
    [
        ({**UPSERT, "object": "Lead"}, "object_not_planned"),
        ({**UPSERT, "operation": "hardDelete"}, "unknown_operation"),
        ({**UPSERT, "columnDelimiter": "TAB"}, "body_unreadable"),
        ({**UPSERT, "assignmentRuleId": "01Q"}, "unknown_operation"),
    ],
)
def test_jobs_that_cannot_be_counted_are_not_opened(
    client: httpx.Client, upstream: Recorder, job: dict[str, str], code: str
) -> None:
    assert client.post(JOBS, json=job).json()["code"] == code
    assert upstream.mutations() == []


def test_steps_out_of_order_are_refused(client: httpx.Client) -> None:
    assert upload(client, 1).json()["code"] == "object_not_planned"
    assert close(client).json()["code"] == "object_not_planned"
    client.post(JOBS, json=UPSERT)
    assert close(client).json()["code"] == "forbidden_operation"
    assert upload(client, 1, header="LastName,Email").json()["code"] == "body_unreadable"
    assert close(client).json()["code"] == "forbidden_operation"


def test_twenty_megabytes_pass_in_flat_memory(client: httpx.Client, brokers: Brokers, upstream: Recorder) -> None:
    upstream.answers["STREAM", f"{JOBS}/{JOB}/batches"] = lambda _: None
    client.post(JOBS, json=UPSERT)
    pid = brokers.running[-1].pid
    before = resident(pid)

    def rows() -> Iterator[bytes]:
        yield b"LastName,HubSpot_Id__c\n"
        for start in range(0, 200_000, 2000):
            yield b"".join(b"%s,%d\n" % (b"x" * 95, number) for number in range(start, start + 2000))

    answer = client.put(f"{JOBS}/{JOB}/batches", content=rows(), headers={"Content-Type": "text/csv"})
    assert answer.status_code == 201
    assert int(upstream.mutations()[-1].body) > 20_000_000
    assert resident(pid) - before < 30_000_000
    assert close(client).json()["code"] == "budget_exceeded"


def test_twenty_megabytes_come_back_in_flat_memory(brokers: Brokers, upstream: Recorder) -> None:
    handle = brokers.start()
    content = b"z" * 20_000_000
    upstream.answers["GET", "/crm/v3/objects/contacts"] = lambda _: big(content)
    before = resident(handle.pid)
    size = 0
    with brokers.client(handle) as client, client.stream("GET", "/crm/v3/objects/contacts") as answer:
        for chunk in answer.iter_bytes():
            size += len(chunk)
    assert size == len(content)
    assert resident(handle.pid) - before < 30_000_000


def big(content: bytes) -> web.Response:
    return web.Response(body=content, headers={"Content-Type": "application/json"})


def resident(pid: int) -> int:
    """Peak resident bytes of a process (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=8)


@given(st.lists(st.tuples(CELL, CELL), max_size=20), st.integers(1, 7))
def test_rows_are_counted_whatever_the_pieces(rows: list[tuple[str, str]], size: int) -> None:
    quoted = [f'"{a.replace(chr(34), chr(34) * 2)}","{b.replace(chr(34), chr(34) * 2)}"\n' for a, b in rows]
    content = ("Id,Name\n" + "".join(quoted)).encode()
    counter = CsvRows("Id", plain=True, required=True)
    found = [row for start in range(0, len(content), size) for row in counter.feed(content[start : start + size])]
    assert len(found + counter.finish()) == len(rows)


@pytest.mark.parametrize(
    "content",
    [
        b'Id\na"b\n1\n2\n',
        b'Id\n"a"b\n',
        b"Id,Id\n1,2\n",
        b"Id,Name\n1\n",
        b"Name\nx\n",
        b"Id\n\xff\n",
        b'Id\n"' + b"x" * 5_000_000,
    ],
)
def test_csv_with_two_readings_is_refused(content: bytes) -> None:
    counter = CsvRows("Id", plain=True, required=True)
    with pytest.raises(Refusal):
        counter.feed(content)
        counter.finish()
