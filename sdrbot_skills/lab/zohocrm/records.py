"""The routes of /{module}: write in batches of a hundred, read, count, delete, bring back from the bin."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.zohocrm.errors import refusal
from sdrbot_skills.lab.zohocrm.org import Module, Org
from sdrbot_skills.lab.zohocrm.reading import Reader, number
from sdrbot_skills.lab.zohocrm.writing import NEVER_UPSERTED, Entry, Writer, status_of

MOST = 100
MOST_CHECKS = 10
MOST_RESTORED = 200


class Records:
    def __init__(self, org: Org, reader: Reader, writer: Writer) -> None:
        self.org = org
        self.reader = reader
        self.writer = writer

    def add_routes(self, route: Any) -> None:
        route("POST", "/settings/recycle_bin/actions/restore", self.restore)
        route("GET", "/{module}/actions/count", lambda request: self.reader.count(self.module(request)))
        route(
            "GET",
            "/{module}/actions/fetch_full_data",
            lambda request: self.reader.full_data(self.module(request), request),
        )
        route("GET", "/{module}/deleted", lambda request: self.reader.deleted(self.module(request), request))
        route("GET", "/{module}/search", lambda request: self.reader.search(self.module(request), request))
        route("POST", "/{module}/upsert", self.upsert)
        route("GET", "/{module}/{id}", lambda request: self.reader.single(self.module(request), request.params["id"]))
        route("PUT", "/{module}/{id}", self.update_one)
        route("DELETE", "/{module}/{id}", lambda request: self.delete(request, [request.params["id"]]))
        route("GET", "/{module}", lambda request: self.reader.listed(self.module(request), request))
        route("POST", "/{module}", self.insert)
        route("PUT", "/{module}", self.update)
        route("DELETE", "/{module}", lambda request: self.delete(request, request.first("ids").split(",")))

    def module(self, request: Request) -> Module:
        found = self.org.module(request.params["module"])
        if found is None:
            raise refusal("INVALID_MODULE", {"resource_path_index": 0})
        return found

    def insert(self, request: Request) -> Response:
        entries = self.writer.insert(self.module(request), self._rows(request))
        return self._told(request, entries, 201)

    def update(self, request: Request) -> Response:
        return self._told(request, self.writer.update(self.module(request), self._rows(request)), 200)

    def update_one(self, request: Request) -> Response:
        rows = [{**row, "id": request.params["id"]} for row in self._rows(request)[:1]]
        return self._told(request, self.writer.update(self.module(request), rows), 200)

    def upsert(self, request: Request) -> Response:
        module, rows = self.module(request), self._rows(request)
        if module.api_name in NEVER_UPSERTED:
            raise refusal("INVALID_MODULE", {"resource_path_index": 0})
        asked = request.json().get("duplicate_check_fields")
        if asked is not None:
            self._check_fields(module, asked)
        return self._told(request, self.writer.upsert(module, rows, asked), 200)

    def _check_fields(self, module: Module, asked: list[str]) -> None:
        """The module's own check field and unique fields only."""
        allowed = {module.duplicate_check, *(one.api_name for one in module.uniques())}
        if len(asked) > MOST_CHECKS or not set(asked) <= allowed:
            details = {"api_name": "duplicate_check_fields", "json_path": "$.duplicate_check_fields"}
            raise refusal("INVALID_DATA", {**details, "supported_values": sorted(filter(None, allowed))})

    def delete(self, request: Request, ids: list[str]) -> Response:
        if len(ids) > MOST:
            raise refusal("LIMIT_EXCEEDED", {"limit": MOST, "param_name": "ids"})
        entries = self.writer.delete(self.module(request), ids)
        return reply(status_of(entries, 200), {"data": entries})

    def restore(self, request: Request) -> Response:
        """Back from the bin, whatever the module."""
        ids = [number(str(one)) for one in request.json().get("ids", [])]
        if not ids or len(ids) > MOST_RESTORED:
            raise refusal("INVALID_DATA", {"api_name": "ids", "json_path": "$.ids"})
        back = 0
        for module in self.org.modules().values():
            for record in self.org.store.get_many(module.api_name, ids).values():
                if record.archived:
                    back += self.org.store.archive(module.api_name, [record.id], archived=False)
                    self.writer.reindex(module, record)
        if not back:
            raise refusal("INVALID_DATA", {"api_name": "ids", "json_path": "$.ids"})
        done = {"status": "success", "code": "SUCCESS", "message": "record(s) restored successfully", "details": {}}
        return reply(200, {"recycle_bin": [done]})

    def _rows(self, request: Request) -> list[Any]:
        body = request.json()
        rows = body.get("data") if isinstance(body, dict) else None
        if not isinstance(rows, list) or not rows:
            raise refusal("MANDATORY_NOT_FOUND", {"api_name": "data", "json_path": "$.data"})
        if len(rows) > MOST:
            details = {"api_name": "data", "json_path": "$.data", "maximum_length": MOST}
            raise refusal("INVALID_DATA", details)
        if body.get("trigger") is None:
            # What is not switched off fires: workflows, approvals, blueprints. Counted, so that a test can see it.
            self.org.store.count("automation/fired", len(rows))
        request.context["rows"] = len(rows)
        return rows

    def _told(self, request: Request, entries: list[Entry], all_done: int) -> Response:
        return reply(status_of(entries, all_done), {"data": entries})
