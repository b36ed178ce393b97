"""Bulk API 2.0 jobs through the SDK's session and URLs (vendor doc "Bulk API 2.0 and Bulk API Developer Guide").

The SDK's own `bulk2` calls hold a whole job in memory and lose the rows' results. Here an upload streams out and results stream in; each
step is a call of its own, so that the engine can write a job's id down before anything is uploaded and take the job up again afterwards.
Results have no order: rows are told apart by the value of one column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdrbot_skills.crm.batching import rejected
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.salesforce import bulk_csv
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.failures import RETRIABLE, RULES, RequestFailed
from sdrbot_skills.model.records import JobState, Operation, Outcome, Row, RowResult

INGEST = "jobs/ingest"
BETWEEN = ">"
"""Between the names of two columns that tell a row together, and between its values of them: the key of a link's result."""

_STATES = {"JobComplete": JobState.COMPLETE, "Failed": JobState.FAILED, "Aborted": JobState.FAILED}

VERBS = {Operation.CREATE: "insert", Operation.UPDATE: "update", Operation.UPSERT: "upsert"}


@dataclass(frozen=True)
class Ingest:
    """One job that writes. `told_by`: the column whose value names a row in the results (`Id` for an update, else a unique field), or two, as `A>B`."""

    id: str
    operation: Operation
    columns: tuple[str, ...]
    told_by: str


def open_ingest(
    client: SalesforceClient, object_name: str, operation: Operation, columns: Sequence[str], told_by: str
) -> Ingest:
    """Create the job; nothing is written before `close`. Raises `ValueError` where the rows could not be told apart."""
    if operation is not Operation.UPDATE and not set(told_by.split(BETWEEN)) <= set(columns):
        raise ValueError(f"The results of a job cannot be told apart without the column {told_by}.")
    body = {
        "object": object_name,
        "operation": VERBS[operation],
        "contentType": "CSV",
        "columnDelimiter": "COMMA",
        "lineEnding": "LF",
        **({"externalIdFieldName": told_by} if operation is Operation.UPSERT else {}),
    }
    job = client.change_again("POST", INGEST, body=body)  # a job nobody closes does nothing
    return Ingest(job["id"], operation, tuple(columns), "Id" if operation is Operation.UPDATE else told_by)


def upload(client: SalesforceClient, job: Ingest, rows: Iterable[Row]) -> None:
    """Send the rows, once per job. All must pass `bulk_csv.fits`."""
    body = bulk_csv.upload_body(rows, job.columns, with_ids=job.operation is Operation.UPDATE)
    client.upload(f"{INGEST}/{job.id}/batches", body)


def close(client: SalesforceClient, job: Ingest) -> None:
    """Let Salesforce start. Harmless when sent again: the job says that it is closed already."""
    try:
        client.change_again("PATCH", f"{INGEST}/{job.id}", body={"state": "UploadComplete"})
    except RequestFailed as error:
        if error.complaint.code != "INVALIDJOBSTATE":
            raise


def look(client: SalesforceClient, job: Ingest) -> dict[str, Any]:
    """What Salesforce says about a started job."""
    return dict(client.read("GET", f"{INGEST}/{job.id}"))


def state(told: Mapping[str, Any]) -> JobState:
    """How far the job is that was told about."""
    return _STATES.get(told["state"], JobState.WORKING)


def results(client: SalesforceClient, job: Ingest, told: Mapping[str, Any] | None = None) -> Iterator[RowResult]:
    """Every row's result; its key is the row's value of `told_by`.

    A failed job may have written some rows all the same, so all three lists are read, except those that the last look (`told`) says are empty.
    """
    path = f"{INGEST}/{job.id}"
    complete = told is not None and state(told) is JobState.COMPLETE
    with client.download(f"{path}/successfulResults") as answer:
        for line in bulk_csv.read_rows(answer.raw):
            done = Outcome.CREATED if line["sf__Created"].lower() == "true" else Outcome.UPDATED
            yield RowResult(_key(job, line), done, line["sf__Id"])
    if not (complete and told and told.get("numberRecordsFailed") == 0):
        with client.download(f"{path}/failedResults") as answer:
            for line in bulk_csv.read_rows(answer.raw):
                yield _refused(_key(job, line), line["sf__Error"])
    if not complete:
        with client.download(f"{path}/unprocessedrecords") as answer:
            for line in bulk_csv.read_rows(answer.raw):
                words = "The job ended before this row's turn."
                yield rejected(_key(job, line), Rule.UNANSWERED, words, retriable=True)


def _key(job: Ingest, line: Mapping[str, str]) -> str:
    return BETWEEN.join(line[name] for name in job.told_by.split(BETWEEN))


def _refused(key: str, error: str) -> RowResult:
    """`CODE:words:field --`, as `sf__Error` spells it."""
    code, _, rest = error.partition(":")
    words, _, fields = rest.rpartition(":")
    field = fields.strip().removesuffix("--").split(",")[0].strip() or None
    rule = RULES.get(code, Rule.VENDOR_REJECTED)
    return rejected(key, rule, f"{code}: {words or rest}", field=field, retriable=code in RETRIABLE)
