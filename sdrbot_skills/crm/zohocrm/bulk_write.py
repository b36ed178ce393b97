"""Bulk write (API v8 "Bulk Write"): up to 25,000 rows as a zip of one CSV, sent to a host for files, then the job that inserts them, then its result.

The file's id comes with the upload, the job's with its start; a file that nobody starts has no effect. Zoho lists no jobs, so a start without an
answer is never sent again: the broker knows the job where an answer reached it, and says so where none did. Empty cells are ignored, so a row that
clears a field is not for a job. Days and moments name their format, else Zoho reads them the American way. A result repeats the first three
columns of a row: the key comes first.

A job's own upsert would overwrite a record that holds a row's value in another unique field, so it inserts: rows whose key is there are skipped
without a word and looked up then, other clashes are refused and go by a call, which says why.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import urlsplit

import httpx

from sdrbot_skills.crm.batching import rejected
from sdrbot_skills.crm.failures import Effect, no_answer, unreachable
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.zohocrm.bulk import GONE, KEPT_IN_MEMORY, asked, downloaded, lines_of
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.failures import RETRIABLE, RULES, RequestFailed, failure
from sdrbot_skills.crm.zohocrm.schema import Schema
from sdrbot_skills.errors import BatchRejected, OutcomeUnknown, Refused
from sdrbot_skills.model.records import BulkJob, JobState, Outcome, Row, RowResult
from sdrbot_skills.model.schema import ObjectSchema
from sdrbot_skills.model.values import Kind

FILE = "rows.csv"
INSERT = "insert"
REFERENCES = frozenset({Kind.REFERENCE, Kind.USER})
FORMATS = {"date": "yyyy-MM-dd", "datetime": "yyyy-MM-dd'T'HH:mm:ssXXX"}
JOIN = ";"
IN_DOUBT = "start_in_doubt"
"""The broker's code for a start that it has sent and got no answer to."""

_ENDED = {"COMPLETED": JobState.COMPLETE, "FAILED": JobState.FAILED, "SKIPPED": JobState.FAILED}
_DONE = {"ADDED": Outcome.CREATED, "UPDATED": Outcome.UPDATED}


class Jobs:
    """Jobs that write. The last look at each is kept: it says where the result is."""

    def __init__(self, client: ZohoClient, schema: Schema) -> None:
        self._client, self._schema = client, schema
        self._told: dict[str, dict[str, Any]] = {}

    def takes(self, row: Row) -> bool:
        """Whether CSV can carry this row."""
        return fits(row)

    def open(self, object_name: str, columns: Sequence[str], key: str) -> BulkJob:
        """A job without an id: Zoho names the file with the upload and the job with its start. The key comes first in it, since a result
        repeats no more than three columns."""
        return BulkJob("", object_name, (key, *(name for name in columns if name != key)), key)

    def upload(self, job: BulkJob, rows: Iterable[Row]) -> BulkJob:
        """Send the rows as a file; the job then has the file's id. All must be such as the job `takes`."""
        with SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as file:
            _pack(file, self._schema.known(job.object), job, rows)
            answer = self._sent(file)
        return job._replace(id=str(answer["details"]["file_id"]))

    def _sent(self, file: IO[bytes]) -> dict[str, Any]:
        """The answer to the upload. Sending it again leaves a file behind that nobody starts."""
        what, connection = "Zoho POST upload", self._client.connection
        headers = {"feature": "bulk-write", "X-CRM-ORG": str(connection.facts["zgid"])}
        url = f"{connection.facts['upload_url']}{self._client.path('upload')}"
        try:
            answer = self._client.http.post(url, files={"file": ("rows.zip", file, "application/zip")}, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise unreachable(what, type(error).__name__) from error
        except httpx.TransportError as error:
            raise no_answer(what, Effect.READ, type(error).__name__) from error
        if answer.status_code >= 300:
            raise failure(what, answer.status_code, answer.headers, answer.content, Effect.READ, connection)
        return dict(answer.json())

    def start(self, job: BulkJob) -> BulkJob:
        """Have the rows of a file written; the job then has an id of its own. Raises what `Crm.start_job` says."""
        try:
            answer = asked(self._client, "POST", "write", job_body(self._schema.known(job.object), job), Effect.ONCE)
        except Refused as refused:
            if refused.code == IN_DOUBT:
                raise OutcomeUnknown(str(refused)) from refused
            raise
        return job._replace(id=str(answer["details"]["id"]))

    def state(self, job: BulkJob) -> JobState:
        """How far the job is; one that has vanished has ended."""
        told = self._told[job.id] = self._look(job)
        return _ENDED.get(str(told["status"]).upper(), JobState.WORKING) if told else JobState.FAILED

    def results(self, job: BulkJob) -> Iterator[RowResult]:
        """Every row's result; none where Zoho has the result no more (it keeps it for some days), or does not say what came of a row."""
        told = self._told.get(job.id)
        if told is None:
            told = self._look(job)
        url = (told.get("result") or {}).get("download_url")
        if not url:
            return
        # Zoho names the host for results in the address; which it may be is the broker's to know.
        address = f"{self._client.connection.facts['download_url']}{urlsplit(url).path}"
        try:
            with downloaded(self._client, "Zoho GET bulk/write/result", address) as file:
                yield from _read(job, lines_of(file))
        except RequestFailed as error:
            if error.status not in GONE:
                raise

    def _look(self, job: BulkJob) -> dict[str, Any]:
        """What Zoho says about a started job; empty where it has none of that id any more."""
        try:
            return repeated(lambda: asked(self._client, "GET", f"write/{job.id}"))
        except RequestFailed as error:
            if error.status in GONE:
                return {}
            raise


def fits(row: Row) -> bool:
    """Whether a row can go by CSV: it clears nothing, and none of its choices holds the mark that joins them."""
    return all(
        value is not None and not (isinstance(value, list) and any(JOIN in str(one) for one in value))
        for value in row.payload.values()
    )


# -- the file -----------------------------------------------------------------------------------------------------------


def _pack(file: IO[bytes], schema: ObjectSchema, job: BulkJob, rows: Iterable[Row]) -> None:
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(FILE, "w") as inner,
        io.TextIOWrapper(inner, "utf-8", newline="") as text,
    ):
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([_header(schema, name) for name in job.columns])
        for row in rows:
            writer.writerow([_cell(row.payload[name]) if name in row.payload else "" for name in job.columns])
    file.seek(0)


def _header(schema: ObjectSchema, name: str) -> str:
    return f"{name}.id" if _refers(schema, name) else name


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return str(value["id"])
    if isinstance(value, list):
        return JOIN.join(map(str, value))
    return repr(value) if isinstance(value, float) else str(value)


# -- the job ------------------------------------------------------------------------------------------------------------


def job_body(schema: ObjectSchema, job: BulkJob) -> dict[str, Any]:
    """The description of a job. Where `ignore_empty` belongs the vendor's documents do not agree, so it is in both places.

    Raises `BatchRejected` where Zoho would drop a column without a word: a call says which record that concerns.
    """
    return {"operation": INSERT, "ignore_empty": True, "resource": [_resource(schema, job)]}


def _resource(schema: ObjectSchema, job: BulkJob) -> dict[str, Any]:
    for name in job.columns:
        field = schema.field(name)
        if field is None or not field.creatable:
            raise BatchRejected(f"Zoho would drop {name} without a word.", rule=Rule.UNKNOWN_FIELD)
    return {
        "type": "data",
        "module": {"api_name": job.object},
        "file_id": job.id,
        "file_names": [FILE],
        "find_by": job.key,
        "ignore_empty": True,
        "field_mappings": [_mapping(schema, name, place) for place, name in enumerate(job.columns)],
    }


def _mapping(schema: ObjectSchema, name: str, place: int) -> dict[str, Any]:
    mapping: dict[str, Any] = {"api_name": name, "index": place}
    field = schema.field(name)
    if field is not None and (layout := FORMATS.get(field.vendor_type)):
        mapping["format"] = layout
    if _refers(schema, name):
        mapping["find_by"] = "id"
    return mapping


def _refers(schema: ObjectSchema, name: str) -> bool:
    field = schema.field(name)
    return field is not None and field.kind in REFERENCES


# -- the result ---------------------------------------------------------------------------------------------------------


def _read(job: BulkJob, lines: Iterator[list[str]]) -> Iterator[RowResult]:
    header = [name.strip() for name in next(lines)]
    places = {name.upper(): place for place, name in enumerate(header)}
    status, record, errors = (places[name] for name in ("STATUS", "RECORD_ID", "ERRORS"))
    key = header.index(job.key) if job.key in header else 0
    for line in lines:
        result = _result(line[key], line[status].upper(), line[record], line[errors])
        if result is not None:
            yield result


def _result(key: str, status: str, record: str, errors: str) -> RowResult | None:
    if status in _DONE:
        return RowResult(key, _DONE[status], record or None)
    if status == "UNPROCESSED":
        return rejected(key, Rule.UNANSWERED, "The job ended before this row's turn.", retriable=True)
    if not errors:
        return None  # skipped, and why is not said
    code, _, columns = errors.partition(":")[0].partition("-")
    field = columns.partition(",")[0].partition(".")[0] or None
    return rejected(key, RULES.get(code, Rule.VENDOR_REJECTED), errors, field=field, retriable=code in RETRIABLE)
