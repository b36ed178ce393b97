"""Views and what hangs on them: columns, filters, sorts, groups; REST under /rest/metadata (the workspace's own OpenAPI document of its metadata).

Everybody may read them; changing them takes the role's setting. Deleting is soft: nothing shows or brings back what was deleted.
"""

from typing import Any
from uuid import uuid4

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors, fieldrules
from sdrbot_skills.lab.twenty.access import Access
from sdrbot_skills.lab.twenty.envelope import Envelope
from sdrbot_skills.lab.twenty.schema import ObjectType, Schema
from sdrbot_skills.lab.twenty.standard import stable_id
from sdrbot_skills.lab.twenty.viewkinds import KINDS, ViewKind

INDEX = "INDEX"
COLUMNS = 8
"""So many fields a new index view shows."""

_NOT_SHOWN = ("TS_VECTOR", "POSITION", "UUID", "RAW_JSON", "ACTOR")


class Views:
    def __init__(self, app: App, schema: Schema, access: Access) -> None:
        self.app, self.store, self.schema, self.access = app, app.store, schema, access
        self.envelope = Envelope(app)

    def add_routes(self) -> None:
        kinds = "|".join(KINDS)
        self.app.router.add("GET POST", f"/rest/metadata/{{kind:{kinds}}}", self.many)
        self.app.router.add("GET PATCH DELETE", f"/rest/metadata/{{kind:{kinds}}}/{{id}}", self.one)

    # --- REST ---

    def many(self, request: Request) -> Response:
        kind = KINDS[request.params["kind"]]
        if request.method == "POST":
            request.context["role"].need_settings()
            return reply(201, self.envelope.one("create", kind.plural, self._create(kind, request.json())))
        wanted = {name: request.first(name) for name in ("objectMetadataId", "viewId") if request.first(name)}
        found = [doc for doc in self._all(kind) if all(doc.get(name) == one for name, one in wanted.items())]
        return reply(200, self.envelope.page(request, kind.plural, found))

    def one(self, request: Request) -> Response:
        kind, wanted = KINDS[request.params["kind"]], request.params["id"]
        there = self.store.thing(kind.plural, wanted)
        if there is None:
            raise errors.Refusal(404, f"{kind.noun} not found", "Error", f"{kind.code}_NOT_FOUND")
        if request.method == "GET":
            return reply(200, self.envelope.one("", kind.plural, there))
        request.context["role"].need_settings()
        if request.method == "PATCH":
            return reply(200, self.envelope.one("update", kind.plural, self._update(kind, there, request.json())))
        self._delete(kind, wanted)
        told = {"id": wanted} if self.envelope.legacy else {"success": True}
        return reply(200, self.envelope.one("delete", kind.plural, told))

    def _create(self, kind: ViewKind, body: Doc) -> Doc:
        kind.check(body, new=True)
        self._check_places(kind, body)
        return self._store(kind, {name: body.get(name, default) for name, default in kind.defaults.items()})

    def _update(self, kind: ViewKind, there: Doc, body: Doc) -> Doc:
        kind.check(body, new=False)
        changes = {name: value for name, value in body.items() if name in kind.changeable}
        doc = {**there, **changes, "updatedAt": self._now()}
        self.store.put(kind.plural, there["id"], doc)
        return doc

    def _delete(self, kind: ViewKind, wanted: str) -> None:
        self.store.remove(kind.plural, wanted)
        if kind.plural == "views":
            self._remove_where("viewId", wanted)

    def _check_places(self, kind: ViewKind, body: Doc) -> None:
        """What a new one names has to be there, and a field is one column of a view."""
        if kind.plural == "views":
            if self.schema.by_id(body["objectMetadataId"]) is None:
                self._refuse(kind, "Object metadata not found")
            return
        view = self.store.thing("views", body["viewId"])
        if view is None:
            self._refuse(kind, "View not found")
        found = self.schema.field_by_id(body["fieldMetadataId"])
        if found is None or view is None or found[0].doc["id"] != view["objectMetadataId"]:
            self._refuse(kind, "Field metadata not found")
        taken = [one for one in self._all(kind) if all(one[name] == body.get(name) for name in kind.once)]
        if kind.once and taken:
            self._refuse(kind, f"{kind.noun} already exists")

    def _refuse(self, kind: ViewKind, words: str) -> None:
        problem = fieldrules.problem(f"INVALID_{kind.code}_DATA", words)
        failed = fieldrules.entry([problem], kind.family, "create", {"id": str(uuid4())})
        message = f"Multiple validation errors occurred while creating {kind.noun.lower()}"
        raise fieldrules.Invalid(message, {kind.family: [failed]}, "Validation errors")

    # --- what is kept ---

    def _all(self, kind: ViewKind) -> list[Doc]:
        return sorted(self.store.things(kind.plural).values(), key=lambda doc: (doc.get("position") or 0, doc["id"]))

    def _store(self, kind: ViewKind, doc: Doc, key: str = "") -> Doc:
        now = self._now()
        times = {"workspaceId": self.access.workspace, "createdAt": now, "updatedAt": now, "deletedAt": None}
        made = {"id": key or str(uuid4()), **doc, **times}
        self.store.put(kind.plural, made["id"], made)
        return made

    def _now(self) -> str:
        return iso_z(self.store.clock.now_ms())

    def _remove_where(self, name: str, value: str) -> None:
        for plural in KINDS:
            for key, doc in self.store.things(plural).items():
                if doc.get(name) == value:
                    self.store.remove(plural, key)

    # --- views that come and go with the schema ---

    def fill(self) -> None:
        """Every object that people see has a view of its own; opportunities are shown by stage as well."""
        for owner in self.schema.objects().values():
            if not owner.doc["isSystem"]:
                self.object_made(owner, stable_id("view", owner.name))
        deals = self.schema.objects()["opportunity"]
        stage = deals.fields["stage"]
        board = self._view(deals, "By Stage", stable_id("view", "opportunity", "stage"), type="KANBAN", position=1)
        for position, option in enumerate(stage.options):
            group = {"viewId": board["id"], "fieldMetadataId": stage.doc["id"], "fieldValue": option}
            self._store(KINDS["viewGroups"], {**group, "isVisible": True, "position": position})

    def object_made(self, owner: ObjectType, key: str = "") -> None:
        view = self._view(owner, f"All {owner.doc['labelPlural']}", key, key=INDEX)
        shown = [one for one in owner.fields.values() if not one.many and one.type not in _NOT_SHOWN]
        for one in sorted(shown, key=lambda one: bool(one.doc["isSystem"]))[:COLUMNS]:
            self._column(view, one.doc)

    def object_gone(self, object_id: str) -> None:
        for key, doc in self.store.things("views").items():
            if doc["objectMetadataId"] == object_id:
                self._delete(KINDS["views"], key)

    def field_made(self, owner: ObjectType, doc: Doc) -> None:
        """A new field is a further column of its object's index view."""
        for view in self.store.things("views").values():
            if view["objectMetadataId"] == owner.doc["id"] and view["key"] == INDEX:
                self._column(view, doc)

    def field_gone(self, field_id: str) -> None:
        self._remove_where("fieldMetadataId", field_id)

    def _view(self, owner: ObjectType, name: str, view_id: str, **more: Any) -> Doc:
        kind = KINDS["views"]
        own = {"name": name, "objectMetadataId": owner.doc["id"], "icon": "IconList", **more}
        return self._store(kind, {**kind.defaults, "key": None, **own}, view_id)

    def _column(self, view: Doc, field: Doc) -> None:
        kind = KINDS["viewFields"]
        there = [one for one in self.store.things(kind.plural).values() if one["viewId"] == view["id"]]
        own = {"viewId": view["id"], "fieldMetadataId": field["id"], "size": 150, "position": len(there)}
        self._store(kind, {**kind.defaults, **own})
