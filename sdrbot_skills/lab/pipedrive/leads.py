"""Leads (v1): ids are UUIDs, custom fields stand flat at the root under the hashes of deals, times have milliseconds."""

from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.pipedrive import errors, values
from sdrbot_skills.lab.pipedrive.fields import Fields
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, body_of, lead_time, success, v1_page

_KNOWN = [
    "title",
    "owner_id",
    "label_ids",
    "person_id",
    "organization_id",
    "value",
    "expected_close_date",
    "visible_to",
    "was_seen",
    "is_archived",
    "origin_id",
    "channel",
    "channel_id",
]
_MISSING = "requested lead not found"


class Leads:
    def __init__(self, pipedrive: Pipedrive, fields: Fields) -> None:
        self._pipedrive, self._store, self._fields = pipedrive, pipedrive.store, fields

    def uuid(self, number: int) -> str:
        return str(uuid5(NAMESPACE_OID, f"{self._pipedrive.app.options.name}/lead/{number}"))

    def find(self, request: Request) -> Record:
        ids = self._store.find("leads", "uuid", [request.params["id"]]).get(request.params["id"], [])
        record = self._store.get("leads", ids[0]) if ids else None
        if record is None or record.archived:
            raise errors.not_found(_MISSING)
        return record

    def save(self, body: dict[str, Any], record: Record | None) -> Record:
        doc = {**(record.doc if record else {}), **self._checked(body, new=record is None)}
        if not doc.get("title"):
            raise errors.refuse(400, "title is required", code="ERR_SCHEMA_VALIDATION_FAILED")
        if doc.get("person_id") is None and doc.get("organization_id") is None:
            raise errors.refuse(400, "A lead must be linked to a person or an organization")
        now = self._store.clock.now_ms()
        if record is not None:
            changed = record._replace(doc=doc, modified=now)
            self._store.update("leads", [changed])
            return changed
        doc.setdefault("owner_id", self._pipedrive.user_id)
        (number,) = self._store.next_ids(1)
        made = Record(number, {**doc, "uuid": self.uuid(number)}, now, now)
        self._store.insert("leads", [made])
        self._store.add_keys("leads", [("uuid", made.doc["uuid"], number)])
        return made

    def _checked(self, body: dict[str, Any], *, new: bool) -> dict[str, Any]:
        """A new lead is open: only a change puts it into the archive."""
        custom = self._fields.custom("dealFields")
        for key, value in body.items():
            if key in custom:
                values.custom(key, custom[key], value)
            elif key not in _KNOWN or (key == "is_archived" and new):
                raise errors.refuse(400, f"{key} is not allowed", code="ERR_SCHEMA_VALIDATION_FAILED")
        for key, target in (("person_id", "persons"), ("organization_id", "organizations")):
            if body.get(key) is not None and not self._store.alive(target, [values.integer(key, body[key])]):
                raise errors.not_found(f"{key} was not found")
        money = body.get("value")
        if money is not None and (not isinstance(money, dict) or set(money) != {"amount", "currency"}):
            raise errors.refuse(400, "value needs amount and currency")
        if "visible_to" in body and not isinstance(body["visible_to"], str):
            raise errors.refuse(400, "visible_to must be a string")
        return body

    def shown(self, record: Record) -> dict[str, Any]:
        doc, custom = record.doc, self._fields.custom("dealFields")
        usual = {"creator_id": self._pipedrive.user_id, "source_name": "API", "origin": "API", "next_activity_id": None}
        shown = {key: doc.get(key) for key in _KNOWN}
        shown |= {"label_ids": doc.get("label_ids") or [], "visible_to": doc.get("visible_to", "3")}
        shown |= {"was_seen": bool(doc.get("was_seen")), "is_archived": bool(doc.get("is_archived"))}
        times = {"add_time": lead_time(record.created), "update_time": lead_time(record.modified)}
        flat = {code: doc[code] for code in custom if doc.get(code) is not None}
        return {"id": doc["uuid"], **shown, **usual, "source_deal_id": None, **times, "cc_email": None, **flat}


def add_routes(pipedrive: Pipedrive, fields: Fields) -> None:
    leads, store = Leads(pipedrive, fields), pipedrive.store

    def listing(request: Request, *, archived: bool) -> Response:
        rows = [record for record in store.scan("leads") if bool(record.doc.get("is_archived")) is archived]
        for name in ("owner_id", "person_id", "organization_id"):
            if wanted := request.first(name):
                rows = [record for record in rows if str(record.doc.get(name)) == wanted]
        if since := "" if archived else request.first("updated_since"):
            first = round(datetime.fromisoformat(since).timestamp() * 1000)
            rows = [record for record in rows if record.modified >= first]
        return v1_page(request, [leads.shown(record) for record in rows])

    @pipedrive.v1("GET", "/leads")
    def all_open(request: Request) -> Response:
        return listing(request, archived=False)

    @pipedrive.v1("GET", "/leads/archived")
    def all_archived(request: Request) -> Response:
        return listing(request, archived=True)

    @pipedrive.v1("POST", "/leads")
    def create(request: Request) -> Response:
        return success(leads.shown(leads.save(body_of(request), None)), 201)

    @pipedrive.v1("GET", "/leads/{id}")
    def show(request: Request) -> Response:
        return success(leads.shown(leads.find(request)))

    @pipedrive.v1("PATCH", "/leads/{id}")
    def change(request: Request) -> Response:
        return success(leads.shown(leads.save(body_of(request), leads.find(request))))

    @pipedrive.v1("DELETE", "/leads/{id}")
    def delete(request: Request) -> Response:
        record = leads.find(request)
        store.archive("leads", [record.id])
        return success({"id": record.doc["uuid"]})
