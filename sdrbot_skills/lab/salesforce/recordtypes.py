"""Record types by the Tooling API (vendor doc "Tooling API: RecordType"): GET, POST, PATCH; no DELETE."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.errors import Refusal, not_found
from sdrbot_skills.lab.salesforce.service import Service, base, body_object

Doc = dict[str, Any]
WITH_PROCESS = frozenset({"Lead", "Opportunity", "Case", "Solution"})


class RecordTypes:
    def __init__(self, service: Service) -> None:
        self.org, self.store = service.org, service.org.store
        service.route("POST", "/tooling/sobjects/RecordType", self.create)
        service.route("GET", "/tooling/sobjects/RecordType/{id}", self.get)
        service.route("PATCH", "/tooling/sobjects/RecordType/{id}", self.update)

    def create(self, request: Request) -> Response:
        sobject, name, metadata = _spec(body_object(request))
        if self.org.sobject(sobject) is None:
            raise Refusal("FIELD_INTEGRITY_EXCEPTION", f"{sobject} is not an object", ["FullName"])
        if sobject in WITH_PROCESS and not metadata.get("businessProcess"):
            raise Refusal("REQUIRED_FIELD_MISSING", "Required fields are missing: [BusinessProcess]", ["Metadata"])
        if any(row.doc["DeveloperName"] == name and row.doc["SobjectType"] == sobject for row in self._rows()):
            raise Refusal("DUPLICATE_DEVELOPER_NAME", f"Duplicate record type name: {name}", ["DeveloperName"])
        number, now = self.store.next_ids(1)[0], self.store.clock.now_ms()
        doc = {"SobjectType": sobject, "DeveloperName": name, **_columns(metadata)}
        self.store.insert("RecordType", [Record(number, doc, now, now)])
        self.org.changed()
        made = {"id": ids.encode("012", number), "success": True, "errors": [], "warnings": [], "infos": []}
        return reply(201, made)

    def get(self, request: Request) -> Response:
        row = self._row(request.params["id"])
        shown = ids.encode("012", row.id)
        metadata = {"label": row.doc["Name"], "active": row.doc["IsActive"], "description": row.doc.get("Description")}
        return reply(200, {
            "attributes": {"type": "RecordType", "url": f"{base(request)}/tooling/sobjects/RecordType/{shown}"},
            "Id": shown, "FullName": f"{row.doc['SobjectType']}.{row.doc['DeveloperName']}", "Name": row.doc["Name"],
            "SobjectType": row.doc["SobjectType"], "IsActive": row.doc["IsActive"], "Metadata": metadata,
        })  # fmt: skip

    def update(self, request: Request) -> Response:
        row = self._row(request.params["id"])
        full = f"{row.doc['SobjectType']}.{row.doc['DeveloperName']}"
        metadata = _spec({"FullName": full} | body_object(request))[2]
        self.store.update("RecordType", [row._replace(doc=row.doc | _columns(metadata))])
        self.org.changed()
        return Response(204)

    def _rows(self) -> list[Record]:
        return list(self.store.scan("RecordType"))

    def _row(self, text: str) -> Record:
        place = ids.decode(text) if ids.is_id(text) else None
        found = [row for row in self._rows() if place == ("012", row.id)]
        if not found:
            raise not_found()
        return found[0]


def _columns(metadata: Doc) -> Doc:
    return {
        "Name": metadata["label"], "IsActive": metadata.get("active") is not False,
        "Description": metadata.get("description"),
    }  # fmt: skip


def _spec(body: Doc) -> tuple[str, str, Doc]:
    full, metadata = str(body.get("FullName") or ""), body.get("Metadata")
    sobject, dot, name = full.partition(".")
    if not dot or not isinstance(metadata, dict) or not metadata.get("label"):
        raise Refusal(
            "REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName, Metadata, label]", ["FullName"]
        )
    return sobject, name, metadata
