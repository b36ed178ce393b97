"""Links that only v1 has: participants of deals, and relationships between organizations."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.records import Records
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, body_of, record_id, success, v1_page, v1_time

PARTICIPANT, RELATION = "participant", "relation"


def add_routes(pipedrive: Pipedrive, records: Records) -> None:
    _add_participants(pipedrive, records)
    _add_relations(pipedrive, records)


def _add_participants(pipedrive: Pipedrive, records: Records) -> None:
    store = pipedrive.store

    def shown(number: int, deal: int, person: int) -> dict[str, Any]:
        found = store.get("persons", person)
        doc = found.doc if found else {}
        contact = {"active_flag": True, "name": doc.get("name"), "email": doc.get("emails", []), "value": person}
        entry = store.thing(PARTICIPANT, str(number)) or {}
        return {
            "id": number,
            "person_id": {**contact, "phone": doc.get("phones", [])},
            "add_time": entry.get("add_time"),
            "active_flag": True,
            "related_item_data": {"deal_id": deal},
            "person": {"id": person, "name": doc.get("name")},
            "added_by_user_id": {"id": pipedrive.user_id},
            "related_item_type": "deal",
            "related_item_id": deal,
        }

    @pipedrive.v1("GET", "/deals/{id}/participants")
    def listing(request: Request) -> Response:
        deal = records.one("deals", record_id(request.params["id"]))
        rows = store.links("participants", [deal.id]).get(deal.id, [])
        alive = store.alive("persons", [person for person, _ in rows])
        pairs = sorted((number, person) for person, number in rows if person in alive)
        return v1_page(request, [shown(number, deal.id, person) for number, person in pairs])

    @pipedrive.v1("POST", "/deals/{id}/participants")
    def add(request: Request) -> Response:
        deal = records.one("deals", record_id(request.params["id"]))
        person = body_of(request).get("person_id")
        if not isinstance(person, int) or not store.alive("persons", [person]):
            raise errors.refuse(400, "Person was not found")
        there = [number for one, number in store.links("participants", [deal.id]).get(deal.id, []) if one == person]
        if there:
            raise errors.refuse(400, "This person is already a participant of the deal")
        (number,) = store.next_ids(1)
        store.link("participants", [(deal.id, person, number)])
        store.put(PARTICIPANT, str(number), {"add_time": v1_time(store.clock.now_ms())})
        store.count("writes/participants/inserted")
        return success(shown(number, deal.id, person))

    @pipedrive.v1("DELETE", "/deals/{id}/participants/{participant}")
    def remove(request: Request) -> Response:
        deal = records.one("deals", record_id(request.params["id"]))
        wanted = record_id(request.params["participant"])
        rows = [r for r in store.links("participants", [deal.id]).get(deal.id, []) if r[1] == wanted]
        if not rows:
            raise errors.not_found("Participant not found")
        store.unlink("participants", [(deal.id, rows[0][0], wanted)])
        store.remove(PARTICIPANT, str(wanted))
        store.count("writes/participants/deleted")
        return success({"id": wanted})


def _add_relations(pipedrive: Pipedrive, records: Records) -> None:
    """A relationship of type parent leads from the parent (owner) to its daughter (linked)."""
    store = pipedrive.store

    def shown(entry: dict[str, Any], seen_from: int | None) -> dict[str, Any]:
        def organisation(number: int) -> dict[str, Any]:
            found = store.get("organizations", number)
            doc = found.doc if found else {}
            return {"name": doc.get("name"), "people_count": 0, "owner_id": doc.get("owner_id"), "value": number}

        owner, linked = entry["rel_owner_org_id"], entry["rel_linked_org_id"]
        whole = {**entry, "rel_owner_org_id": organisation(owner), "rel_linked_org_id": organisation(linked)}
        if seen_from is None:
            return whole
        other = linked if seen_from == owner else owner
        calculated = "related" if entry["type"] == "related" else "daughter" if seen_from == owner else "parent"
        name = organisation(other)["name"]
        return {
            **whole,
            "calculated_type": calculated,
            "calculated_related_org_id": other,
            "related_organization_name": name,
        }

    @pipedrive.v1("GET", "/organizationRelationships")
    def listing(request: Request) -> Response:
        org = record_id(request.first("org_id"))
        if not org:
            raise errors.refuse(400, "org_id is required")
        entries = [e for e in store.things(RELATION).values() if org in (e["rel_owner_org_id"], e["rel_linked_org_id"])]
        alive = store.alive("organizations", [e[end] for e in entries for end in _ENDS])
        return v1_page(request, [shown(e, org) for e in entries if all(e[end] in alive for end in _ENDS)])

    @pipedrive.v1("POST", "/organizationRelationships")
    def add(request: Request) -> Response:
        body = body_of(request)
        ends = [body.get(end) for end in _ENDS]
        if body.get("type") not in ("parent", "related") or not all(isinstance(end, int) for end in ends):
            raise errors.refuse(400, "type, rel_owner_org_id and rel_linked_org_id are required")
        if len(store.alive("organizations", [int(str(end)) for end in ends])) != len(ends):
            raise errors.not_found("Organization not found")
        stamp = v1_time(store.clock.now_ms())
        (number,) = store.next_ids(1)
        entry = {"id": number, "type": body["type"], **dict(zip(_ENDS, ends, strict=True))}
        entry |= {"add_time": stamp, "update_time": stamp, "active_flag": "true"}
        store.put(RELATION, str(number), entry)
        store.count("writes/organizationRelationships/inserted")
        return success(shown(entry, None))

    @pipedrive.v1("GET", "/organizationRelationships/{id}")
    def show(request: Request) -> Response:
        entry = store.thing(RELATION, request.params["id"])
        if entry is None:
            raise errors.not_found("Relationship not found")
        return success(shown(entry, None))

    @pipedrive.v1("DELETE", "/organizationRelationships/{id}")
    def remove(request: Request) -> Response:
        if not store.remove(RELATION, request.params["id"]):
            raise errors.not_found("Relationship not found")
        store.count("writes/organizationRelationships/deleted")
        return success({"id": record_id(request.params["id"])})


_ENDS = ("rel_owner_org_id", "rel_linked_org_id")
