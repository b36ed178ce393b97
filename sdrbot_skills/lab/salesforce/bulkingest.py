"""Bulk API 2.0 ingest jobs (vendor doc "Bulk API 2.0 Ingest").

A closed job is worked on by one internal batch of 10,000 records with each request that the org gets, whoever sends it:
asynchronous for the client, reproducible for a test. Uploads and results are kept in pieces, so memory stays flat, and
survive kill -9. POST /__lab__/bulk {"fail_after_records": 3} makes the next job fail after that many were committed.
"""

import random
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.salesforce import bulkcsv, ids
from sdrbot_skills.lab.salesforce.dates import stamp
from sdrbot_skills.lab.salesforce.errors import Refusal, not_found
from sdrbot_skills.lab.salesforce.org import View
from sdrbot_skills.lab.salesforce.records import SaveOptions
from sdrbot_skills.lab.salesforce.rows import Row
from sdrbot_skills.lab.salesforce.service import Service, base, body_object

Doc = dict[str, Any]
BATCH, CHUNK = 10_000, 200
MAX_UPLOAD = 150 * 1024 * 1024
OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete")
ENDED = ("JobComplete", "Failed", "Aborted")
_RESULTS = {
    "successfulResults": "successful",
    "failedResults": "failed",
    "unprocessedrecords": "unprocessed",
    "unprocessedRecords": "unprocessed",
}


class BulkIngest:
    def __init__(self, service: Service) -> None:
        self.service, self.org, self.store = service, service.org, service.org.store
        self._waiting: list[str] | None = None

    def add_routes(self) -> None:
        route = self.service.route
        route("POST", "/jobs/ingest", self.create)
        route("GET", "/jobs/ingest", self.list_jobs)
        route("GET", "/jobs/ingest/{job}", self.get)
        route("PATCH", "/jobs/ingest/{job}", self.close)
        route("DELETE", "/jobs/ingest/{job}", self.delete)
        route("PUT", "/jobs/ingest/{job}/batches", self.upload)
        for path, kind in _RESULTS.items():
            route("GET", f"/jobs/ingest/{{job}}/{path}", partial(self.results, kind=kind))
        self.service.app.controls["bulk"] = self._control

    # --- jobs ---

    def create(self, request: Request) -> Response:
        body = body_object(request)
        view = self.org.view(str(body.get("object")))
        operation = body.get("operation")
        if view is None:
            raise Refusal("INVALIDENTITY", f"Unable to find object: {body.get('object')}")
        if operation not in OPERATIONS:
            raise Refusal("INVALIDJOB", f"Invalid operation: {operation}")
        if operation == "hardDelete":
            raise Refusal("FEATURENOTENABLED", "hardDelete operation requires special user profile permission")
        key = body.get("externalIdFieldName")
        if operation == "upsert":
            found = view.field(str(key))
            if found is None or not (found.is_key or found.name == "Id"):
                raise Refusal("INVALIDJOB", f"External ID field not found or not an external id: {key}")
        now = stamp(self.store.clock.now_ms())
        job_id = ids.encode("750", self.store.next_ids(1)[0])
        job = {
            "id": job_id, "operation": operation, "object": view.sobject.name, "createdById": self.org.user_id,
            "createdDate": now, "systemModstamp": now, "state": "Open", "concurrencyMode": "Parallel",
            "contentType": "CSV", "apiVersion": float(request.params["version"]),
            "contentUrl": f"{base(request)[1:]}/jobs/ingest/{job_id}/batches",
            "lineEnding": body.get("lineEnding", "LF"), "columnDelimiter": body.get("columnDelimiter", "COMMA"),
        }  # fmt: skip
        if operation == "upsert":
            job["externalIdFieldName"] = key
        self._keep(job)
        return reply(200, job)

    def list_jobs(self, request: Request) -> Response:
        jobs = list(self.store.things("ingest").values())
        return reply(200, {"done": True, "records": [_shown(job) for job in jobs], "nextRecordsUrl": None})

    def get(self, request: Request) -> Response:
        job = self._job(request)
        return reply(200, _shown(job) | _counts(job))

    def upload(self, request: Request) -> Response:
        """One upload per job."""
        job = self._job(request)
        if job["state"] != "Open" or job.get("uploaded"):
            raise Refusal("INVALIDJOBSTATE", f"Found multiple contents for job: <{job['id']}>, or the job is not open")
        if len(request.body) > MAX_UPLOAD:
            raise Refusal("CONTENTTOOLARGE", "The job data exceeds 150 MB")
        text = request.body.decode("utf-8-sig")
        pieces = 0
        for piece in _pieces(bulkcsv.rows(text, job["columnDelimiter"])):
            self.store.put(f"upload/{job['id']}", f"{pieces:06d}", {"rows": piece})
            pieces += 1
        self._keep(job | {"uploaded": True, "pieces": pieces})
        return Response(201, b"")

    def close(self, request: Request) -> Response:
        job = self._job(request)
        state = body_object(request).get("state")
        if state not in ("UploadComplete", "Aborted"):
            raise Refusal("INVALIDJOB", f"Invalid job state: {state}")
        if job["state"] != "Open" and not (state == "Aborted" and job["state"] not in ENDED):
            raise Refusal("INVALIDJOBSTATE", f"Job is not in the Open state: {job['state']}")
        job["state"] = state
        self._keep(job)
        if state == "UploadComplete":
            self._pending().append(job["id"])
        return reply(200, _shown(job))

    def delete(self, request: Request) -> Response:
        job = self._job(request)
        if job["state"] not in (*ENDED, "Open", "UploadComplete"):
            raise Refusal("INVALIDJOBSTATE", f"Job is still being processed: {job['state']}")
        self.store.remove("ingest", job["id"])
        return Response(204)

    def results(self, request: Request, kind: str) -> Response:
        """CSV, rows in no order that could be relied on."""
        job = self._job(request)
        if job["state"] not in ENDED:
            raise Refusal("INVALIDJOBSTATE", f"Job is not complete: {job['state']}")
        extra = {"successful": ["sf__Id", "sf__Created"], "failed": ["sf__Id", "sf__Error"], "unprocessed": []}[kind]
        delimiter, ending = job["columnDelimiter"], job["lineEnding"]

        def body() -> Iterator[bytes]:
            yield bulkcsv.write([[*extra, *job.get("header", ())]], delimiter, ending).encode()
            for name in _names(job):
                if found := self.store.thing(f"results/{job['id']}/{kind}", name):
                    yield bulkcsv.write(found["rows"], delimiter, ending).encode()

        return Response(200, body(), content_type="text/csv")

    # --- the work ---

    def advance(self) -> None:
        """Work on the oldest waiting job, as far as one internal batch goes, in a transaction of its own."""
        if self._pending():
            with self.store.transaction():
                self._advance(self._pending())

    def _advance(self, waiting: list[str]) -> None:
        job = self.store.thing("ingest", waiting[0])
        if job is None or job["state"] in ENDED:
            waiting.pop(0)
            return
        if job["state"] == "UploadComplete":
            self._start(job)
        else:
            self._work(job)
        self._keep(job)

    def _start(self, job: Doc) -> None:
        first = self.store.thing(f"upload/{job['id']}", f"{0:06d}") or {"rows": []}
        job |= {"state": "InProgress", "done": 0, "failed": 0, "piece": 0, "pieces": job.get("pieces", 0)}
        job["header"] = first["rows"][0] if first["rows"] else []
        view = self.service.view(job["object"])
        try:
            if not job["header"]:
                raise Refusal("InvalidBatch", "The CSV has no header")
            bulkcsv.check_header(view, job["header"])
            if job["operation"] == "delete" and [name.lower() for name in job["header"]] != ["id"]:
                raise Refusal("InvalidBatch", "The 'delete' batch must contain only ids")
        except Refusal as refusal:
            job |= {"state": "Failed", "errorMessage": f"{refusal.code} : {refusal.message}"}

    def _work(self, job: Doc) -> None:
        number = job["piece"]
        piece = self.store.thing(f"upload/{job['id']}", f"{number:06d}") or {"rows": []}
        lines = piece["rows"][1:] if number == 0 else piece["rows"]
        stop = (self.store.thing("bulk", "fail") or {}).get("records")
        rest: list[list[str]] = []
        if stop is not None and job["done"] + len(lines) > stop:
            lines, rest = lines[: stop - job["done"]], lines[stop - job["done"] :]
        for start in range(0, len(lines), CHUNK):
            self._save(job, lines[start : start + CHUNK], f"{number:06d}-{start:06d}")
        job["piece"] += 1
        if rest:
            self._add(job, "unprocessed", f"{number:06d}-{0:06d}", rest)
            job |= {"state": "Failed", "errorMessage": "InternalServerError : retries exhausted"}
            self.store.remove("bulk", "fail")
        elif job["piece"] >= job["pieces"]:
            job["state"] = "JobComplete"

    def _save(self, job: Doc, lines: list[list[str]], name: str) -> None:
        view, header = self.service.view(job["object"]), job["header"]
        records = [bulkcsv.record(header, line) for line in lines]
        rows = self._write(job, view, records)
        good = [[row.id, row.created, *line] for row, line in zip(rows, lines, strict=True) if row.ok]
        bad = [[row.id, _error(row), *line] for row, line in zip(rows, lines, strict=True) if not row.ok]
        job["done"] += len(rows)
        job["failed"] += len(bad)
        self._add(job, "successful", name, good)
        self._add(job, "failed", name, bad)

    def _write(self, job: Doc, view: View, records: list[Doc]) -> list[Row]:
        writer = self.service.writer
        options = SaveOptions(parse_by_row=True)
        match job["operation"]:
            case "insert":
                return writer.insert(view, records, options)
            case "update":
                return writer.update(view, records, options)
            case "delete":
                return writer.delete([str(next(iter(record.values()), "")) for record in records])
        key = view.field(job["externalIdFieldName"]) or view.sobject.fields["Id"]
        return writer.upsert(view, key, records, options)

    def _add(self, job: Doc, kind: str, name: str, lines: list[list[Any]]) -> None:
        if lines:
            random.Random(name).shuffle(lines)
            self.store.put(f"results/{job['id']}/{kind}", name, {"rows": lines})

    # --- state ---

    def _pending(self) -> list[str]:
        """Jobs to work on; read from the store after a restart."""
        if self._waiting is None:
            jobs = self.store.things("ingest").values()
            self._waiting = [job["id"] for job in jobs if job["state"] in ("UploadComplete", "InProgress")]
        return self._waiting

    def _keep(self, job: Doc) -> None:
        job["systemModstamp"] = stamp(self.store.clock.now_ms())
        self.store.put("ingest", job["id"], job)

    def _job(self, request: Request) -> Doc:
        job = self.store.thing("ingest", ids.restore(request.params["job"]) or "")
        if job is None:
            raise not_found()
        return job

    def _control(self, request: Request) -> Response:
        self.store.put("bulk", "fail", {"records": int(request.json()["fail_after_records"])})
        return Response(204)


_INTERNAL = frozenset({"header", "done", "failed", "pieces", "piece", "uploaded"})


def _shown(job: Doc) -> Doc:
    return {key: value for key, value in job.items() if key not in _INTERNAL}


def _counts(job: Doc) -> Doc:
    done = job.get("done", 0)
    return {
        "jobType": "V2Ingest", "numberRecordsProcessed": done, "numberRecordsFailed": job.get("failed", 0),
        "retries": 0, "totalProcessingTime": done // 10, "apiActiveProcessingTime": done // 12,
        "apexProcessingTime": 0, "assignmentRuleId": None,
    }  # fmt: skip


def _pieces(lines: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    """Pieces of one internal batch; the first has the header on top."""
    first = True
    while piece := list(islice(lines, BATCH + first)):
        first = False
        yield piece


def _names(job: Doc) -> Iterator[str]:
    """Names of result pieces, last first: as good an order as any."""
    for number in reversed(range(job.get("pieces", 0))):
        for start in range(0, BATCH, CHUNK):
            yield f"{number:06d}-{start:06d}"


def _error(row: Row) -> str:
    if row.refusal is None:
        return ""
    return f"{row.refusal.code}:{row.refusal.message}:{' '.join(row.refusal.fields)} --"
