"""Tooling API: creating, changing and deleting custom fields (vendor doc "Tooling API: CustomField").

A field made here is invisible, even to its maker, until FieldPermissions say otherwise.
"""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.errors import Refusal, not_found
from sdrbot_skills.lab.salesforce.metadata import facts
from sdrbot_skills.lab.salesforce.schema import Field, custom_field
from sdrbot_skills.lab.salesforce.service import Service, base, body_object
from sdrbot_skills.lab.salesforce.valuelists import resolved

Doc = dict[str, Any]
MAX_EXTERNAL_IDS = 25
CUSTOMIZABLE = frozenset({"Account", "Contact", "Lead", "Opportunity", "User", "Task", "OpportunityContactRole"})


class Tooling:
    def __init__(self, service: Service) -> None:
        self.service, self.org, self.store = service, service.org, service.org.store

    def add_routes(self) -> None:
        route = self.service.route
        route("POST", "/tooling/sobjects/CustomField", self.create)
        route("GET", "/tooling/sobjects/CustomField/{id}", self.get)
        route("PATCH", "/tooling/sobjects/CustomField/{id}", self.update)
        route("DELETE", "/tooling/sobjects/CustomField/{id}", self.delete)

    def create(self, request: Request) -> Response:
        full_name, metadata = _spec(body_object(request))
        object_name, made = facts(full_name, resolved(self.store, metadata))
        made["metadata"] = metadata
        sobject = self.org.sobject(object_name)
        if sobject is None or (sobject.name not in CUSTOMIZABLE and not sobject.name.endswith("__c")):
            message = f"Entity Enumeration Or ID: bad value for restricted picklist field: {object_name}"
            raise Refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ["TableEnumOrId"])
        if sobject.field(made["name"]):
            message = f"There is already a field named {made['name'].removesuffix('__c')} on {sobject.label}."
            raise Refusal("DUPLICATE_DEVELOPER_NAME", message, ["DeveloperName"])
        for target in made.get("to", ()):
            if self.org.sobject(target) is None:
                message = f"referenceTo value of '{target}' does not resolve to a valid sObject type"
                raise Refusal("FIELD_INTEGRITY_EXCEPTION", message, [])
        external = [f for f in sobject.fields.values() if f.external_id]
        if made["external_id"] and len(external) >= MAX_EXTERNAL_IDS:
            message = f"You have reached the maximum number of external ID fields for {sobject.label}"
            raise Refusal("LIMIT_EXCEEDED", message, [])
        made["id"] = ids.encode("00N", self.store.next_ids(1)[0])
        self.store.put("field", f"{sobject.name}.{made['name']}", made)
        self._changed()
        return reply(201, {"id": made["id"], "success": True, "errors": [], "warnings": [], "infos": []})

    def get(self, request: Request) -> Response:
        key, stored = self._stored(request.params["id"])
        object_name = key.partition(".")[0]
        url = f"{base(request)}/tooling/sobjects/CustomField/{stored['id']}"
        return reply(200, {
            "attributes": {"type": "CustomField", "url": url}, "Id": stored["id"], "TableEnumOrId": object_name,
            "DeveloperName": stored["name"].removesuffix("__c"), "NamespacePrefix": None, "FullName": key,
            "Metadata": stored["metadata"],
        })  # fmt: skip

    def update(self, request: Request) -> Response:
        """The metadata replaces what was there as a whole."""
        key, stored = self._stored(request.params["id"])
        body = body_object(request)
        full_name, metadata = _spec({"FullName": key} | body)
        object_name, made = facts(full_name, resolved(self.store, metadata), stored)
        made["metadata"] = metadata
        if full_name.lower() != key.lower():
            raise Refusal("FIELD_INTEGRITY_EXCEPTION", f"FullName is {full_name}, the field is {key}", ["FullName"])
        made["id"] = stored["id"]
        before, after = custom_field(stored), custom_field(made)
        self.store.put("field", key, made)
        if after.is_indexed and not before.is_indexed:
            self._index(object_name, after)
        self._changed()
        return Response(204)

    def delete(self, request: Request) -> Response:
        """Values and permissions go with the field."""
        key, stored = self._stored(request.params["id"])
        object_name = key.partition(".")[0]
        f = custom_field(stored)
        self.store.remove("field", key)
        for record in list(self.store.scan("FieldPermissions")):
            if record.doc["Field"].lower() == key.lower():
                self.service.writer.remove("FieldPermissions", [record.id])
        self._forget_values(object_name, f)
        self._changed()
        return Response(204)

    def _index(self, object_name: str, f: Field) -> None:
        entries = ((f.name, f.key(r.doc[f.name]), r.id) for r in self.store.scan(object_name) if f.name in r.doc)
        self.store.add_keys(object_name, list(entries))

    def _forget_values(self, object_name: str, f: Field) -> None:
        """So that a later field of the same name starts empty."""
        changed: list[Record] = []
        for record in self.store.scan(object_name):
            if f.name in record.doc:
                doc = {name: value for name, value in record.doc.items() if name != f.name}
                self.store.drop_keys(object_name, [(f.name, f.key(record.doc[f.name]), record.id)])
                changed.append(record._replace(doc=doc))
        self.store.update(object_name, changed)

    def _stored(self, text: str) -> tuple[str, Doc]:
        wanted = ids.restore(text)
        for key, doc in self.store.things("field").items():
            if doc["id"] == wanted:
                return key, doc
        raise not_found()

    def _changed(self) -> None:
        self.org.changed()


def _spec(body: Doc) -> tuple[str, Doc]:
    full_name, metadata = body.get("FullName"), body.get("Metadata")
    if not isinstance(full_name, str) or "." not in full_name:
        raise Refusal("REQUIRED_FIELD_MISSING", "Required fields are missing: [FullName]", ["FullName"])
    if not isinstance(metadata, dict):
        raise Refusal("REQUIRED_FIELD_MISSING", "Required fields are missing: [Metadata]", ["Metadata"])
    return full_name, metadata
