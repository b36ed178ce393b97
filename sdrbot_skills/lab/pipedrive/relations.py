"""Relationships between organizations, which only v1 has. One of type parent leads from the parent (owner) to its daughter (linked)."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, body_of, record_id, success, v1_page, v1_time

RELATION = "relation"
PATH = "/organizationRelationships"

_ENDS = ("rel_owner_org_id", "rel_linked_org_id")


class Relations:
    def __init__(self, pipedrive: Pipedrive) -> None:
        self.pipedrive, self.store = pipedrive, pipedrive.store

    def add_routes(self) -> None:
        self.pipedrive.v1("GET", PATH)(self.listing)
        self.pipedrive.v1("POST", PATH)(self.add)
        self.pipedrive.v1("GET", PATH + "/{id}")(self.show)
        self.pipedrive.v1("DELETE", PATH + "/{id}")(self.remove)

    def listing(self, request: Request) -> Response:
        org = record_id(request.first("org_id"))
        if not org:
            raise errors.refuse(400, "org_id is required")
        entries = [entry for entry in self.store.things(RELATION).values() if org in (entry[end] for end in _ENDS)]
        alive = self.store.alive("organizations", [entry[end] for entry in entries for end in _ENDS])
        seen = [entry for entry in entries if all(entry[end] in alive for end in _ENDS)]
        return v1_page(request, [self._seen_from(org, entry) for entry in seen])

    def add(self, request: Request) -> Response:
        body = body_of(request)
        ends = [body.get(end) for end in _ENDS]
        if body.get("type") not in ("parent", "related") or not all(isinstance(end, int) for end in ends):
            raise errors.refuse(400, "type, rel_owner_org_id and rel_linked_org_id are required")
        if len(self.store.alive("organizations", [int(str(end)) for end in ends])) != len(ends):
            raise errors.not_found("Organization not found")
        stamp = v1_time(self.store.clock.now_ms())
        (number,) = self.store.next_ids(1)
        entry = {"id": number, "type": body["type"], **dict(zip(_ENDS, ends, strict=True))}
        entry |= {"add_time": stamp, "update_time": stamp, "active_flag": "true"}
        self.store.put(RELATION, str(number), entry)
        self.store.count("writes/organizationRelationships/inserted")
        return success(self._shown(entry))

    def show(self, request: Request) -> Response:
        entry = self.store.thing(RELATION, request.params["id"])
        if entry is None:
            raise errors.not_found("Relationship not found")
        return success(self._shown(entry))

    def remove(self, request: Request) -> Response:
        if not self.store.remove(RELATION, request.params["id"]):
            raise errors.not_found("Relationship not found")
        self.store.count("writes/organizationRelationships/deleted")
        return success({"id": record_id(request.params["id"])})

    def _organization(self, number: int) -> dict[str, Any]:
        found = self.store.get("organizations", number)
        doc = found.doc if found else {}
        return {"name": doc.get("name"), "people_count": 0, "owner_id": doc.get("owner_id"), "value": number}

    def _shown(self, entry: dict[str, Any]) -> dict[str, Any]:
        return {**entry, **{end: self._organization(entry[end]) for end in _ENDS}}

    def _seen_from(self, org: int, entry: dict[str, Any]) -> dict[str, Any]:
        owner, linked = (entry[end] for end in _ENDS)
        other = linked if org == owner else owner
        calculated = "related" if entry["type"] == "related" else "daughter" if org == owner else "parent"
        return {
            **self._shown(entry),
            "calculated_type": calculated,
            "calculated_related_org_id": other,
            "related_organization_name": self._organization(other)["name"],
        }
