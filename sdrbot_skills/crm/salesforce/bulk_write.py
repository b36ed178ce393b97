"""Writing by Bulk API 2.0 jobs, through the SDK's session and URLs (vendor doc "Bulk API 2.0 and Bulk API Developer Guide").

The SDK's own `bulk2` calls hold a whole job in memory and lose the rows' results. Here an upload streams out and results stream in; each
step is a call of its own, so that the engine can write a job's id down before anything is uploaded and take the job up again afterwards.
Results have no order: rows are told apart by the value of one column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import rejected
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.salesforce import bulk_csv
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.failures import RETRIABLE, RULES, RequestFailed
from sdrbot_skills.model.records import BulkJob, JobState, Outcome, Row, RowResult

INGEST = "jobs/ingest"
BETWEEN = ">"
"""Between the names of two columns that tell a row together, and between its values of them: the key of a link's result."""

_STATES = {"JobComplete": JobState.COMPLETE, "Failed": JobState.FAILED, "Aborted": JobState.FAILED}


class Jobs:
    """Jobs that write: upserts by a unique field, and links that are rows of their own."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._told: dict[str, dict[str, Any]] = {}

    def takes(self, row: Row) -> bool:
        """Whether CSV can carry this row."""
        return bulk_csv.fits(row)

    def open(self, object_name: str, columns: Sequence[str], key: str) -> BulkJob:
        """Make a job; nothing is written before `start`."""
        return self._open(object_name, columns, key, {"operation": "upsert", "externalIdFieldName": key})

    def open_links(self, object_name: str, ends: Sequence[str]) -> BulkJob:
        """Make a job whose rows are links, told apart by both ends."""
        return self._open(object_name, ends, BETWEEN.join(ends), {"operation": "insert"})

    def _open(self, object_name: str, columns: Sequence[str], key: str, operation: Mapping[str, str]) -> BulkJob:
        if not set(key.split(BETWEEN)) <= set(columns):
            raise ValueError(f"The results of a job cannot be told apart without the column {key}.")
        shape = {"contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF"}
        body = {"object": object_name, **operation, **shape}
        job = self._client.change_again("POST", INGEST, body=body)  # a job nobody starts does nothing
        return BulkJob(job["id"], object_name, tuple(columns), key)

    def upload(self, job: BulkJob, rows: Iterable[Row]) -> BulkJob:
        """Send the rows, once per job. All must be such as the job `takes`."""
        self._client.upload(f"{INGEST}/{job.id}/batches", bulk_csv.upload_body(rows, job.columns))
        return job

    def start(self, job: BulkJob) -> BulkJob:
        """Let Salesforce start. Harmless when sent again: the job says that it is closed already."""
        try:
            self._client.change_again("PATCH", f"{INGEST}/{job.id}", body={"state": "UploadComplete"})
        except RequestFailed as error:
            if error.complaint.code != "INVALIDJOBSTATE":
                raise
        return job

    def state(self, job: BulkJob) -> JobState:
        """How far a started job is."""
        told = self._told[job.id] = dict(self._client.read("GET", f"{INGEST}/{job.id}"))
        return _STATES.get(told["state"], JobState.WORKING)

    def results(self, job: BulkJob) -> Iterator[RowResult]:
        """Every row's result; its key is the row's value of `job.key`.

        A failed job may have written some rows all the same, so all three lists are read, except those that the last look says are empty.
        """
        path, told = f"{INGEST}/{job.id}", self._told.get(job.id, {})
        complete = _STATES.get(told.get("state", "")) is JobState.COMPLETE
        for line in self._lines(f"{path}/successfulResults"):
            done = Outcome.CREATED if line["sf__Created"].lower() == "true" else Outcome.UPDATED
            yield RowResult(_key(job, line), done, line["sf__Id"])
        if not (complete and told.get("numberRecordsFailed") == 0):
            for line in self._lines(f"{path}/failedResults"):
                yield _refused(_key(job, line), line["sf__Error"])
        if not complete:
            for line in self._lines(f"{path}/unprocessedrecords"):
                words = "The job ended before this row's turn."
                yield rejected(_key(job, line), Rule.UNANSWERED, words, retriable=True)

    def _lines(self, path: str) -> Iterator[dict[str, str]]:
        with self._client.download(path) as answer:
            yield from bulk_csv.read_rows(answer.raw)


def _key(job: BulkJob, line: Mapping[str, str]) -> str:
    return BETWEEN.join(line[name] for name in job.key.split(BETWEEN))


def _refused(key: str, error: str) -> RowResult:
    """`CODE:words:field --`, as `sf__Error` spells it."""
    code, _, rest = error.partition(":")
    words, _, fields = rest.rpartition(":")
    field = fields.strip().removesuffix("--").split(",")[0].strip() or None
    rule = RULES.get(code, Rule.VENDOR_REJECTED)
    return rejected(key, rule, f"{code}: {words or rest}", field=field, retriable=code in RETRIABLE)
