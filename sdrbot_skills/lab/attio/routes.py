"""End points of records, and the rest that a migration meets: members, the unsubscribe list (docs "Records", "Members")."""

from sdrbot_skills.lab.attio import errors
from sdrbot_skills.lab.attio.asked import attribute_of, data_of
from sdrbot_skills.lab.attio.ids import number_of
from sdrbot_skills.lab.attio.query import Query
from sdrbot_skills.lab.attio.records import Mode, Records
from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Record

STEM = "/v2/objects/{object}/records"


def add_routes(app: App, records: Records) -> None:
    routes = RecordRoutes(records)
    app.route("DELETE", "/v2/objects/{object}")(routes.delete_object)
    app.route("POST", "/v2/objects/records/search")(routes.search)
    app.route("POST", STEM + "/query")(routes.query)
    app.route("POST", STEM)(routes.create)
    app.route("PUT", STEM)(routes.upsert)
    app.route("GET", STEM + "/{record}")(routes.get)
    app.route("PATCH", STEM + "/{record}")(routes.append)
    app.route("PUT", STEM + "/{record}")(routes.replace)
    app.route("DELETE", STEM + "/{record}")(routes.delete)
    app.route("GET", STEM + "/{record}/attributes/{attribute}/values")(routes.values)
    app.route("GET", STEM + "/{record}/entries")(routes.entries)
    others = Others(records)
    app.route("GET", "/v2/self")(records.account.describe)
    app.route("GET", "/v2/workspace_members")(others.members)
    app.route("GET", "/v2/workspace_members/{member}")(others.member)
    app.route("POST", "/v2/sequences/unsubscribed_emails")(others.unsubscribe)


class RecordRoutes:
    def __init__(self, records: Records) -> None:
        self.records, self.schema, self.store = records, records.schema, records.store

    def _need(self, request: Request, *, write: bool = False) -> None:
        level = "read-write" if write else "read"
        self.records.account.need(request, f"record_permission:{level}", "object_configuration:read")

    def query(self, request: Request) -> Response:
        """The body is not wrapped in `data`."""
        self._need(request)
        object_doc = self.schema.object(request.params["object"])
        body = request.json() if request.body else {}
        found = Query(self.records, object_doc["slug"]).run(body)
        return reply(200, {"data": self.records.show(object_doc, found)})

    def create(self, request: Request) -> Response:
        self._need(request, write=True)
        object_doc = self.schema.object(request.params["object"])
        parsed = self.records.read_values(object_doc["slug"], request.json())
        return self._shown(request, self.records.create(object_doc, parsed))

    def upsert(self, request: Request) -> Response:
        self._need(request, write=True)
        object_doc, key = self.schema.object(request.params["object"]), request.first("matching_attribute")
        matching = self.schema.find(object_doc["slug"], key)
        if matching is None:
            raise errors.value_not_found(f'Cannot find attribute with slug/ID "{key}".')
        if not matching.unique:
            raise errors.invalid("The matching attribute specified is not a unique attribute.")
        parsed = self.records.read_values(object_doc["slug"], request.json())
        return self._shown(request, self.records.upsert(object_doc, matching, parsed))

    def get(self, request: Request) -> Response:
        self._need(request)
        return self._shown(request, self._record(request))

    def append(self, request: Request) -> Response:
        return self._change(request, Mode.APPEND)

    def replace(self, request: Request) -> Response:
        return self._change(request, Mode.REPLACE)

    def _change(self, request: Request, mode: Mode) -> Response:
        self._need(request, write=True)
        object_doc = self.schema.object(request.params["object"])
        record = self._record(request)
        parsed = self.records.read_values(object_doc["slug"], request.json())
        return self._shown(request, self.records.change(object_doc, record, parsed, mode))

    def delete(self, request: Request) -> Response:
        self._need(request, write=True)
        self.records.delete(self.schema.object(request.params["object"]), self._record(request))
        return reply(200, {})

    def delete_object(self, request: Request) -> Response:
        """A custom object with its records and attributes (new in 2026)."""
        self.records.account.need(request, "object_configuration:read-write", "record_permission:read-write")
        object_doc = self.schema.object(request.params["object"])
        if object_doc["system"]:
            raise errors.refuse(400, "system_edit_unauthorized", "System objects cannot be deleted.")
        for record in list(self.store.scan(object_doc["slug"])):
            self.records.delete(object_doc, record)
        self.schema.drop_object(object_doc)
        return reply(200, {})

    def values(self, request: Request) -> Response:
        """Current values only: this emulator keeps no history."""
        self._need(request)
        (shown,) = self.records.show(self.schema.object(request.params["object"]), [self._record(request)])
        return reply(200, {"data": shown["values"].get(attribute_of(self.schema, request).slug, [])})

    def entries(self, request: Request) -> Response:
        self._need(request)
        self._record(request)
        return reply(200, {"data": []})

    def search(self, request: Request) -> Response:
        """Fuzzy and late in Attio; here the text is looked for in names, in what was there before the lag."""
        self._need(request)
        body = request.json()
        found = []
        for key in body["objects"]:
            object_doc = self.schema.object(key)
            lagging = self.store.lagging(object_doc["slug"])
            alive = [one for one in self.store.scan(object_doc["slug"]) if lagging.get(one.id, {}) is not None]
            found += [one for one in self.records.show(object_doc, alive) if body["query"].lower() in _text(one)]
        return reply(200, {"data": [_hit(one) for one in found[: int(body.get("limit", 25))]]})

    def _record(self, request: Request) -> Record:
        return self.records.get(self.schema.object(request.params["object"])["slug"], request.params["record"])

    def _shown(self, request: Request, record: Record) -> Response:
        return reply(200, {"data": self.records.show(self.schema.object(request.params["object"]), [record])[0]})


class Others:
    def __init__(self, records: Records) -> None:
        self.records, self.account, self.store = records, records.account, records.store

    def members(self, request: Request) -> Response:
        self.account.need(request, "user_management:read")
        return reply(200, {"data": [self.account.member(one) for one in self.store.things("member").values()]})

    def member(self, request: Request) -> Response:
        self.account.need(request, "user_management:read")
        number = number_of("member", request.params["member"])
        found = self.store.thing("member", f"{number:04d}")
        if found is None:
            raise errors.not_found("Workspace member", request.params["member"])
        return reply(200, {"data": self.account.member(found)})

    def unsubscribe(self, request: Request) -> Response:
        """Adds addresses; there is no way to read or to take one back."""
        self.account.need(request, "sequence_unsubscribe:read-write")
        addresses = data_of(request, ("email_addresses",))["email_addresses"]
        if not isinstance(addresses, list) or not addresses or not all(isinstance(one, str) for one in addresses):
            raise errors.invalid("email_addresses has to be a list of addresses.")
        for address in addresses:
            self.store.put("unsubscribed", address.strip().lower(), {})
        self.store.count("writes/unsubscribed_emails/added", len(addresses))
        return reply(200, {})


def _text(shown: dict[str, object]) -> str:
    values = shown["values"]
    assert isinstance(values, dict)
    return str(values.get("name", "")).lower()


def _hit(shown: dict[str, object]) -> dict[str, object]:
    values = shown["values"]
    assert isinstance(values, dict)
    name = (values.get("name") or [{}])[0]
    return {"id": shown["id"], "record_text": name.get("full_name") or name.get("value") or ""}
