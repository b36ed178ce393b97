"""Object schemas (doc "Custom objects API"): custom object types, required properties, validation rules."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.hubspot import errors
from sdrbot_skills.lab.hubspot.standard import definitions, new_definition
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.values import MAX_TEXT
from sdrbot_skills.lab.hubspot.vendor import HubSpot


def add_routes(hubspot: HubSpot) -> None:
    routes = Schemas(hubspot)
    add = hubspot.app.router.add
    for base in ("/crm-object-schemas/{api:v3|2026-03|2026-09}/schemas", "/crm/{api:v3}/schemas"):
        add("GET", base, routes.show_all)
        add("POST", base, routes.create)
        add("GET", f"{base}/{{type}}", routes.show)
        add("PATCH", f"{base}/{{type}}", routes.update)
        add("DELETE", f"{base}/{{type}}", routes.delete)
    hubspot.route("GET", "property-validations", "/{type}")(routes.validations)
    hubspot.route("GET", "property-validations", "/{type}/{name}")(routes.validations_of)
    hubspot.app.controls["required"] = routes.require


class Schemas:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store

    def show_all(self, request: Request) -> Response:
        self.hubspot.account.need(request, ("crm.schemas.custom.read", "crm.objects.custom.read"))
        found = self.store.things("custom_object").values()
        return reply(200, {"results": [entry for entry in found if not entry["archived"]]})

    def create(self, request: Request) -> Response:
        self.hubspot.account.need(request, ("crm.schemas.custom.write",))
        body = request.json()
        name = str(body.get("name", ""))
        if not name or not body.get("labels") or not body.get("properties"):
            raise errors.invalid("Some required fields were not set: [name, labels, properties]")
        full = f"p{self.hubspot.account.portal_id}_{name}"
        if self.store.thing("custom_object", full):
            raise errors.refuse(409, f"An object type named '{name}' already exists.", "OBJECT_ALREADY_EXISTS")
        stamp = self.hubspot.stamp()
        type_id = f"2-{self.store.next_ids(1)[0]}"
        first = body["properties"][0]["name"]
        definition = {
            "id": type_id[2:],
            "requiredProperties": [],
            "searchableProperties": [],
            "secondaryDisplayProperties": [],
            "primaryDisplayProperty": first,
            **{key: value for key, value in body.items() if key not in ("properties", "associatedObjects")},
            "objectTypeId": type_id,
            "fullyQualifiedName": full,
            "archived": False,
            "createdAt": stamp,
            "updatedAt": stamp,
        }
        self.store.put("custom_object", full, definition)
        kind = self.hubspot.schema.kind(full)
        group = f"{name}_information"
        self.store.put(f"group/{full}", group, {"name": group, "label": group, "displayOrder": 0, "archived": False})
        for given in body["properties"]:
            made = new_definition({"groupName": group, **given}, stamp)
            self.store.put(f"property/{full}", given["name"], made)
        for shared in definitions(kind):
            self.store.put(f"property/{full}", shared["name"], shared)
        for stamped in ("hs_createdate", "hs_lastmodifieddate"):
            given = {"name": stamped, "label": stamped, "type": "datetime", "fieldType": "date", "groupName": group}
            self.store.put(f"property/{full}", stamped, new_definition(given, stamp, standard=True, read_only=True))
        return reply(201, self._show(kind, definition))

    def show(self, request: Request) -> Response:
        kind = self._kind(request, "read")
        definition = self.store.thing("custom_object", kind.name) or self._standard(kind)
        return reply(200, self._show(kind, definition))

    def update(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        old = self.store.thing("custom_object", kind.name)
        if old is None:
            raise errors.invalid(f"Object type {kind.type_id} is defined by HubSpot and cannot be changed")
        changed = {**old, **request.json(), "name": old["name"], "updatedAt": self.hubspot.stamp()}
        self.store.put("custom_object", kind.name, changed)
        return reply(200, changed)

    def delete(self, request: Request) -> Response:
        """Only without records. The name stays taken until the schema is deleted again with archived=true (doc "Custom objects")."""
        if request.first("archived") == "true":
            return self._purge(request)
        kind = self._kind(request, "write")
        if not kind.custom:
            raise errors.invalid(f"Object type {kind.type_id} is defined by HubSpot and cannot be deleted")
        if self.store.total(kind.name):
            raise errors.invalid(f"There are still records of {kind.name}; delete them first")
        definition = self.store.thing("custom_object", kind.name)
        self.store.put("custom_object", kind.name, {**(definition or {}), "archived": True})
        return Response(204)

    def _purge(self, request: Request) -> Response:
        self.hubspot.account.need(request, ("crm.schemas.custom.write",))
        wanted = request.params["type"]
        for name, entry in self.store.things("custom_object").items():
            if entry["archived"] and wanted in (name, entry["objectTypeId"], entry["name"]):
                self.store.remove("custom_object", name)
                return Response(204)
        raise errors.not_found(f"No deleted schema for object type {wanted}")

    def validations(self, request: Request) -> Response:
        kind = self._kind(request, "read")
        properties = self.hubspot.schema.layout(kind).properties.values()
        return reply(200, {"results": [_rules(definition) for definition in properties if _rules(definition)["rules"]]})

    def validations_of(self, request: Request) -> Response:
        kind = self._kind(request, "read")
        definition = self.hubspot.schema.layout(kind).properties.get(request.params["name"])
        if definition is None:
            raise errors.not_found(f"Unable to find property '{request.params['name']}'")
        return reply(200, {"results": _rules(definition)["rules"]})

    def require(self, request: Request) -> Response:
        """POST /__lab__/required {"type", "create": [...], "conditional": [{"if": {...}, "then": [...]}]}, for 2026-09."""
        body = request.json()
        kind = self.hubspot.schema.kind(body["type"])
        rules = {"create": body.get("create", []), "conditional": body.get("conditional", [])}
        self.store.put("required", kind.name, rules)
        return reply(200, rules)

    def _kind(self, request: Request, action: str) -> ObjectType:
        kind = self.hubspot.schema.kind(request.params["type"])
        self.hubspot.account.need(request, kind.schema_scopes(action))
        return kind

    def _standard(self, kind: ObjectType) -> dict[str, Any]:
        return {
            "id": kind.type_id,
            "objectTypeId": kind.type_id,
            "name": kind.singular.upper(),
            "fullyQualifiedName": kind.singular.upper(),
            "labels": {"singular": kind.singular.capitalize(), "plural": kind.name.capitalize()},
            "requiredProperties": self.hubspot.schema.layout(kind).required["create"],
            "primaryDisplayProperty": {"contacts": "email", "companies": "name", "deals": "dealname"}.get(kind.name),
            "archived": False,
        }

    def _show(self, kind: ObjectType, definition: dict[str, Any]) -> dict[str, Any]:
        return {
            **definition,
            "properties": list(self.hubspot.schema.layout(kind).properties.values()),
            "associations": [],
        }


def _rules(definition: dict[str, Any]) -> dict[str, Any]:
    rules = []
    if definition["type"] == "string":
        rules.append({"ruleType": "MAX_LENGTH", "ruleArguments": [str(MAX_TEXT)], "shouldApplyNormalization": False})
    if definition["name"] == "email":
        rules.append({"ruleType": "EMAIL", "ruleArguments": [], "shouldApplyNormalization": True})
    return {"propertyName": definition["name"], "rules": rules}
