"""Lists of values that several picklists share (vendor doc "Tooling API: GlobalValueSet"): query, GET, POST, PATCH; no DELETE."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.errors import Refusal, not_found
from sdrbot_skills.lab.salesforce.metadata import facts
from sdrbot_skills.lab.salesforce.service import Service, base, body_object
from sdrbot_skills.lab.salesforce.valuelists import KIND, PREFIX, SUFFIX, list_of, resolved, shown

Doc = dict[str, Any]
MOST = 1000


class ValueSets:
    def __init__(self, service: Service) -> None:
        self.org, self.store = service.org, service.org.store
        service.route("POST", "/tooling/sobjects/GlobalValueSet", self.create)
        service.route("GET", "/tooling/sobjects/GlobalValueSet/{id}", self.get)
        service.route("PATCH", "/tooling/sobjects/GlobalValueSet/{id}", self.update)

    def create(self, request: Request) -> Response:
        name, metadata = _spec(body_object(request))
        if self.store.thing(KIND, name):
            raise Refusal("DUPLICATE_DEVELOPER_NAME", f"There is already a value set named {name}.", ["DeveloperName"])
        made = {"id": ids.encode(PREFIX, self.store.next_ids(1)[0]), "name": name, "metadata": _whole(metadata, [])}
        self.store.put(KIND, name, made)
        return reply(201, {"id": made["id"], "success": True, "errors": [], "warnings": [], "infos": []})

    def get(self, request: Request) -> Response:
        stored = self._stored(request.params["id"])
        url = f"{base(request)}/tooling/sobjects/GlobalValueSet/{stored['id']}"
        return reply(200, {"attributes": {"type": "GlobalValueSet", "url": url}, "Id": stored["id"], **shown(stored)})

    def update(self, request: Request) -> Response:
        """Values that are left out become inactive; the fields that use the list follow."""
        stored = self._stored(request.params["id"])
        name, metadata = _spec({"FullName": stored["name"]} | body_object(request))
        if name != stored["name"]:
            raise Refusal("FIELD_INTEGRITY_EXCEPTION", f"FullName is {name}, the value set {stored['name']}", [])
        changed = {**stored, "metadata": _whole(metadata, stored["metadata"]["customValue"])}
        self.store.put(KIND, name, changed)
        for key, field in self.store.things("field").items():
            if list_of(field["metadata"]) == name:
                again = facts(key, resolved(self.store, field["metadata"]), field)[1]
                self.store.put("field", key, {**again, "id": field["id"], "metadata": field["metadata"]})
        self.org.changed()
        return Response(204)

    def _stored(self, text: str) -> Doc:
        wanted = ids.restore(text)
        for stored in self.store.things(KIND).values():
            if stored["id"] == wanted:
                return stored
        raise not_found()


def _spec(body: Doc) -> tuple[str, Doc]:
    name, metadata = body.get("FullName"), body.get("Metadata")
    if not isinstance(name, str) or not isinstance(metadata, dict) or not metadata.get("masterLabel"):
        message = "Required fields are missing: [FullName, Metadata, masterLabel]"
        raise Refusal("REQUIRED_FIELD_MISSING", message, ["FullName"])
    return name.removesuffix(SUFFIX), metadata


def _whole(metadata: Doc, before: list[Doc]) -> Doc:
    values = metadata.get("customValue") or []
    if not values or len(values) > MOST:
        raise Refusal("FIELD_INTEGRITY_EXCEPTION", f"A value set has 1 to {MOST} values", [])
    named = {value["valueName"] for value in values}
    made = [{"isActive": True, "default": False, "label": value["valueName"], **value} for value in values]
    retired = [{**value, "isActive": False} for value in before if value["valueName"] not in named]
    return {"description": None, "sorted": False, **metadata, "customValue": [*made, *retired]}
