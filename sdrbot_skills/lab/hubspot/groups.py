"""Property groups (doc "Properties API")."""

from typing import Any

import orjson

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.hubspot import errors
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.vendor import HubSpot


def add_routes(hubspot: HubSpot) -> None:
    routes = Groups(hubspot)
    hubspot.route("GET", "properties", "/{type}/groups")(routes.show_all)
    hubspot.route("POST", "properties", "/{type}/groups")(routes.create)
    hubspot.route("GET", "properties", "/{type}/groups/{name}")(routes.show)
    hubspot.route("PATCH", "properties", "/{type}/groups/{name}")(routes.update)
    hubspot.route("DELETE", "properties", "/{type}/groups/{name}")(routes.archive)


class Groups:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store

    def show_all(self, request: Request) -> Response:
        kind = self._kind(request, "read")
        groups = self.store.things(f"group/{kind.name}").values()
        return reply(200, {"results": [group for group in groups if not group["archived"]]})

    def show(self, request: Request) -> Response:
        return reply(200, self._get(self._kind(request, "read"), request.params["name"]))

    def create(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        body = request.json()
        if not body.get("name") or not body.get("label"):
            raise errors.invalid("Some required fields were not set: [name, label]")
        old = self.store.thing(f"group/{kind.name}", body["name"])
        if old and not old["archived"]:
            raise errors.refuse(
                409, f"A property group named '{body['name']}' already exists.", "OBJECT_ALREADY_EXISTS"
            )
        group = {"displayOrder": -1, **body, "archived": False}
        self.store.put(f"group/{kind.name}", body["name"], group)
        return reply(201, group)

    def update(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        group = {**self._get(kind, request.params["name"]), **request.json(), "name": request.params["name"]}
        self.store.put(f"group/{kind.name}", group["name"], group)
        return reply(200, group)

    def archive(self, request: Request) -> Response:
        """Refused while properties are in it; the refusal's message is JSON text (seen live)."""
        kind = self._kind(request, "write")
        group = self._get(kind, request.params["name"])
        held = [
            d["name"] for d in self.hubspot.schema.layout(kind).properties.values() if d["groupName"] == group["name"]
        ]
        if held:
            detail = {"message": f"Group {group['name']} has active properties", "properties": held[:10]}
            raise errors.invalid(
                orjson.dumps(detail).decode(), subCategory="PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES"
            )
        self.store.put(f"group/{kind.name}", group["name"], {**group, "archived": True})
        return Response(204)

    def _kind(self, request: Request, action: str) -> ObjectType:
        kind = self.hubspot.schema.kind(request.params["type"])
        self.hubspot.account.need(request, kind.schema_scopes(action))
        return kind

    def _get(self, kind: ObjectType, name: str) -> dict[str, Any]:
        group = self.store.thing(f"group/{kind.name}", name)
        if group is None or group["archived"]:
            raise errors.not_found(f"Unable to find property group '{name}' for object type {kind.type_id}")
        return group
