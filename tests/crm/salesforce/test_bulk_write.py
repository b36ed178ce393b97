"""Bulk jobs against the answers of the vendor's guide: results without order, failures with partial commits, several parts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.salesforce.bulk_write import Jobs
from sdrbot_skills.crm.salesforce.failures import Complaint, RequestFailed
from sdrbot_skills.model.records import BulkJob, JobState, Outcome, Row

JOB = "750000000000001AAA"


class Scripted:
    """Stands for the client: says what it was sent, answers what it was told."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.sent: list[tuple[str, str, Any]] = []

    def change_again(self, method: str, path: str, *, body: Any) -> Any:
        self.sent.append((method, path, body))
        if fault := self.answers.get("fault"):
            raise fault
        return {"id": JOB, "state": "Open"}

    def read(self, method: str, path: str) -> Any:
        states: list[str] = self.answers["states"]
        return {"id": JOB, "state": states.pop(0), "errorMessage": self.answers.get("reason")}

    def upload(self, path: str, chunks: Iterable[bytes]) -> None:
        self.sent.append(("PUT", path, b"".join(chunks).decode()))

    @contextmanager
    def download(self, path: str, params: dict[str, str] | None = None) -> Iterator[Any]:
        self.sent.append(("GET", path, params))
        parts: list[tuple[str, dict[str, str]]] = self.answers[path.rsplit("/", 1)[1]]
        body, headers = parts.pop(0)
        yield SimpleNamespace(raw=io.BytesIO(body.encode()), headers=headers)


def client(**answers: Any) -> Any:
    return Scripted(**answers)


def test_an_upsert_job_is_opened_filled_closed_and_harvested() -> None:
    there = client(
        states=["UploadComplete", "InProgress", "Failed"],
        successfulResults=[
            ('"sf__Id","sf__Created","K__c","LastName"\n"003B","false","k2","B"\n"003A","true","k1","A"\n', {})
        ],
        failedResults=[
            (
                '"sf__Id","sf__Error","K__c","LastName"\n'
                '"","REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --","k3",""\n'
                '"","UNABLE_TO_LOCK_ROW:unable to obtain exclusive access: 001:--","k4","D"\n',
                {},
            )
        ],
        unprocessedrecords=[('"K__c","LastName"\n"k5","E"\n', {})],
    )
    jobs = Jobs(there)
    job = jobs.open("Contact", ["K__c", "LastName"], "K__c")
    jobs.upload(job, [Row("1", {"K__c": "k1", "LastName": "A"}), Row("3", {"K__c": "k3", "LastName": None})])
    jobs.start(job)
    assert [jobs.state(job) for _ in range(3)] == [
        JobState.WORKING,
        JobState.WORKING,
        JobState.FAILED,
    ]
    results = {one.key: one for one in jobs.results(job)}
    assert there.sent[0][2]["externalIdFieldName"] == "K__c"
    assert there.sent[1][1:] == (f"jobs/ingest/{JOB}/batches", "K__c,LastName\nk1,A\nk3,#N/A\n")
    assert there.sent[2] == ("PATCH", f"jobs/ingest/{JOB}", {"state": "UploadComplete"})
    assert {key: (one.outcome, one.id, one.rule, one.retriable) for key, one in results.items()} == {
        "k1": (Outcome.CREATED, "003A", None, False),
        "k2": (Outcome.UPDATED, "003B", None, False),
        "k3": (Outcome.REJECTED, None, Rule.REQUIRED_MISSING, False),
        "k4": (Outcome.REJECTED, None, Rule.LOCKED, True),
        "k5": (Outcome.REJECTED, None, Rule.UNANSWERED, True),
    }
    assert results["k3"].field == "LastName"
    assert results["k3"].message == "REQUIRED_FIELD_MISSING: Required fields are missing: [LastName]"


def test_rows_that_could_not_be_told_apart_are_not_sent() -> None:
    with pytest.raises(ValueError, match="told apart"):
        Jobs(client()).open("Contact", ["LastName"], "K__c")


def test_starting_a_job_that_was_started_already_is_fine() -> None:
    job = BulkJob(JOB, "Contact", ("K__c",), "K__c")
    Jobs(client(fault=RequestFailed("PATCH", 400, Complaint("INVALIDJOBSTATE", "", None)))).start(job)
    with pytest.raises(RequestFailed):
        Jobs(client(fault=RequestFailed("PATCH", 400, Complaint("INVALIDENTITY", "", None)))).start(job)
