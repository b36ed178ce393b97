"""Association labels of the account: list, create, rename, delete; each has an id per direction."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.hubspot import errors, links
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.vendor import HubSpot, record_id

MOST = 50


def add_routes(hubspot: HubSpot) -> None:
    routes = Labels(hubspot)
    hubspot.route("GET", "associations", "/{from}/{to}/labels", versions="v4")(routes.show)
    hubspot.route("POST", "associations", "/{from}/{to}/labels", versions="v4")(routes.create)
    hubspot.route("PUT", "associations", "/{from}/{to}/labels", versions="v4")(routes.rename)
    hubspot.route("DELETE", "associations", "/{from}/{to}/labels/{id}", versions="v4")(routes.delete)
    for path in ("/definitions/configurations/all", "/definitions/configurations/{from}/{to}"):
        hubspot.route("GET", "associations", path, versions="v4")(lambda request: reply(200, {"results": []}))


class Labels:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store

    def show(self, request: Request) -> Response:
        source, target = self._pair(request, "read")
        types = links.link_types(self.store, source, target).values()
        return reply(200, {"results": [link.show() for link in types]})

    def create(self, request: Request) -> Response:
        """Answers the new type in both directions (one, between records of one object without an inverse label)."""
        source, target = self._pair(request, "write")
        body = request.json()
        name, label = str(body.get("name") or ""), str(body.get("label") or "")
        if not name or not label:
            raise errors.invalid("name and label are required for an association label")
        there = f"label/{source.name}>{target.name}"
        known = self.store.things(there)
        if any(one["label"] == label or one["name"] == name for one in known.values()):
            raise errors.refuse(409, f"An association label named '{label}' already exists.", "CONFLICT")
        if len(known) >= MOST:
            raise errors.invalid(f"At most {MOST} labels are allowed between two objects")
        inverse_label = str(body.get("inverseLabel") or label)
        paired = source.name != target.name or "inverseLabel" in body
        forward, backward = self._next_ids() if paired else (self._next_ids()[0],) * 2
        self.store.put(there, str(forward), {"id": forward, "inverse": backward, "name": name, "label": label})
        if paired:
            back = f"label/{target.name}>{source.name}"
            inverse = {"id": backward, "inverse": forward, "name": f"{name}_inverse", "label": inverse_label}
            self.store.put(back, str(backward), inverse)
        made = [(forward, label), (backward, inverse_label)] if paired else [(forward, label)]
        shown = [{"category": "USER_DEFINED", "typeId": type_id, "label": text} for type_id, text in made]
        return reply(200, {"results": shown})

    def rename(self, request: Request) -> Response:
        source, target = self._pair(request, "write")
        body = request.json()
        kind, label = self._defined(source, target, str(body.get("associationTypeId", "")))
        self.store.put(kind, str(label["id"]), {**label, "label": body.get("label") or label["label"]})
        if body.get("inverseLabel"):
            back = f"label/{target.name}>{source.name}"
            inverse = self.store.thing(back, str(label["inverse"]))
            if inverse:
                self.store.put(back, str(label["inverse"]), {**inverse, "label": body["inverseLabel"]})
        return Response(204)

    def delete(self, request: Request) -> Response:
        source, target = self._pair(request, "write")
        kind, label = self._defined(source, target, request.params["id"])
        self.store.unlink_label(f"{source.name}>{target.name}", links.stored("USER_DEFINED", label["id"]))
        self.store.unlink_label(f"{target.name}>{source.name}", links.stored("USER_DEFINED", label["inverse"]))
        self.store.remove(kind, str(label["id"]))
        self.store.remove(f"label/{target.name}>{source.name}", str(label["inverse"]))
        return Response(204)

    def _defined(self, source: ObjectType, target: ObjectType, type_id: str) -> tuple[str, dict[str, Any]]:
        kind = f"label/{source.name}>{target.name}"
        label = self.store.thing(kind, str(record_id(type_id)))
        if label is None:
            raise errors.not_found(f"No user-defined association type with id {type_id}")
        return kind, label

    def _next_ids(self) -> tuple[int, int]:
        """Per-account numbers, a pair for the two directions."""
        counter = self.store.thing("counter", "label") or {"next": 1}
        self.store.put("counter", "label", {"next": counter["next"] + 2})
        return counter["next"], counter["next"] + 1

    def _pair(self, request: Request, action: str) -> tuple[ObjectType, ObjectType]:
        pair = (self.hubspot.schema.kind(request.params["from"]), self.hubspot.schema.kind(request.params["to"]))
        for kind in pair:
            self.hubspot.account.need(request, kind.schema_scopes(action))
        return pair
