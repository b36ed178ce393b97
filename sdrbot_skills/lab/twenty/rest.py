"""Core REST: records of any object under /rest."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import orjson

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors, filters, values
from sdrbot_skills.lab.twenty.access import Access, Role
from sdrbot_skills.lab.twenty.reading import Listing, Order, Reading
from sdrbot_skills.lab.twenty.records import Records
from sdrbot_skills.lab.twenty.schema import ObjectType, Schema

MOST, USUAL = 200, 60
_EXAMPLES = "Valid examples: /rest/companies/id or /rest/companies or /rest/batch/companies"

Shape = Callable[[Doc], Doc]


class Rest:
    def __init__(self, app: App, schema: Schema, records: Records, reading: Reading, access: Access) -> None:
        self.app, self.schema, self.records, self.reading, self.access = app, schema, records, reading, access

    def add_routes(self) -> None:
        add = self.app.router.add
        add("PATCH", "/rest/{object}/merge", self.merge)
        add("POST", "/rest/{object}/duplicates", self.duplicates)
        add("GET", "/rest/{object}/groupBy", self.group)
        add("GET POST PUT PATCH DELETE", "/rest/{path:.+}", self.any)

    def any(self, request: Request) -> Response:
        """`<object>`, `<object>/<id>`, `batch/<object>` and `restore/<object>`."""
        parts = [unquote(part) for part in request.params["path"].strip("/").split("/")]
        head = parts[0]
        if len(parts) > 2:
            self._too_deep(request)
        if head in ("batch", "restore") and len(parts) == 2:
            kind = self.schema.plural(parts[1])
            if head == "restore" and request.method == "PATCH":
                return self.restore(request, kind)
            return self._batch(request, kind) if head == "batch" else self._too_deep(request)
        if len(parts) == 2 and head == "core":
            raise errors.bad_request(f"'{parts[1]}' is not a valid UUID")
        kind = self.schema.plural(head)
        if len(parts) == 1:
            return self._many(request, kind)
        if not values.is_uuid(parts[1]):
            raise errors.bad_request(f"'{parts[1]}' is not a valid UUID")
        return self._one(request, kind, parts[1].lower())

    def _too_deep(self, request: Request) -> Response:
        raise errors.bad_request(f"Query path '{request.path}' invalid. {_EXAMPLES}")

    def _batch(self, request: Request, kind: ObjectType) -> Response:
        if request.method == "POST":
            return self.create_many(request, kind)
        if request.method in ("PATCH", "PUT"):
            return self.update_many(request, kind)
        return self.delete_many(request, kind) if request.method == "DELETE" else self.find(request, kind)

    def _many(self, request: Request, kind: ObjectType) -> Response:
        match request.method:
            case "GET":
                return self.find(request, kind)
            case "POST":
                return self.create(request, kind)
            case "DELETE":
                return self.delete_many(request, kind)
        return self.update_many(request, kind)

    def _one(self, request: Request, kind: ObjectType, record_id: str) -> Response:
        match request.method:
            case "GET":
                return self.read(request, kind, record_id)
            case "POST":
                return self.create(request, kind)
            case "DELETE":
                return self.delete(request, kind, record_id)
        return self.update(request, kind, record_id)

    # --- reading ---

    def find(self, request: Request, kind: ObjectType) -> Response:
        role, limit, order, shape = self._role(request), _limit(request), _order(request), self._shape(request, kind)
        given = filters.parse(request.first("filter"))
        self.access.spend()
        role.need(kind, "read")
        self.reading.check_order(kind, order, role)
        after, before = request.first("starting_after"), request.first("ending_before")
        page = self.reading.page(kind, given, order, limit, after=after, before=before)
        return reply(200, _listed(page, {kind.plural: [shape(doc) for doc in page.docs]}, limit))

    def read(self, request: Request, kind: ObjectType, record_id: str) -> Response:
        shape = self._shape(request, kind)
        self.access.spend()
        self._role(request).need(kind, "read")
        return reply(200, {"data": {kind.name: shape(self.records.one(kind, record_id).doc)}})

    def duplicates(self, request: Request) -> Response:
        kind, body, role = self.schema.plural(request.params["object"]), request.json(), self._role(request)
        rows, ids = body.get("data"), body.get("ids")
        if bool(rows) == bool(ids):
            both = 'You cannot provide both "data" and "ids" arguments'
            raise errors.bad_request(both if rows else 'You have to provide either "data" or "ids" argument')
        self.access.spend()
        role.need(kind, "read")
        if ids:
            rows = [self.records.one(kind, record_id).doc for record_id in ids]
        answers = []
        for row in rows:
            page = self.duplicates_of(kind, row)
            docs = [role.visible(kind, doc) for doc in page.docs]
            answers.append({f"{kind.name}Duplicates": docs, "totalCount": page.total, "pageInfo": page.page_info})
        return reply(200, {"data": answers})

    def duplicates_of(self, kind: ObjectType, row: Doc) -> Listing:
        """Those that agree in all columns of one of the object's criteria."""
        alternatives = []
        for criteria in kind.doc.get("duplicateCriteria") or ():
            clauses = [_criterion(kind, column, row) for column in criteria]
            if all(clauses):
                alternatives.append({"and": clauses})
        if not alternatives:
            return Listing([], 0)
        given: Doc = {"or": alternatives}
        if row.get("id"):
            given = {"and": [given, {"id": {"neq": row["id"]}}]}
        return self.reading.page(kind, given, [], MOST)

    def group(self, request: Request) -> Response:
        kind, role = self.schema.plural(request.params["object"]), self._role(request)
        try:
            dimensions = [next(iter(one)) for one in orjson.loads(request.first("group_by"))]
        except (orjson.JSONDecodeError, TypeError, StopIteration):
            raise errors.bad_request("Invalid group_by parameter") from None
        wanted = orjson.loads(request.first("aggregate", "[]"))
        given = filters.parse(request.first("filter"))
        self.access.spend()
        role.need(kind, "read")
        groups: dict[tuple[Any, ...], int] = {}
        for record in self.reading.fitting(kind, given):
            key = tuple(record.doc.get(name) for name in dimensions)
            groups[key] = groups.get(key, 0) + 1
        return reply(
            200,
            [{**{name: str(n) for name in wanted}, "groupByDimensionValues": list(key)} for key, n in groups.items()],
        )

    # --- writing ---

    def create(self, request: Request, kind: ObjectType) -> Response:
        body, shape = _body(request), self._shape(request, kind)
        (doc,) = self._write(request, kind, [body], upsert=request.first("upsert") == "true")
        return reply(201, {"data": {f"create{kind.pascal}": shape(doc)}})

    def create_many(self, request: Request, kind: ObjectType) -> Response:
        rows, shape = _body(request), self._shape(request, kind)
        if not isinstance(rows, list):
            raise errors.type_error("args.data.forEach is not a function")
        docs = self._write(request, kind, rows, upsert=request.first("upsert") == "true")
        shown = [shape(doc) for doc in docs]
        if request.shuffle:
            shown.reverse()
        return reply(201, {"data": {f"create{kind.pascal_plural}": shown}})

    def _write(self, request: Request, kind: ObjectType, rows: list[Any], *, upsert: bool) -> list[Doc]:
        role = self._role(request)
        self.access.spend()
        role.need(kind, "update")
        if kind.name == "workspaceMember":
            raise errors.denied()
        for row in rows:
            role.need_writable(kind, row if isinstance(row, dict) else ())
        return self.records.create(kind, rows, self.access.actor(request), upsert=upsert)

    def update(self, request: Request, kind: ObjectType, record_id: str) -> Response:
        (doc,) = self._change(request, kind, record_id, {})
        return reply(200, {"data": {f"update{kind.pascal}": self._shape(request, kind)(doc)}})

    def update_many(self, request: Request, kind: ObjectType) -> Response:
        """Without a filter: all of them."""
        docs = self._change(request, kind, None, filters.parse(request.first("filter")))
        shape = self._shape(request, kind)
        return reply(200, {"data": {f"update{kind.pascal_plural}": [shape(doc) for doc in docs]}})

    def _change(self, request: Request, kind: ObjectType, record_id: str | None, given: Doc) -> list[Doc]:
        body, role = _body(request), self._role(request)
        self.access.spend()
        role.need(kind, "update")
        role.need_writable(kind, body if isinstance(body, dict) else ())
        self.records.incoming.prepare(kind, body)
        one = record_id is not None
        found = [self.records.one(kind, record_id or "", deleted=True)] if one else self.reading.fitting(kind, given)
        if len(found) > MOST:
            raise errors.invalid(f"Too many records to update. Maximum is {MOST}.", "TOO_MANY_RECORDS_TO_UPDATE")
        return self.records.update(kind, found, body, self.access.actor(request))

    def delete(self, request: Request, kind: ObjectType, record_id: str) -> Response:
        """For good unless `soft_delete=true`."""
        soft = request.first("soft_delete") == "true"
        self.access.spend()
        self._role(request).need(kind, "soft_delete" if soft else "destroy")
        record = self.records.one(kind, record_id, deleted=True)
        act = self.records.soft_delete if soft else self.records.destroy
        return reply(200, {"data": {f"delete{kind.pascal}": self._role(request).visible(kind, act(kind, [record])[0])}})

    def delete_many(self, request: Request, kind: ObjectType) -> Response:
        soft = request.first("soft_delete") == "true"
        if not request.first("filter"):
            words = "Filters are mandatory for bulk destroy operations. Please provide at least one filter"
            raise errors.bad_request(f"{words} to prevent accidental deletion of all records.")
        given = filters.parse(request.first("filter"))
        self.access.spend()
        self._role(request).need(kind, "soft_delete" if soft else "destroy")
        if not soft:
            given = {"and": [given, {"or": [{"deletedAt": {"is": "NULL"}}, {"deletedAt": {"is": "NOT_NULL"}}]}]}
        act = self.records.soft_delete if soft else self.records.destroy
        return reply(200, {"data": {f"delete{kind.pascal_plural}": act(kind, self.reading.fitting(kind, given))}})

    def restore(self, request: Request, kind: ObjectType) -> Response:
        """A filter that names deletedAt finds nothing, as the vendor's."""
        given = filters.parse(request.first("filter"))
        self.access.spend()
        self._role(request).need(kind, "soft_delete")
        docs = self.restore_fitting(kind, given)
        return reply(200, {"data": {f"restore{kind.pascal_plural}": docs}})

    def restore_fitting(self, kind: ObjectType, given: Doc) -> list[Doc]:
        if "deletedAt" in orjson.dumps(given).decode():
            return []
        everything = {"and": [given, {"or": [{"deletedAt": {"is": "NULL"}}, {"deletedAt": {"is": "NOT_NULL"}}]}]}
        return self.records.restore(kind, self.reading.fitting(kind, everything))

    def merge(self, request: Request) -> Response:
        """The first record with the gaps filled from the others."""
        kind, body = self.schema.plural(request.params["object"]), request.json()
        self.access.spend()
        self._role(request).need(kind, "update")
        records = [self.records.one(kind, record_id) for record_id in body["ids"]]
        kept = records.pop(int(body.get("conflictPriorityIndex", 0)))
        merged = dict(kept.doc)
        for other in records:
            merged |= {name: value for name, value in other.doc.items() if merged.get(name) in (None, "", [])}
        if not body.get("dryRun"):
            self.records.destroy(kind, records)
            changed = {one.column: merged[one.column] for one in kind.columns if one.name in body.get("fields", ())}
            self.records.update(kind, [kept], changed, self.access.actor(request))
        return reply(200, {"data": {f"merge{kind.pascal}": merged}})

    # --- shared ---

    def _role(self, request: Request) -> Role:
        role: Role = request.context["role"]
        return role

    def _shape(self, request: Request, kind: ObjectType) -> Shape:
        """How a record is shown: without what the role may not see, with relations at depth 1."""
        role, depth = self._role(request), request.first("depth", "0")
        if depth not in ("0", "1"):
            raise errors.bad_request(f"'depth={depth}' parameter invalid. Allowed values are 0, 1")
        if depth == "0":
            return lambda doc: role.visible(kind, doc)
        return lambda doc: self.reading.with_relations(kind, [role.visible(kind, doc)], role)[0]


def _body(request: Request) -> Any:
    """JSON only where the content type says so; else the body is a string, which the server trips over."""
    if "json" not in request.headers.get("Content-Type", ""):
        return request.body.decode()
    return request.json()


def _limit(request: Request) -> int:
    text = request.first("limit", str(USUAL))
    if not text.isdigit():
        raise errors.bad_request(f"limit '{text}' is invalid. Should be an integer")
    return min(int(text), MOST)


def _order(request: Request) -> Order:
    found: Order = []
    for one in filter(None, request.first("order_by").split(",")):
        place, _, direction = one.partition("[")
        name, _, part = place.partition(".")
        found.append((name, part or None, direction.rstrip("]") or "AscNullsFirst"))
    return found


def _listed(page: Listing, data: Doc, limit: int) -> Doc:
    """`limit=0` says that there is more, which a loop never comes to the end of."""
    info = page.page_info
    if limit == 0:
        info["hasNextPage"] = True
    return {"data": data, "totalCount": page.total, "pageInfo": info}


def _criterion(kind: ObjectType, column: str, row: Doc) -> Doc:
    """`emailsPrimaryEmail` -> `{"emails": {"primaryEmail": {"eq": ...}}}`; empty where the row has no value."""
    for name in sorted(kind.fields, key=len, reverse=True):
        if column == name:
            return {name: {"eq": row[name]}} if row.get(name) else {}
        if column.startswith(name) and isinstance(row.get(name), dict):
            part = column[len(name)].lower() + column[len(name) + 1 :]
            value = row[name].get(part)
            return {name: {part: {"eq": value}}} if value else {}
    return {}
