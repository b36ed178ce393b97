"""End points for objects and single records: sobjects, describe, create, read, update, delete, upsert."""

from email.utils import formatdate, parsedate_to_datetime
from typing import Any

from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.columns import Batch, Column, reader
from sdrbot_skills.lab.salesforce.describe import changed_at, describe, summary
from sdrbot_skills.lab.salesforce.errors import Refusal, no_column, not_found
from sdrbot_skills.lab.salesforce.org import View
from sdrbot_skills.lab.salesforce.rows import Row
from sdrbot_skills.lab.salesforce.schema import Field
from sdrbot_skills.lab.salesforce.service import NEWEST, OLDEST, Service, base, body_object, save_options

Doc = dict[str, Any]
_SEASONS = ("Winter", "Spring", "Summer")
_RESOURCES = ("sobjects", "query", "queryAll", "limits", "composite", "tooling", "jobs", "search")


class RestRecords:
    def __init__(self, service: Service) -> None:
        self.service, self.org, self.writer = service, service.org, service.writer

    def add_routes(self) -> None:
        route = self.service.route
        self.service.plain("GET", "/services/data", self.versions)
        route("GET", "", self.resources)
        route("GET", "/sobjects", self.sobjects)
        route("GET", "/sobjects/{object}", self.basic)
        route("POST", "/sobjects/{object}", self.create)
        route("GET", "/sobjects/{object}/describe", self.describe)
        route("GET", "/sobjects/{object}/{id}", self.get)
        route("PATCH", "/sobjects/{object}/{id}", self.update)
        route("DELETE", "/sobjects/{object}/{id}", self.delete)
        route("GET", "/sobjects/{object}/{field}/{value}", self.get_by_key)
        route("PATCH", "/sobjects/{object}/{field}/{value}", self.upsert)
        route("DELETE", "/sobjects/{object}/{field}/{value}", self.delete_by_key)

    # --- discovery ---

    def versions(self, request: Request) -> Response:
        listed = []
        for number in range(OLDEST, NEWEST + 1):
            season, year = _SEASONS[(number - 32) % 3], 15 + (number - 32) // 3
            label = f"{season} '{year:02d}"
            listed.append({"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"})
        return reply(200, listed)

    def resources(self, request: Request) -> Response:
        return reply(200, {name: f"{base(request)}/{name}" for name in _RESOURCES})

    def sobjects(self, request: Request) -> Response:
        views = [self.service.view(sobject.name) for sobject in self.org.objects()]
        shown = [summary(view, base(request)) for view in views]
        return reply(200, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": shown})

    def basic(self, request: Request) -> Response:
        view = self.service.view(request.params["object"])
        return reply(200, {"objectDescribe": summary(view, base(request)), "recentItems": []})

    def describe(self, request: Request) -> Response:
        name = request.params["object"]
        view = self.service.tables.view(name) or self.service.view(name)  # computed objects can be described too
        changed = changed_at(self.org.store) // 1000
        if since := request.headers.get("If-Modified-Since"):
            try:
                if parsedate_to_datetime(since).timestamp() >= changed:
                    return Response(304, b"")
            except ValueError:
                pass  # the vendor ignores a date that it cannot read
        answer = reply(200, describe(self.org, view, base(request), self.service.app.base_url))
        answer.headers["Last-Modified"] = formatdate(changed, usegmt=True)
        return answer

    # --- single records ---

    def create(self, request: Request) -> Response:
        view = self.service.view(request.params["object"])
        row = self.writer.insert(view, [body_object(request)], save_options(request))[0]
        return _created(row, request, view, 201)

    def get(self, request: Request) -> Response:
        view = self.service.view(request.params["object"])
        record = self._record(view, request.params["id"])
        return reply(200, self.show(view, record, request))

    def update(self, request: Request) -> Response:
        view = self.service.view(request.params["object"])
        record = self._record(view, request.params["id"])
        body = body_object(request)
        if any(name.lower() == "id" for name in body):
            message = "The Id field should not be specified in the sobject data."
            raise Refusal("INVALID_FIELD", message, ["Id"])
        sent = body | {"Id": ids.encode(view.sobject.prefix, record.id)}
        _raise(self.writer.update(view, [sent], save_options(request))[0])
        return Response(204)

    def delete(self, request: Request) -> Response:
        view = self.service.view(request.params["object"])
        record = self._record(view, request.params["id"])
        _raise(self.writer.delete([ids.encode(view.sobject.prefix, record.id)])[0])
        return Response(204)

    # --- by external id ---

    def get_by_key(self, request: Request) -> Response:
        view, key, value = self._key(request)
        found = self._matches(view, key, value, request)
        if not found:
            raise not_found()
        return reply(200, self.show(view, found[0], request))

    def delete_by_key(self, request: Request) -> Response:
        view, key, value = self._key(request)
        found = self._matches(view, key, value, request)
        if not found:
            raise not_found()
        _raise(self.writer.delete([ids.encode(view.sobject.prefix, found[0].id)])[0])
        return Response(204)

    def upsert(self, request: Request) -> Response:
        view, key, value = self._key(request)
        body = body_object(request)
        if any(name.lower() == key.name.lower() for name in body):
            message = f"The {key.name} field should not be specified in the sobject data."
            raise Refusal("INVALID_FIELD", message)
        self._matches(view, key, value, request)
        row = self.writer.upsert(view, key, [body | {key.name: value}], save_options(request))[0]
        return _created(row, request, view, 201 if row.created else 200, upsert=True)

    def _key(self, request: Request) -> tuple[View, Field, str]:
        view = self.service.view(request.params["object"])
        name = request.params["field"]
        key = view.field(name)
        if key is None or not (key.is_key or key.name == "Id"):
            message = f"Provided external ID field does not exist or is not accessible: {name}"
            raise Refusal("NOT_FOUND", message)
        return view, key, request.params["value"]

    def _matches(self, view: View, key: Field, value: str, request: Request) -> list[Record]:
        """Raises Answer 300 with the addresses where several records have the value."""
        if key.name == "Id":
            return [self._record(view, value)]
        found = self.org.store.find(view.sobject.name, key.name, [key.key(value)]).get(key.key(value), [])
        numbers = [number for number in found if self.org.sees(view.sobject.name, number)]
        if len(numbers) > 1:
            root = f"{base(request)}/sobjects/{view.sobject.name}"
            raise Answer(reply(300, [f"{root}/{ids.encode(view.sobject.prefix, number)}" for number in numbers]))
        return list(self.org.store.get_many(view.sobject.name, numbers).values())

    def _record(self, view: View, text: str) -> Record:
        """Raises Refusal NOT_FOUND, ENTITY_IS_DELETED, or MALFORMED_ID for another object's id."""
        if not ids.is_id(text):
            message = f"Provided external ID field does not exist or is not accessible: {text}"
            raise Refusal("NOT_FOUND", message)
        if view.sobject.name == "Organization" and ids.restore(text) == self.org.id:
            return self.org.store.page("Organization", 0, 1)[0]
        place = ids.decode(text)
        record = self.service.tables.get_many(view.sobject.name, [place[1]]).get(place[1]) if place else None
        if place is None or place[0] != view.sobject.prefix or record is None:
            raise not_found()
        if record.archived:
            raise Refusal("ENTITY_IS_DELETED", "entity is deleted")
        return record

    def show(self, view: View, record: Record, request: Request) -> Doc:
        """A record with all fields the user sees, or those that `?fields=` names."""
        asked = [name for name in request.first("fields").split(",") if name]
        name, tables = view.sobject.name, self.service.tables
        url = f"{base(request)}/sobjects/{name}/{tables.record_id(view.sobject, record.id)}"
        shown: Doc = {"attributes": {"type": name, "url": url}}
        for f in fields_asked(view, asked) if asked else view.readable.values():
            shown[f.name] = reader(tables, view.sobject, f)(record)
        return shown


def fields_asked(view: View, names: list[str]) -> list[Field]:
    """Raises Refusal INVALID_FIELD."""
    found = []
    for name in names:
        f = view.field(name.strip())
        if f is None:
            raise no_column(name.strip(), view.sobject.name)
        found.append(f)
    return found


def columns_of(service: Service, view: View, records: list[Record], fields: list[Field]) -> list[list[Any]]:
    batch = Batch(service.tables, view.sobject, records)
    return [batch.column(Column((f.name,), (), view.sobject, f)) for f in fields]


def _raise(row: Row) -> None:
    if row.refusal is not None:
        raise row.refusal


def _created(row: Row, request: Request, view: View, status: int, *, upsert: bool = False) -> Response:
    _raise(row)
    body: Doc = {"id": row.id, "success": True, "errors": []}
    if upsert:
        body["created"] = row.created
    answer = reply(status, body)
    if status == 201:
        answer.headers["Location"] = f"{base(request)}/sobjects/{view.sobject.name}/{row.id}"
    return answer
