"""Notes (v1)."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, body_of, record_id, success, v1_page, v1_time

_LINKS = ("deal_id", "person_id", "org_id", "lead_id", "project_id", "task_id")


class Notes:
    def __init__(self, pipedrive: Pipedrive) -> None:
        self.pipedrive, self.store = pipedrive, pipedrive.store

    def add_routes(self) -> None:
        self.pipedrive.v1("GET", "/notes")(self.listing)
        self.pipedrive.v1("POST", "/notes")(self.create)
        self.pipedrive.v1("GET", "/notes/{id}")(self.show)
        self.pipedrive.v1("PUT", "/notes/{id}")(self.change)
        self.pipedrive.v1("DELETE", "/notes/{id}")(self.delete)

    def listing(self, request: Request) -> Response:
        rows = list(self.store.scan("notes"))
        for name in _LINKS:
            if wanted := request.first(name):
                rows = [record for record in rows if str(record.doc.get(name)) == wanted]
        return v1_page(request, [_shown(record) for record in rows])

    def create(self, request: Request) -> Response:
        body = body_of(request)
        if not body.get("content") or not any(body.get(name) for name in _LINKS):
            raise errors.refuse(400, "content and at least one of deal_id, person_id, org_id, lead_id are required")
        now = self.store.clock.now_ms()
        doc = {"user_id": self.pipedrive.user_id, "add_time": v1_time(now), **body}
        record = Record(self.store.next_ids(1)[0], doc, now, now)
        self.store.insert("notes", [record])
        return success(_shown(record))

    def show(self, request: Request) -> Response:
        return success(_shown(self._known(request)))

    def change(self, request: Request) -> Response:
        record = self._known(request)
        changed = record._replace(doc={**record.doc, **body_of(request)}, modified=self.store.clock.now_ms())
        self.store.update("notes", [changed])
        return success(_shown(changed))

    def delete(self, request: Request) -> Response:
        self.store.archive("notes", [self._known(request).id])
        return success(True)

    def _known(self, request: Request) -> Record:
        record = self.store.get("notes", record_id(request.params["id"]))
        if record is None or record.archived:
            raise errors.not_found("Note not found")
        return record


def _shown(record: Record) -> dict[str, Any]:
    return {"id": record.id, "active_flag": True, **record.doc, "update_time": v1_time(record.modified)}
