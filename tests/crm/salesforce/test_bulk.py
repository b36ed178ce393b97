"""Bulk jobs against the answers of the vendor's guide: results without order, failures with partial commits, several parts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.salesforce import bulk
from sdrbot_skills.crm.salesforce.failures import Complaint, RequestFailed
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Operation, Outcome, Row
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.model.values import Kind

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


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdrbot_skills.crm.salesforce.bulk.time.sleep", lambda seconds: None)


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
    job = bulk.open_ingest(there, "Contact", Operation.UPSERT, ["K__c", "LastName"], "K__c")
    bulk.upload(there, job, [Row("1", {"K__c": "k1", "LastName": "A"}), Row("3", {"K__c": "k3", "LastName": None})])
    bulk.close(there, job)
    assert bulk.wait(there, bulk.INGEST, job.id)["state"] == "Failed"
    results = {one.key: one for one in bulk.results(there, job)}
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
        bulk.open_ingest(client(), "Contact", Operation.CREATE, ["LastName"], "K__c")


def test_closing_a_job_that_is_closed_already_is_fine() -> None:
    job = bulk.Ingest(JOB, Operation.UPSERT, ("K__c",), "K__c")
    bulk.close(client(fault=RequestFailed("PATCH", 400, Complaint("INVALIDJOBSTATE", "", None))), job)
    with pytest.raises(RequestFailed):
        bulk.close(client(fault=RequestFailed("PATCH", 400, Complaint("INVALIDENTITY", "", None))), job)


SCHEMA = ObjectSchema(
    crm="salesforce",
    name="Contact",
    label="Contact",
    plural="Contacts",
    modified_field="SystemModstamp",
    fields=(
        Field(name="Id", label="Id", kind=Kind.TEXT, vendor_type="id"),
        Field(name="SystemModstamp", label="Changed", kind=Kind.INSTANT, vendor_type="datetime"),
        Field(name="DoNotCall", label="Do not call", kind=Kind.CONSENT, vendor_type="boolean"),
    ),
)


def test_a_query_is_read_in_parts() -> None:
    head = '"Id","SystemModstamp","DoNotCall"\n'
    there = client(
        states=["JobComplete"],
        results=[
            (head + '"003A","2024-01-02T03:04:05.000Z","true"\n', {"Sforce-Locator": "MTAw"}),
            (head + '"003B","2024-01-02T03:04:06.000Z","false"\n', {"Sforce-Locator": "null"}),
        ],
    )
    job = bulk.open_query(there, SCHEMA, ["DoNotCall"])
    found = list(bulk.read_result(there, SCHEMA, ["DoNotCall"], job))
    assert there.sent[0][2]["query"] == "SELECT Id, SystemModstamp, DoNotCall FROM Contact"
    assert [(one.id, one.modified, one.values["DoNotCall"]) for one in found] == [
        ("003A", "2024-01-02T03:04:05.000Z", True),
        ("003B", "2024-01-02T03:04:06.000Z", False),
    ]
    assert [params.get("locator") for method, _, params in there.sent if method == "GET"] == [None, "MTAw"]


def test_a_query_that_failed_says_why() -> None:
    there = client(states=["Failed"], reason="InvalidEntity")
    with pytest.raises(ConfigurationError, match="ended as Failed: InvalidEntity"):
        list(bulk.read_result(there, SCHEMA, ["DoNotCall"], JOB))
