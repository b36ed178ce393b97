"""Bulk API 2.0 query jobs (vendor doc "Bulk API 2.0 Query"): a query whose rows are fetched as CSV pages."""

from collections.abc import Iterator, Sequence
from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.salesforce import bulkcsv, ids, soql
from sdrbot_skills.lab.salesforce.columns import Batch
from sdrbot_skills.lab.salesforce.dates import stamp
from sdrbot_skills.lab.salesforce.errors import Refusal, not_found
from sdrbot_skills.lab.salesforce.query import Query, is_aggregate, prepare
from sdrbot_skills.lab.salesforce.service import Service, base, body_object

Doc = dict[str, Any]
PAGE, SLICE = 50_000, 2000
_NEXT = {"UploadComplete": "InProgress", "InProgress": "JobComplete"}


class BulkQuery:
    def __init__(self, service: Service) -> None:
        self.service, self.org, self.store = service, service.org, service.org.store
        self._numbers: dict[str, Sequence[int]] = {}

    def add_routes(self) -> None:
        route = self.service.route
        route("POST", "/jobs/query", self.create)
        route("GET", "/jobs/query/{job}", self.get)
        route("PATCH", "/jobs/query/{job}", self.abort)
        route("DELETE", "/jobs/query/{job}", self.delete)
        route("GET", "/jobs/query/{job}/results", self.results)

    def create(self, request: Request) -> Response:
        body = body_object(request)
        operation, text = body.get("operation"), str(body.get("query", ""))
        if operation not in ("query", "queryAll"):
            raise Refusal("INVALIDJOB", f"Invalid operation: {operation}")
        query = self._prepare(text, operation)
        now = stamp(self.store.clock.now_ms())
        job = {
            "id": ids.encode("750", self.store.next_ids(1)[0]), "operation": operation,
            "object": query.view.sobject.name, "createdById": self.org.user_id, "createdDate": now,
            "systemModstamp": now, "state": "UploadComplete", "concurrencyMode": "Parallel", "contentType": "CSV",
            "apiVersion": float(request.params["version"]), "lineEnding": body.get("lineEnding", "LF"),
            "columnDelimiter": body.get("columnDelimiter", "COMMA"),
        }  # fmt: skip
        self.store.put("queryjob", str(job["id"]), {"shown": job, "query": text})
        return reply(200, job)

    def get(self, request: Request) -> Response:
        """Each look moves the job on by a state."""
        stored = self._stored(request)
        job = stored["shown"]
        if job["state"] in _NEXT:
            job["state"] = _NEXT[job["state"]]
            self.store.put("queryjob", job["id"], stored)
        shown = job | {"jobType": "V2Query", "retries": 0, "totalProcessingTime": 100, "isPkChunkingSupported": True}
        if job["state"] == "JobComplete":
            shown["numberRecordsProcessed"] = len(self._found(stored)[1])
        return reply(200, shown)

    def abort(self, request: Request) -> Response:
        stored = self._stored(request)
        if body_object(request).get("state") != "Aborted" or stored["shown"]["state"] == "JobComplete":
            raise Refusal("INVALIDJOBSTATE", f"Invalid job state: {stored['shown']['state']}")
        stored["shown"]["state"] = "Aborted"
        self.store.put("queryjob", stored["shown"]["id"], stored)
        return reply(200, stored["shown"])

    def delete(self, request: Request) -> Response:
        job = self._stored(request)["shown"]
        self.store.remove("queryjob", job["id"])
        self._numbers.pop(job["id"], None)
        return Response(204)

    def results(self, request: Request) -> Response:
        """The locator of the last page is the word null."""
        stored = self._stored(request)
        job = stored["shown"]
        if job["state"] != "JobComplete":
            raise Refusal("INVALIDJOBSTATE", f"Job is not complete: {job['state']}")
        query, numbers = self._found(stored)
        locator, size = request.first("locator"), request.first("maxRecords") or str(PAGE)
        if (locator and not locator.isdigit()) or not size.isdigit() or int(size) < 1:
            raise Refusal("INVALID_QUERY_LOCATOR", "invalid query locator")
        start = int(locator or 0)
        page = numbers[start : start + int(size)]
        end = start + len(page)
        headers = {
            "Sforce-Locator": str(end) if end < len(numbers) else "null",
            "Sforce-NumberOfRecords": str(len(page)),
            "Content-Location": f"{base(request)}/jobs/query/{job['id']}/results",
        }
        return Response(200, _csv(query, page, job), headers, "text/csv")

    def _prepare(self, text: str, operation: str) -> Query:
        select = soql.parse(text)
        query = prepare(self.service.tables, select, archived=operation == "queryAll")
        if is_aggregate(select) or query.children or select.offset:
            raise Refusal(
                "INVALIDJOB", "Aggregate functions, nested queries and OFFSET are not supported in Bulk Query"
            )
        if any(column.field.type == "address" for column, _ in query.columns):
            raise Refusal("INVALIDJOB", "Selecting compound data not supported in Bulk Query")
        return query

    def _found(self, stored: Doc) -> tuple[Query, Sequence[int]]:
        """The query and its result, which is looked up again after a restart."""
        job = stored["shown"]
        query = self._prepare(stored["query"], job["operation"])
        if job["id"] not in self._numbers:
            self._numbers[job["id"]] = query.numbers()
        return query, self._numbers[job["id"]]

    def _stored(self, request: Request) -> Doc:
        stored = self.store.thing("queryjob", ids.restore(request.params["job"]) or "")
        if stored is None:
            raise not_found()
        return stored


def _csv(query: Query, numbers: Sequence[int], job: Doc) -> Iterator[bytes]:
    delimiter, ending = job["columnDelimiter"], job["lineEnding"]
    header = [".".join(column.path) for column, _ in query.columns]
    yield bulkcsv.write([header], delimiter, ending).encode()
    for start in range(0, len(numbers), SLICE):
        wanted = list(numbers[start : start + SLICE])
        found = query.tables.get_many(query.view.sobject.name, wanted)
        batch = Batch(query.tables, query.view.sobject, [found[number] for number in wanted if number in found])
        columns = [batch.column(column) for column, _ in query.columns]
        yield bulkcsv.write(zip(*columns, strict=True), delimiter, ending).encode()
