"""/crm/{version}/upload and /crm/bulk/{version}/write: a file of up to 25,000 rows, the job that writes them, its result (OpenAPI v8 "upload",
"bulk-write"; vendor docs "Create Bulk Write Job", "Download Bulk Write Result", "Limitations").

In the vendor's world file and result have hosts of their own; here everything is on one port. A job is `ADDED`, then `INPROGRESS`; each request
that reaches the emulator, whatever it is, moves the oldest job on by one piece. Its result has the first three mapped columns of each row, then
STATUS (ADDED, UPDATED, SKIPPED, UNPROCESSED), RECORD_ID and ERRORS (`CODE-column`).
"""

from collections.abc import Iterator
from typing import Any

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.zohocrm import bulkfile
from sdrbot_skills.lab.zohocrm.bulkvalues import Cells, strptime_of
from sdrbot_skills.lab.zohocrm.errors import RowError, refusal
from sdrbot_skills.lab.zohocrm.org import Module, Org
from sdrbot_skills.lab.zohocrm.writing import NEVER_UPSERTED, Writer

MOST_ROWS = 25_000
MOST_COLUMNS = 200
SHOWN = 3
FEATURE = "bulk-write"
OPERATIONS = ("insert", "update", "upsert")
ENDED = ("COMPLETED", "FAILED")
DONE = {"record added": "ADDED", "record updated": "UPDATED"}


class BulkWrite:
    def __init__(self, app: App, org: Org, writer: Writer) -> None:
        self.app, self.org, self.writer, self.store = app, org, writer, org.store
        for methods, path, handler in (
            ("POST", "/crm/{version:v[2-8]}/upload", self.upload),
            ("POST", "/crm/bulk/{version:v[2-8]}/write", self.create),
            ("GET", "/crm/bulk/{version:v[2-8]}/write/{job}", self.show),
            ("GET", "/{version:v[2-8]}/crm/{org}/bulk-write/{job}/{file}", self.result),
        ):
            app.router.add(methods, path, handler)
        app.controls["bulk"] = self._control

    def upload(self, request: Request) -> Response:
        if request.headers.get("feature") != FEATURE:
            raise refusal("NOT_SUPPORTED_FEATURE", {"feature": request.headers.get("feature", "")})
        if request.headers.get("X-CRM-ORG") != self.org.zgid:
            raise refusal("INVALID_DATA", {"header": "X-CRM-ORG"})
        file_id = str(self.org.new_id())
        bulkfile.keep(self.store, file_id, bulkfile.uploaded(request))
        details = {"file_id": file_id, "created_time": self._now()}
        told = {"status": "success", "code": "FILE_UPLOAD_SUCCESS", "message": "file uploaded.", "details": details}
        return reply(200, told)

    # --- jobs ---

    def create(self, request: Request) -> Response:
        body = request.json()
        resource = self._resource(body)
        module, mappings = self._module(resource), resource.get("field_mappings") or []
        known = self._file(resource)
        if not mappings:
            mappings = [{"api_name": name, "index": number} for number, name in enumerate(known["columns"])]
        self._check_mappings(module, mappings, known, body["operation"])
        job = str(self.org.new_id())
        kept = {
            "operation": body["operation"], "module": module.api_name, "file": resource["file_id"], "at": self._now(),
            "find_by": resource.get("find_by"), "mappings": mappings, "callback": body.get("callback"), "piece": 0,
            "ignore_empty": bool(resource.get("ignore_empty", body.get("ignore_empty", False))), "status": "ADDED",
            "counts": {"ADDED": 0, "UPDATED": 0, "SKIPPED": 0, "UNPROCESSED": 0}, "total": known["rows"],
        }  # fmt: skip
        self.store.put("bulk_write", job, kept)
        self.store.put("bulk_waiting", job, {})
        details = {"id": job, "created_by": self._me()}
        return reply(201, {"status": "success", "code": "SUCCESS", "message": "success", "details": details})

    def _resource(self, body: Any) -> dict[str, Any]:
        """The one module of the job. Raises what the vendor answers to a body that cannot be a job."""
        if not isinstance(body, dict) or body.get("operation") is None:
            words = "required key operation is not found in request body."
            raise refusal("MISSING_REQUIRED_KEY", {"json_path": "$.operation"}, words)
        callback = body.get("callback") or {"url": "https://", "method": "post"}
        if callback.get("method") != "post":
            raise refusal("INVALID_CALLBACK_METHOD", {"supported_callback_methods": ["post"]})
        if not str(callback.get("url")).startswith(("https://", "http://")):
            raise refusal("INVALID_CALLBACK_URL")
        resources = body.get("resource")
        if body["operation"] not in OPERATIONS or not isinstance(resources, list) or len(resources) != 1:
            raise refusal("INVALID_DATA", {"api_name": "resource"})
        resource: dict[str, Any] = resources[0]
        for name in ("type", "module", "file_id"):
            if not resource.get(name):
                path = f"$.resource[0].{name}"
                raise refusal("MISSING_REQUIRED_KEY", {"json_path": path}, f"required key {name} is not found")
        if body["operation"] != "insert" and not resource.get("find_by"):
            raise refusal("MANDATORY_NOT_FOUND", message="Required key find_by is not available")
        return resource

    def _module(self, resource: dict[str, Any]) -> Module:
        name = str(resource["module"].get("api_name"))
        module = self.org.module(name)
        if module is None or name in NEVER_UPSERTED:
            raise refusal("MODULE_NOT_AVAILABLE", {}, f"Requested module '{name}' is not available.")
        find_by = resource.get("find_by")
        allowed = {"id", module.duplicate_check, *(one.api_name for one in module.uniques())}
        if find_by is not None and find_by not in allowed:
            raise refusal("INVALID_DATA", {"api_name": "find_by", "supported_values": sorted(filter(None, allowed))})
        return module

    def _file(self, resource: dict[str, Any]) -> dict[str, Any]:
        known = self.store.thing("bulk_file", str(resource["file_id"]))
        if known is None:
            raise refusal("FILE_NOT_FOUND", {}, "improper file id")
        if len(known["names"]) != 1 or known["rows"] > MOST_ROWS or known["bytes"] > bulkfile.MOST_BYTES:
            raise refusal("FILE_NOT_SUPPORTED", {}, "File not supported for bulk write")
        if resource.get("file_names", known["names"]) != known["names"]:
            raise refusal("FILE_NOT_FOUND", {"file_names": known["names"]})
        return known

    def _check_mappings(
        self, module: Module, mappings: list[dict[str, Any]], known: dict[str, Any], operation: str
    ) -> None:
        if len(known["columns"]) > MOST_COLUMNS:
            raise refusal("INVALID_DATA", {"header_limit": MOST_COLUMNS})
        for mapping in mappings:
            name, index = str(mapping.get("api_name")), mapping.get("index")
            if name not in module.names and name not in ("id", "Layout"):
                raise refusal("INVALID_DATA", {}, f"invalid mapping. invalid api_name {name}.")
            if ("default_value" not in mapping) if index is None else index >= len(known["columns"]):
                raise refusal("INVALID_DATA", {}, f"required key index for field {name} is not found in request body.")
            if mapping.get("format"):
                strptime_of(mapping["format"])
        mapped = {mapping["api_name"] for mapping in mappings}
        if operation != "update" and any(one.mandatory and one.api_name not in mapped for one in module.fields):
            words = "All mandatory fields are not mapped for the layout"
            raise refusal("MANDATORY_FIELDS_NOT_MAPPED", {}, words)

    def show(self, request: Request) -> Response:
        job, kept = self._asked(request)
        told: dict[str, Any] = {
            "status": kept["status"], "character_encoding": "UTF-8", "resource": [self._told(kept)], "id": job,
            "created_by": self._me(), "operation": kept["operation"], "created_time": kept["at"],
        }  # fmt: skip
        if kept["callback"]:
            told["callback"] = kept["callback"]
        if kept["status"] in ENDED:
            path = f"/{request.params['version']}/crm/{self.org.zgid}/bulk-write/{job}/{job}.zip"
            told["result"] = {"download_url": f"{self.app.base_url}{path}"}
        return reply(200, told)

    def _told(self, kept: Doc) -> dict[str, Any]:
        module, counts = self.org.modules()[kept["module"]], kept["counts"]
        known = self.store.thing("bulk_file", kept["file"]) or {}
        status = "SKIPPED" if kept["status"] == "FAILED" else kept["status"]
        optional = ("format", "find_by", "module", "parent_column_index")
        return {
            "status": status,
            "type": "data",
            "module": {"api_name": module.api_name, "id": str(module.id)},
            "ignore_empty": kept["ignore_empty"],
            "field_mappings": [{**dict.fromkeys(optional), **mapping} for mapping in kept["mappings"]],
            "file": {
                "status": status, "name": known["names"][0], "total_count": kept["total"],
                "added_count": counts["ADDED"], "updated_count": counts["UPDATED"], "skipped_count": counts["SKIPPED"],
            },
        }  # fmt: skip

    def result(self, request: Request) -> Response:
        job, kept = self._asked(request)
        if kept["status"] not in ENDED or request.params["org"] != self.org.zgid:
            raise refusal("RESOURCE_NOT_FOUND", {"resource": job})
        known = self.store.thing("bulk_file", kept["file"]) or {}
        name = f"{kept['module']}-{known['names'][0]}"
        return Response(200, bulkfile.zipped(name, self._lines(job, kept, known)), {}, "application/zip")

    def _lines(self, job: str, kept: Doc, known: Doc) -> Iterator[list[str]]:
        shown = [mapping["index"] for mapping in kept["mappings"] if mapping.get("index") is not None][:SHOWN]
        yield [*(known["columns"][place] for place in shown), "STATUS", "RECORD_ID", "ERRORS"]
        results = self.store.things(f"bulk_results/{job}")
        for number in range(len(results) or 1):
            told = results.get(f"{number:06d}", {"rows": []})["rows"]
            lines = bulkfile.piece(self.store, kept["file"], number)
            for line, outcome in zip(lines, told, strict=True):
                yield [*(line[place] for place in shown), *outcome]

    # --- the work ---

    def advance(self) -> None:
        """Move the oldest job on by one piece, in a transaction of its own."""
        with self.store.transaction():
            waiting = self.store.things("bulk_waiting")
            job = next(iter(waiting), None)
            kept = self.store.thing("bulk_write", job) if job else None
            if job is None or kept is None:
                return
            if kept["status"] == "ADDED":
                kept["status"] = "INPROGRESS"
            else:
                self._work(job, kept)
            self.store.put("bulk_write", job, kept)
            if kept["status"] in ENDED:
                self.store.remove("bulk_waiting", job)

    def _work(self, job: str, kept: Doc) -> None:
        lines = bulkfile.piece(self.store, kept["file"], kept["piece"])
        stop = (self.store.thing("bulk", "fail") or {}).get("records")
        done = kept["piece"] * bulkfile.PIECE
        ends = stop is not None and done + len(lines) > stop
        module = self.org.modules()[kept["module"]]
        cells = Cells(self.org, module, kept["mappings"], ignore_empty=kept["ignore_empty"])
        columns = (self.store.thing("bulk_file", kept["file"]) or {})["columns"]
        header = {one["api_name"]: columns[one["index"]] for one in kept["mappings"] if one.get("index") is not None}
        told = []
        for number, line in enumerate(lines):
            past = ends and stop is not None and done + number >= stop
            told.append(["UNPROCESSED", "", ""] if past else self._written(module, kept, cells, header, line))
            kept["counts"][told[-1][0]] += 1
        self.store.put(f"bulk_results/{job}", f"{kept['piece']:06d}", {"rows": told})
        kept["piece"] += 1
        if ends:
            kept["status"] = "FAILED"
            self.store.remove("bulk", "fail")
        elif kept["piece"] * bulkfile.PIECE >= kept["total"]:
            kept["status"] = "COMPLETED"

    def _written(self, module: Module, kept: Doc, cells: Cells, header: dict[str, str], line: list[str]) -> list[str]:
        """STATUS, RECORD_ID and ERRORS of one line."""
        try:
            row = cells.row(line)
        except RowError as error:
            return _skipped(error.entry, header)
        find_by = str(kept["find_by"] or "")
        if kept["operation"] == "upsert" and find_by != "id":
            entry = self.writer.upsert(module, [row], [find_by])[0]
        elif kept["operation"] == "insert":
            if find_by and self.writer.holder(module, find_by, row.get(find_by)):
                return ["SKIPPED", "", ""]
            entry = self.writer.insert(module, [row])[0]
        else:
            found = str(row.get("id") or "") if find_by == "id" else self.writer.holder(module, find_by, row[find_by])
            entry = self.writer.update(module, [{**row, "id": found or "0"}])[0]
        if entry["code"] != "SUCCESS":
            return _skipped(entry, header)
        return [DONE[entry["message"]], entry["details"]["id"], ""]

    # --- state ---

    def _asked(self, request: Request) -> tuple[str, Doc]:
        job = request.params["job"]
        kept = self.store.thing("bulk_write", job)
        if kept is None:
            raise refusal("RESOURCE_NOT_FOUND", {"resource": job})
        return job, kept

    def _control(self, request: Request) -> Response:
        self.store.put("bulk", "fail", {"records": int(request.json()["fail_after_records"])})
        return Response(204)

    def _me(self) -> dict[str, str]:
        me = self.org.me()
        return {"id": me["id"], "name": f"{me['first']} {me['last']}"}

    def _now(self) -> str:
        return self.writer.values.moment(self.store.clock.now_ms())


def _skipped(entry: dict[str, Any], header: dict[str, str]) -> list[str]:
    name = str((entry.get("details") or {}).get("api_name") or "")
    return ["SKIPPED", "", f"{entry['code']}-{header.get(name, name)}"]
