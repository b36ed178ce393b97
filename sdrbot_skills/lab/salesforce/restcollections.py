"""sObject collections: up to 200 records a call, answered row by row and in order (vendor doc "sObject Collections")."""

from itertools import groupby
from typing import Any

from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.org import View
from sdrbot_skills.lab.salesforce.restrecords import columns_of, fields_asked
from sdrbot_skills.lab.salesforce.rows import Row
from sdrbot_skills.lab.salesforce.service import Service, base, body_object, save_options

Doc = dict[str, Any]
MAX_RECORDS, MAX_READ, MAX_CHUNKS = 200, 2000, 10


class RestCollections:
    def __init__(self, service: Service) -> None:
        self.service, self.org, self.writer = service, service.org, service.writer

    def add_routes(self) -> None:
        route = self.service.route
        route("POST", "/composite/sobjects", self.insert)
        route("PATCH", "/composite/sobjects", self.update)
        route("DELETE", "/composite/sobjects", self.delete)
        route("POST", "/composite/sobjects/{object}", self.read)
        route("GET", "/composite/sobjects/{object}", self.read_by_url)
        route("PATCH", "/composite/sobjects/{object}/{field}", self.upsert)

    def insert(self, request: Request) -> Response:
        return self._each_object(request, self.writer.insert)

    def update(self, request: Request) -> Response:
        return self._each_object(request, self.writer.update)

    def _each_object(self, request: Request, save: Any) -> Response:
        """Records of several objects are processed as chunks of neighbours, at most ten."""
        records, all_or_none = _records(request)
        options = save_options(request, all_or_none=all_or_none)
        chunks = [(name, list(group)) for name, group in groupby(records, key=_type)]
        if len(chunks) > MAX_CHUNKS:
            message = (
                "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking."
            )
            raise Refusal("LIMIT_EXCEEDED", message)
        views = {name: self._view(name) for name, _ in chunks}
        rows: list[Row] = []
        for name, group in chunks:
            rows += save(views[name], group, options)
        return self._answer(rows, all_or_none=all_or_none)

    def upsert(self, request: Request) -> Response:
        records, all_or_none = _records(request)
        view = self._view(request.params["object"])
        name = request.params["field"]
        key = view.field(name)
        if key is None or not (key.external_id or key.id_lookup):
            message = f"Field name provided, {name} is not an External ID or indexed field for {view.sobject.name}"
            raise Refusal("INVALID_FIELD", message)
        if any(_type(record) != view.sobject.name for record in records):
            raise Refusal("INVALID_INPUT", "All records must be of the object type that the URL names")
        rows = self.writer.upsert(view, key, records, save_options(request, all_or_none=all_or_none))
        return self._answer(rows, all_or_none=all_or_none, upsert=True)

    def delete(self, request: Request) -> Response:
        wanted = [text for text in request.first("ids").split(",") if text]
        _check_size(len(wanted), MAX_RECORDS)
        all_or_none = request.first("allOrNone", "false").lower() == "true"
        rows = self.writer.delete(wanted, all_or_none=all_or_none)
        return self._answer(rows, all_or_none=all_or_none)

    def read(self, request: Request) -> Response:
        body = body_object(request)
        return self._read(request, [str(text) for text in body.get("ids", [])], body.get("fields", []))

    def read_by_url(self, request: Request) -> Response:
        return self._read(request, request.first("ids").split(","), request.first("fields").split(","))

    def _read(self, request: Request, wanted: list[str], names: list[str]) -> Response:
        """In the order asked; null where a record does not exist or is in the recycle bin."""
        view = self._view(request.params["object"])
        _check_size(len(wanted), MAX_READ)
        fields = fields_asked(view, names)
        places = [ids.decode(text) for text in wanted]
        numbers = [place[1] for place in places if place and place[0] == view.sobject.prefix]
        found = self.service.tables.get_many(view.sobject.name, numbers)
        records = [record for record in found.values() if not record.archived]
        columns = columns_of(self.service, view, records, fields)
        url = f"{base(request)}/sobjects/{view.sobject.name}/"
        shown: dict[int, Doc] = {}
        for i, record in enumerate(records):
            record_id = ids.encode(view.sobject.prefix, record.id)
            shown[record.id] = {"attributes": {"type": view.sobject.name, "url": url + record_id}} | {
                f.name: column[i] for f, column in zip(fields, columns, strict=True)
            }
        return reply(200, [shown.get(place[1]) if place else None for place in places])

    def _view(self, name: str) -> View:
        view = self.org.view(name)
        if view is None:
            raise Refusal("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return view

    def _answer(self, rows: list[Row], *, all_or_none: bool, upsert: bool = False) -> Response:
        """Raises Answer, which takes back what earlier chunks wrote, where all or none was asked for."""
        if all_or_none and not all(row.ok for row in rows):
            raise Answer(reply(200, [_rolled_back(row) for row in rows]))
        return reply(200, [_result(row, upsert=upsert) for row in rows])


def _records(request: Request) -> tuple[list[Doc], bool]:
    body = body_object(request)
    records = body.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise Refusal("INVALID_INPUT", "The request needs a list of records")
    _check_size(len(records), MAX_RECORDS)
    return records, bool(body.get("allOrNone", False))


def _check_size(number: int, most: int) -> None:
    if number > most:
        message = f"record limit reached. cannot submit more than {most} records into this call"
        raise Refusal("EXCEEDED_ID_LIMIT", message)


def _type(record: Doc) -> str:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        raise Refusal("INVALID_INPUT", "Each record needs attributes with a type")
    return name


def _result(row: Row, *, upsert: bool) -> Doc:
    if row.refusal is not None:
        refused = {"statusCode": row.refusal.code, "message": row.refusal.message, "fields": row.refusal.fields}
        shown: Doc = {"success": False, "errors": [refused]}
        return {"id": row.id, **shown} if row.id and not row.created else shown
    shown = {"id": row.id, "success": True, "errors": []}
    if upsert:
        shown["created"] = row.created
    return shown


def _rolled_back(row: Row) -> Doc:
    if row.refusal is None:
        message = "Record rolled back because not all records were valid and the request was using AllOrNone header"
        row.refuse(Refusal("ALL_OR_NONE_OPERATION_ROLLED_BACK", message))
    return _result(row, upsert=False)
