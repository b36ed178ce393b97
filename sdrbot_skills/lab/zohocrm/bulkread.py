"""/crm/bulk/{version}/read: a job that writes a module into a zip of one CSV (OpenAPI v8 "bulk-read", vendor doc "Bulk Read").

A job is `ADDED`, at the first look `IN PROGRESS`, at the next `COMPLETED`. The column of ids is called `Id`, all others by their API names.
"""

import csv
import io
import zipfile
from typing import Any

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.zohocrm.errors import refusal
from sdrbot_skills.lab.zohocrm.org import Module, Org
from sdrbot_skills.lab.zohocrm.reading import Reader

PER_PAGE = 200_000
MOST_FIELDS = 200
FEW = "few_per_page"
"""A variant for tests: pages of three records."""


class BulkRead:
    def __init__(self, app: App, org: Org, reader: Reader) -> None:
        self.org, self.reader, self.store = org, reader, org.store
        self.per_page = 3 if FEW in app.options.variants else PER_PAGE
        for methods, path, handler in (
            ("POST", "/read", self.create),
            ("GET", "/read/{job}", self.show),
            ("GET", "/read/{job}/result", self.result),
        ):
            app.router.add(methods, f"/crm/bulk/{{version:v[2-8]}}{path}", handler)

    def create(self, request: Request) -> Response:
        body = request.json()
        query = body.get("query") or {}
        module = self.org.module(str((query.get("module") or {}).get("api_name")))
        if module is None:
            raise refusal("INVALID_MODULE", {"api_name": "module"})
        unknown = [name for name in query.get("fields") or () if name not in module.names]
        if unknown or len(query.get("fields") or ()) > MOST_FIELDS or body.get("file_type", "csv") != "csv":
            raise refusal("INVALID_DATA", {"api_name": unknown[0] if unknown else "fields"})
        job = str(self.org.new_id())
        page = int(query.get("page") or 1)
        fields = query.get("fields") or list(module.names)
        made = {"module": module.api_name, "fields": fields, "page": page, "state": "ADDED", "at": self._now()}
        self.store.put("bulk_read", job, made)
        details = {
            "id": job,
            "operation": "read",
            "state": "ADDED",
            "created_by": self._me(),
            "created_time": made["at"],
        }
        told = {"status": "success", "code": "ADDED_SUCCESSFULLY", "message": "Added successfully.", "details": details}
        return reply(201, {"data": [told], "info": {}})

    def show(self, request: Request) -> Response:
        job, made = self._asked(request)
        made["state"] = {"ADDED": "IN PROGRESS"}.get(made["state"], "COMPLETED")
        self.store.put("bulk_read", job, made)
        module = self.org.modules()[made["module"]]
        query = {
            "module": {"api_name": module.api_name, "id": str(module.id)},
            "fields": made["fields"],
            "page": made["page"],
        }
        told: dict[str, Any] = {
            "id": job,
            "operation": "read",
            "state": made["state"],
            "query": query,
            "created_by": self._me(),
            "created_time": made["at"],
            "file_type": "csv",
        }
        if made["state"] == "COMPLETED":
            told["result"] = self._figures(request, module, made)
        return reply(200, {"data": [told]})

    def _figures(self, request: Request, module: Module, made: dict[str, Any]) -> dict[str, Any]:
        behind = self.store.total(module.api_name) - (made["page"] - 1) * self.per_page
        return {
            "page": made["page"],
            "per_page": self.per_page,
            "count": max(0, min(behind, self.per_page)),
            "download_url": f"{request.path}/result",
            "more_records": behind > self.per_page,
        }

    def result(self, request: Request) -> Response:
        job, made = self._asked(request)
        if made["state"] != "COMPLETED":
            raise refusal("RESOURCE_NOT_FOUND", {"resource": job})
        module = self.org.modules()[made["module"]]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{job}.csv", self._csv(module, made))
        return Response(200, packed.getvalue(), {}, "application/zip")

    def _csv(self, module: Module, made: dict[str, Any]) -> str:
        names = [name for name in made["fields"] if name != "id"]
        start = (made["page"] - 1) * self.per_page
        ids = list(self.store.ids(module.api_name))[start : start + self.per_page]
        records = self.store.get_many(module.api_name, ids)
        text = io.StringIO(newline="")
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(["Id", *names])
        for one in ids:
            row = self.reader.row(module, records[one], names, whole=True)
            lines.writerow([one, *(_cell(row[name]) for name in names)])
        return text.getvalue()

    def _asked(self, request: Request) -> tuple[str, dict[str, Any]]:
        job = request.params["job"]
        made = self.store.thing("bulk_read", job)
        if made is None:
            raise refusal("RESOURCE_NOT_FOUND", {"resource": job})
        return job, made

    def _me(self) -> dict[str, str]:
        me = self.org.me()
        return {"id": me["id"], "name": f"{me['first']} {me['last']}"}

    def _now(self) -> str:
        return self.reader.values.moment(self.store.clock.now_ms())


def _cell(value: Any) -> str:
    """A looked-up record or user by its id alone, several values joined by semicolons."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return str(value["id"])
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)
