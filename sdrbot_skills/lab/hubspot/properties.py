"""Property definitions and groups (doc "Properties API"): discovery and administration."""

import re
from typing import Any

from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.hubspot import errors
from sdrbot_skills.lab.hubspot.standard import new_definition
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.vendor import HubSpot, batch_reply, inputs

FIELD_TYPES = {
    "bool": ("booleancheckbox", "calculation_equation"),
    "enumeration": ("booleancheckbox", "checkbox", "radio", "select", "calculation_equation"),
    "date": ("date",),
    "datetime": ("date",),
    "number": ("number", "calculation_equation"),
    "string": ("text", "textarea", "html", "file", "phonenumber", "calculation_equation"),
    "phone_number": ("phonenumber",),
}
REQUIRED = ("name", "label", "type", "fieldType", "groupName")
FIXED = ("name", "hasUniqueValue", "dataSensitivity", "externalOptions", "referencedObjectType")
UNIQUE_MOST = 10
NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
SENSITIVITIES = ("non_sensitive", "sensitive", "highly_sensitive")
Definition = dict[str, Any]


def add_routes(hubspot: HubSpot) -> None:
    routes = Properties(hubspot)
    hubspot.route("POST", "properties", "/{type}/batch/create")(routes.batch_create)
    hubspot.route("POST", "properties", "/{type}/batch/read")(routes.batch_read)
    hubspot.route("POST", "properties", "/{type}/batch/archive")(routes.batch_archive)
    hubspot.route("GET", "properties", "/{type}")(routes.show_all)
    hubspot.route("POST", "properties", "/{type}")(routes.create)
    hubspot.route("GET", "properties", "/{type}/{name}")(routes.show)
    hubspot.route("PATCH", "properties", "/{type}/{name}")(routes.update)
    hubspot.route("DELETE", "properties", "/{type}/{name}")(routes.archive)
    hubspot.app.controls["property-lag"] = routes.set_lag


class Properties:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store

    def show_all(self, request: Request) -> Response:
        """Only non-sensitive definitions unless others are asked for, which needs a scope of its own."""
        kind = self._kind(request, "read")
        sensitivity = request.first("dataSensitivity", "non_sensitive")
        if sensitivity not in SENSITIVITIES:
            raise errors.invalid(f"dataSensitivity must be one of {', '.join(SENSITIVITIES)}")
        if sensitivity != "non_sensitive":
            scope = f"crm.objects.{kind.scope or kind.name}.{sensitivity}.read.v2"
            self.hubspot.account.need(request, (scope,))
        archived = request.first("archived") == "true"
        found = [
            definition
            for definition in self.store.things(f"property/{kind.name}").values()
            if definition["archived"] == archived
            and definition["dataSensitivity"] == sensitivity
            and not self._too_new(definition)
        ]
        return reply(200, {"results": found})

    def show(self, request: Request) -> Response:
        kind = self._kind(request, "read")
        found = self._get(kind, request.params["name"], archived=request.first("archived") == "true")
        if self._too_new(found):
            raise _unknown(kind, found["name"])
        return reply(200, found)

    def create(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        return reply(201, self._create(kind, request.json()))

    def update(self, request: Request) -> Response:
        """`options`, where given, replace the whole list: what is left out is gone."""
        kind = self._kind(request, "write")
        old = self._get(kind, request.params["name"])
        given = {name: value for name, value in request.json().items() if name not in FIXED}
        if old["modificationMetadata"]["readOnlyDefinition"] and set(given) - {"options", "hidden", "displayOrder"}:
            raise errors.invalid(f"Property {old['name']} is defined by HubSpot and cannot be changed")
        merged = {**old, **given, "updatedAt": self.hubspot.stamp()}
        _check_types(merged)
        merged["options"] = _options(merged)
        self.store.put(f"property/{kind.name}", old["name"], merged)
        return reply(200, merged)

    def archive(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        self._archive(kind, request.params["name"])
        return Response(204)

    def batch_create(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        started = self.hubspot.stamp()
        results, failures = [], []
        for row in inputs(request, 100):
            try:
                results.append(self._create(kind, row))
            except Answer as refusal:
                failures.append(_as_row(refusal))
        return batch_reply(201, results, failures, started, self.hubspot.stamp())

    def batch_read(self, request: Request) -> Response:
        kind = self._kind(request, "read")
        started = self.hubspot.stamp()
        archived = bool(request.json().get("archived"))
        results, failures = [], []
        for row in inputs(request, 100):
            try:
                results.append(self._get(kind, str(row.get("name", "")), archived=archived))
            except Answer as refusal:
                failures.append(_as_row(refusal))
        return batch_reply(200, results, failures, started, self.hubspot.stamp())

    def batch_archive(self, request: Request) -> Response:
        kind = self._kind(request, "write")
        for row in inputs(request, 100):
            if self.store.thing(f"property/{kind.name}", str(row.get("name", ""))):
                self._archive(kind, str(row["name"]))
        return Response(204)

    def _too_new(self, definition: Definition) -> bool:
        """Definitions can be read a moment after they were made, as seen live; POST /__lab__/property-lag sets it."""
        lag = self.hubspot.property_lag
        return lag > 0 and definition["createdAt"] > iso_z(self.store.clock.now_ms() - int(lag * 1000))

    def set_lag(self, request: Request) -> Response:
        self.hubspot.property_lag = float(request.json()["seconds"])
        return reply(200, {"seconds": self.hubspot.property_lag})

    def _kind(self, request: Request, action: str) -> ObjectType:
        kind = self.hubspot.schema.kind(request.params["type"])
        self.hubspot.account.need(request, kind.schema_scopes(action))
        return kind

    def _get(self, kind: ObjectType, name: str, *, archived: bool = False) -> Definition:
        found = self.store.thing(f"property/{kind.name}", name)
        if found is None or found["archived"] != archived:
            raise _unknown(kind, name)
        return found

    def _create(self, kind: ObjectType, given: Definition) -> Definition:
        """The name of an archived property brings that one back, with the definition posted now."""
        lacking = [name for name in REQUIRED if not given.get(name)]
        if lacking:
            raise errors.invalid(f"Some required fields were not set: [{', '.join(lacking)}]")
        name = str(given["name"])
        if not NAME.fullmatch(name):
            raise errors.invalid(
                f"Property name '{name}' is not valid: lower case letters, digits and underscores, a letter first, "
                "100 characters at most"
            )
        old = self.store.thing(f"property/{kind.name}", name)
        if old and not old["archived"]:
            raise errors.refuse(
                409,
                f"A property named '{name}' already exists.",
                "OBJECT_ALREADY_EXISTS",
                subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
            )
        group = self.store.thing(f"group/{kind.name}", str(given["groupName"]))
        if group is None or group["archived"]:
            raise errors.invalid(f"Property group '{given['groupName']}' does not exist")
        _check_types(given)
        unique = sum(1 for d in self.hubspot.schema.layout(kind).properties.values() if d["hasUniqueValue"])
        if given.get("hasUniqueValue") and unique >= UNIQUE_MOST:
            raise errors.invalid(f"An object can have at most {UNIQUE_MOST} unique properties")
        definition = new_definition({**given, "options": _options(given)}, self.hubspot.stamp())
        self.store.put(f"property/{kind.name}", name, definition)
        return definition

    def _archive(self, kind: ObjectType, name: str) -> None:
        definition = self._get(kind, name)
        if definition["hubspotDefined"]:
            raise errors.invalid(f"Property {name} is defined by HubSpot and cannot be archived")
        formulas = [
            d["name"]
            for d in self.hubspot.schema.layout(kind).properties.values()
            if re.search(rf"\b{re.escape(name)}\b", d.get("calculationFormula") or "")
        ]
        if formulas:
            raise errors.invalid(
                f"Cannot delete property {name}: it is used by {', '.join(formulas)}",
                subCategory="PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE",
            )
        stamp = self.hubspot.stamp()
        self.store.put(f"property/{kind.name}", name, {**definition, "archived": True, "archivedAt": stamp})


def _unknown(kind: ObjectType, name: str) -> Answer:
    return errors.not_found(f"Unable to find property '{name}' for object type {kind.type_id}")


def _check_types(given: Definition) -> None:
    allowed = FIELD_TYPES.get(str(given["type"]))
    if allowed is None:
        raise errors.invalid(f"Property type {given['type']} is not one of {', '.join(FIELD_TYPES)}")
    if given["fieldType"] not in allowed:
        raise errors.invalid(
            f"fieldType {given['fieldType']} is not allowed for type {given['type']}; allowed: {', '.join(allowed)}"
        )
    if given["type"] == "enumeration" and not given.get("options") and not given.get("externalOptions"):
        raise errors.invalid("Enumeration properties need options")


def _options(given: Definition) -> list[Definition]:
    options = given.get("options") or []
    if not options and given["type"] == "bool":
        options = [{"label": "Yes", "value": "true"}, {"label": "No", "value": "false"}]
    found: list[Definition] = []
    for order, option in enumerate(options):
        if option.get("label") in (None, "") or option.get("value") in (None, ""):
            raise errors.invalid("Every option needs a label and a value")
        found.append({"displayOrder": order, "hidden": False, **option})
    for name in ("value", "label"):
        seen = [option[name] for option in found]
        if len(set(seen)) < len(seen):
            raise errors.invalid(f"Property options have the same {name} more than once")
    return found


def _as_row(refusal: Answer) -> Definition:
    body = errors.parsed(refusal)
    return {key: value for key, value in body.items() if key != "correlationId"}
