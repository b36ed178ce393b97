"""Objects and fields made, changed and removed; REST under /rest/metadata, in the envelope that the workspace uses."""

from typing import Any
from uuid import uuid4

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors, fieldrules, values
from sdrbot_skills.lab.twenty.access import Access
from sdrbot_skills.lab.twenty.envelope import Envelope
from sdrbot_skills.lab.twenty.records import Records
from sdrbot_skills.lab.twenty.schema import Field, ObjectType, Schema, is_standard, public, unique_place, value_at
from sdrbot_skills.lab.twenty.standard import COMMON, field_doc, object_doc
from sdrbot_skills.lab.twenty.views import Views

CHANGEABLE = (
    "label",
    "name",
    "description",
    "icon",
    "options",
    "isActive",
    "isUnique",
    "isNullable",
    "defaultValue",
    "settings",
)
_FIXED = ("name", "isUnique", "isNullable", "type")
_RATING = [{"label": str(n), "value": f"RATING_{n}", "color": "blue", "position": n - 1} for n in range(1, 6)]
_LINKED = {
    "timelineActivities": "timelineActivity",
    "attachments": "attachment",
    "noteTargets": "noteTarget",
    "taskTargets": "taskTarget",
}


class Metadata:
    def __init__(self, app: App, schema: Schema, records: Records, access: Access, views: Views) -> None:
        self.app, self.store, self.schema, self.records, self.access = app, app.store, schema, records, access
        self.envelope, self.views = Envelope(app), views

    def add_routes(self) -> None:
        add = self.app.router.add
        add("GET POST", "/rest/metadata/{kind:objects|fields}", self.many)
        add("GET PATCH PUT DELETE", "/rest/metadata/{kind:objects|fields}/{id}", self.one)
        add("GET", "/rest/metadata/{other}", self._other)

    # --- REST ---

    def many(self, request: Request) -> Response:
        request.context["role"].need_settings()
        kind = request.params["kind"]
        if request.method == "POST":
            body = request.json()
            made = self.create_object(body) if kind == "objects" else self.create_field(body)
            return reply(201, self.envelope.one("create", kind, made))
        found = self.objects_shown() if kind == "objects" else [public(doc) for doc in self._field_docs()]
        found.sort(key=lambda doc: str(doc["id"]), reverse=True)
        return reply(200, self.envelope.page(request, kind, found))

    def _other(self, request: Request) -> Response:
        """The path is taken for an object and an id."""
        raise errors.bad_request(f"'{request.params['other']}' is not a valid UUID")

    def one(self, request: Request) -> Response:
        request.context["role"].need_settings()
        kind, wanted = request.params["kind"], request.params["id"]
        if not values.is_uuid(wanted):
            raise errors.nest(400, "Validation failed (uuid is expected)", "Bad Request")
        if request.method == "GET":
            return reply(200, self.envelope.one("", kind, self.read(kind, wanted)))
        if request.method == "DELETE":
            gone = self.delete_object(wanted) if kind == "objects" else self.delete_field(wanted)
            return reply(200, self.envelope.one("delete", kind, gone))
        change = self.update_object if kind == "objects" else self.update_field
        return reply(200, self.envelope.one("update", kind, change(wanted, request.json())))

    def read(self, kind: str, wanted: str) -> Doc:
        if kind == "objects":
            owner = self.schema.by_id(wanted)
            if owner is None:
                raise errors.Refusal(404, "Object metadata not found", "Error", "OBJECT_METADATA_NOT_FOUND")
            return self.shown(owner)
        return public(self._field(wanted)[1].doc)

    def _field_docs(self) -> list[Doc]:
        return [one.doc for owner in self.schema.objects().values() for one in owner.fields.values()]

    def objects_shown(self) -> list[Doc]:
        return [self.shown(owner) for owner in self.schema.objects().values()]

    def shown(self, owner: ObjectType) -> Doc:
        return {**owner.doc, "fields": [public(one.doc) for one in owner.fields.values()]}

    def _field(self, field_id: str) -> tuple[ObjectType, Field]:
        found = self.schema.field_by_id(field_id)
        if found is None:
            raise errors.Refusal(404, "Could not find flat entity in maps", "Error", "ENTITY_NOT_FOUND")
        return found

    # --- fields ---

    def create_field(self, body: Doc) -> Doc:
        fieldrules.check_body(body)
        owner = self.schema.by_id(body["objectMetadataId"])
        if owner is None:
            friendly = "Created field metadata, parent object metadata not found"
            fieldrules.refuse_early("OBJECT_METADATA_NOT_FOUND", "Provided object metadata id does not exist", friendly)
            raise AssertionError
        self._check_relation(body)
        fieldrules.refuse_field(owner, body["name"], fieldrules.field_problems(owner, body), "create")
        if body.get("isUnique"):
            fieldrules.check_unique(body["type"], body["name"])
        self._check_default(body)
        doc = self._new_field(owner, body)
        if body["type"] == "MORPH_RELATION":
            return self._morph(owner, body, doc)
        if body["type"] == "RELATION":
            self._relate(owner, doc, body["relationCreationPayload"])
        self._store_field(owner, doc)
        self.views.field_made(owner, doc)
        return _told(doc)

    def _check_relation(self, body: Doc) -> None:
        missing = {"RELATION": "relationCreationPayload", "MORPH_RELATION": "morphRelationsCreationPayload"}
        if body["type"] in missing and not body.get(missing[body["type"]]):
            words = "Relation creation payload is required"
            fieldrules.refuse_early("INVALID_FIELD_INPUT", words, words)

    def _check_default(self, body: Doc) -> None:
        """A text default without inner quotes comes through as a failed migration."""
        default = body.get("defaultValue")
        if body["type"] == "TEXT" and isinstance(default, str) and not (default[:1] == default[-1:] == "'"):
            words = f"Migration action 'create' for 'fieldMetadata' (universalIdentifier: {uuid4()}) failed"
            raise errors.bare(words)

    def _new_field(self, owner: ObjectType, body: Doc) -> Doc:
        now = iso_z(self.store.clock.now_ms())
        doc = field_doc(body["type"], body["name"], body["label"], owner.doc["id"], self.access.workspace, now)
        for name in ("description", "icon"):
            doc.pop(name)
            if body.get(name) is not None:
                doc[name] = body[name]
        for name in ("isNullable", "isUnique"):
            doc[name] = bool(body.get(name, doc[name]))
        for name in ("defaultValue", "settings"):
            if body.get(name) is not None:
                doc[name] = body[name]
        if body["type"] == "ACTOR":
            doc["defaultValue"] = {"name": "'System'", "source": "'MANUAL'", "workspaceMemberId": None, "context": None}
        options = _RATING if body["type"] == "RATING" else body.get("options")
        if options:
            doc["options"] = _options(options)
        return doc

    def _store_field(self, owner: ObjectType, doc: Doc) -> None:
        """The field, and its empty or default value in the records that are there."""
        self.store.put("field", f"{owner.name}/{doc['name']}", doc)
        kind = self.schema.objects()[owner.name]
        one = kind.fields[doc["name"]]
        if not one.many:
            self._rewrite(kind, lambda held: {**held, one.column: values.default(one)})

    def _rewrite(self, kind: ObjectType, change: Any) -> None:
        for archived in (False, True):
            changed = [r._replace(doc=change(r.doc)) for r in self.store.scan(kind.name, archived=archived)]
            if changed:
                self.store.update(kind.name, changed)
        self.records.writes += 1

    def _relate(self, owner: ObjectType, doc: Doc, payload: Doc) -> None:
        """A relation and its other end."""
        target = self.schema.by_id(payload["targetObjectMetadataId"])
        if target is None:
            words = "Object metadata relation target not found"
            fieldrules.refuse_early("OBJECT_METADATA_NOT_FOUND", words, words)
            raise AssertionError
        other_name = _camel(payload["targetFieldLabel"])
        now = iso_z(self.store.clock.now_ms())
        other = field_doc(
            "RELATION", other_name, payload["targetFieldLabel"], target.doc["id"], self.access.workspace, now
        )
        single, many = (doc, other) if payload["type"] == "MANY_TO_ONE" else (other, doc)
        join = f"{single['name']}Id"
        single["settings"] = {"onDelete": "SET_NULL", "relationType": "MANY_TO_ONE", "joinColumnName": join}
        many["settings"] = {"relationType": "ONE_TO_MANY"}
        for one, to, inverse in ((doc, target.name, other_name), (other, owner.name, doc["name"])):
            one |= {"_to": to, "_inverse": inverse}
        doc.setdefault("description", f"{owner.doc['labelPlural']} tied to the {target.doc['labelSingular']}")
        doc.setdefault("icon", "IconRelationOneToMany")
        self._store_field(target, other)

    def _morph(self, owner: ObjectType, body: Doc, doc: Doc) -> Doc:
        """One column per target."""
        for payload in body["morphRelationsCreationPayload"]:
            target = self.schema.by_id(payload["targetObjectMetadataId"])
            if target is None:
                continue
            one = {**doc, "id": str(uuid4()), "name": f"{doc['name']}{target.pascal}", "morphId": doc["id"]}
            join = f"{one['name']}Id"
            settings = {"onDelete": "SET_NULL", "relationType": "MANY_TO_ONE", "joinColumnName": join}
            one |= {"_to": target.name, "_inverse": None, "settings": settings}
            self._store_field(owner, one)
        return _told(doc)

    def update_field(self, field_id: str, body: Doc) -> Doc:
        owner, one = self._field(field_id)
        doc = {**one.doc, "updatedAt": iso_z(self.store.clock.now_ms())}
        changes = {name: value for name, value in body.items() if name in CHANGEABLE}
        if is_standard(doc):
            if fixed := [name for name in _FIXED if name in body]:
                words = f"Cannot edit standard field metadata properties: {', '.join(fixed)}"
                raise errors.Refusal(403, words, "Error", "FIELD_MUTATION_NOT_ALLOWED")
            if "label" in changes:
                doc["overrides"] = {**doc.get("overrides", {}), "label": changes.pop("label")}
        if "options" in changes:
            default = changes.get("defaultValue", doc.get("defaultValue"))
            problems = fieldrules.option_problems(changes["options"], default)
            fieldrules.refuse_field(owner, one.name, problems, "update")
            changes["options"] = _options(changes["options"])
        if changes.get("isUnique") and not one.unique:
            self._make_unique(owner, one)
        doc |= changes
        self.store.remove("field", f"{owner.name}/{one.name}")
        self.store.put("field", f"{owner.name}/{doc['name']}", doc)
        self._follow(owner, one, doc)
        return _told(doc)

    def _make_unique(self, owner: ObjectType, one: Field) -> None:
        """On data with duplicates the migration fails."""
        fieldrules.check_unique(one.type, one.name)
        place = unique_place(one)
        held = [value_at(r.doc, place) for r in self.store.scan(owner.name)]
        filled = [str(value) for value in held if value not in (None, "", [])]
        if len(set(filled)) != len(filled):
            raise errors.bare(f"Migration action 'create' for 'index' (universalIdentifier: {uuid4()}) failed")
        entries = [
            (place, str(value), r.id)
            for r in self.store.scan(owner.name)
            if (value := value_at(r.doc, place)) not in (None, "", [])
        ]
        self.store.add_keys(owner.name, entries)

    def _follow(self, owner: ObjectType, before: Field, after: Doc) -> None:
        """Records follow: a new name, and options that are gone fall back to the default."""
        kind = self.schema.objects()[owner.name]
        one = kind.fields[after["name"]]
        known, renamed = set(one.options), before.name != one.name
        gone = set(before.options) - known
        if not gone and not renamed:
            return
        fallback = values.default(one)

        def change(doc: Doc) -> Doc:
            held = doc.get(before.column)
            if isinstance(held, list):
                held = [value for value in held if value not in gone]
            elif held in gone:
                held = fallback
            return {**{name: value for name, value in doc.items() if name != before.column}, one.column: held}

        self._rewrite(kind, change)

    def delete_field(self, field_id: str) -> Doc:
        owner, one = self._field(field_id)
        if is_standard(one.doc):
            words = f'Cannot delete standard field "{one.name}"'
            raise errors.Refusal(403, words, "Error", "FIELD_MUTATION_NOT_ALLOWED")
        self._drop(owner, one)
        if one.to and one.inverse and one.inverse in self.schema.objects()[one.to].fields:
            target = self.schema.objects()[one.to]
            self._drop(target, target.fields[one.inverse])
        return _told(one.doc)

    def _drop(self, owner: ObjectType, one: Field) -> None:
        if not one.many:
            places = [place for place, each in owner.indexed() if each is one]
            entries = [
                (place, str(value), r.id)
                for place in places
                for r in self.store.scan(owner.name)
                if (value := value_at(r.doc, place)) not in (None, "", [])
            ]
            self.store.drop_keys(owner.name, entries)
            self._rewrite(owner, lambda doc: {name: value for name, value in doc.items() if name != one.column})
        self.store.remove("field", f"{owner.name}/{one.name}")
        self.views.field_gone(one.doc["id"])

    # --- objects ---

    def create_object(self, body: Doc) -> Doc:
        fieldrules.check_object_body(body)
        fieldrules.refuse_object(body, fieldrules.object_problems(body, self.schema.objects()))
        now, workspace = iso_z(self.store.clock.now_ms()), self.access.workspace
        names = (body["nameSingular"], body["namePlural"], body["labelSingular"], body["labelPlural"])
        doc = object_doc(*names, workspace, now, object_id=str(uuid4()))
        for name in ("description", "icon"):
            doc.pop(name)
            if body.get(name):
                doc[name] = body[name]
        fields = {"name": {"type": "TEXT", "label": "Name"}, **COMMON}
        for name, spec in fields.items():
            one = field_doc(spec["type"], name, spec["label"], doc["id"], workspace, now)
            one |= {"isSystem": name in COMMON, "isNullable": not spec.get("required", False)}
            one |= {"isUIReadOnly": name in COMMON, "isUIEditable": name not in COMMON}
            if "default" in spec:
                actor = spec["type"] == "ACTOR"
                one["defaultValue"] = {"name": "''", "source": "'MANUAL'"} if actor else spec["default"]
            if name == "name":
                doc["labelIdentifierFieldMetadataId"] = one["id"]
            self.store.put("field", f"{doc['nameSingular']}/{name}", one)
        self.store.put("object", doc["nameSingular"], doc)
        self._link_object(doc)
        self.views.object_made(self.schema.objects()[doc["nameSingular"]])
        return self._object_told(doc["nameSingular"])

    def _link_object(self, doc: Doc) -> None:
        """Notes, tasks, attachments and the timeline get a `target<Name>` at once."""
        owner = self.schema.objects()[doc["nameSingular"]]
        now, workspace = iso_z(self.store.clock.now_ms()), self.access.workspace
        for name, linked in _LINKED.items():
            target = self.schema.objects()[linked]
            column = f"target{owner.pascal}"
            many = field_doc("RELATION", name, target.doc["labelPlural"], doc["id"], workspace, now)
            many |= {"settings": {"relationType": "ONE_TO_MANY"}, "_to": linked, "_inverse": "target"}
            self.store.put("field", f"{owner.name}/{name}", many)
            morph = field_doc("MORPH_RELATION", column, "Target", target.doc["id"], workspace, now)
            settings = {"onDelete": "CASCADE", "relationType": "MANY_TO_ONE", "joinColumnName": f"{column}Id"}
            morph |= {"settings": settings, "_to": owner.name, "_inverse": None, "morphId": str(uuid4())}
            self._store_field(target, morph)

    def _object_told(self, name: str) -> Doc:
        return {"imageIdentifierFieldMetadataId": None, **self.shown(self.schema.objects()[name])}

    def update_object(self, object_id: str, body: Doc) -> Doc:
        owner = self._object(object_id)
        allowed = ("labelSingular", "labelPlural", "description", "icon", "isActive")
        changes = {name: value for name, value in body.items() if name in allowed}
        doc = {**owner.doc, **changes, "updatedAt": iso_z(self.store.clock.now_ms())}
        self.store.put("object", owner.name, doc)
        return self._object_told(owner.name)

    def delete_object(self, object_id: str) -> Doc:
        owner = self._object(object_id)
        if is_standard(owner.doc):
            words = "Standard objects cannot be deleted"
            raise errors.Refusal(403, words, "Error", "OBJECT_MUTATION_NOT_ALLOWED")
        self.views.object_gone(object_id)
        for one in list(owner.fields.values()):
            self.store.remove("field", f"{owner.name}/{one.name}")
        for other in list(self.schema.objects().values()):
            for one in [one for one in other.fields.values() if one.to == owner.name and other is not owner]:
                self._drop(other, one)
        self.records.destroy(owner, list(self.store.scan(owner.name)))
        self.store.remove("object", owner.name)
        return {"imageIdentifierFieldMetadataId": None, **owner.doc}

    def _object(self, object_id: str) -> ObjectType:
        owner = self.schema.by_id(object_id)
        if owner is None:
            raise errors.Refusal(404, "Could not find flat entity in maps", "Error", "ENTITY_NOT_FOUND")
        return owner


def _told(doc: Doc) -> Doc:
    """A field as changes answer it: with what it does not have as null."""
    return {"defaultValue": None, "options": None, **public(doc)}


def _options(options: list[Doc]) -> list[Doc]:
    """Kept as sent; only the id is made where there is none."""
    return [{"id": str(uuid4()), **option} for option in options]


def _camel(label: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in label).split()
    return words[0].lower() + "".join(word.capitalize() for word in words[1:])
