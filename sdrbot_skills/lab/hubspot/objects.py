"""Single records: list, get, create, update, archive, merge, erase (doc "Objects API")."""

from typing import Any

from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.hubspot import errors, links, merge
from sdrbot_skills.lab.hubspot.records import Change, Rejected
from sdrbot_skills.lab.hubspot.show import View, view_of
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.vendor import HubSpot, paging, record_id, whole

PAGE, PAGE_WITH_HISTORY = 100, 50


def add_routes(hubspot: HubSpot) -> None:
    routes = Objects(hubspot)
    hubspot.route("GET", "objects", "/{type}")(routes.list_page)
    hubspot.route("POST", "objects", "/{type}")(routes.create)
    hubspot.route("POST", "objects", "/{type}/merge")(routes.merge)
    hubspot.route("POST", "objects", "/{type}/gdpr-delete")(routes.erase)
    hubspot.route("GET", "objects", "/{type}/{id}")(routes.get)
    hubspot.route("PATCH", "objects", "/{type}/{id}")(routes.update)
    hubspot.route("DELETE", "objects", "/{type}/{id}")(routes.archive)


class Objects:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store
        self.records = hubspot.records

    def list_page(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "read")
        most = PAGE_WITH_HISTORY if request.query.get("propertiesWithHistory") else PAGE
        limit = whole(request.first("limit", "10"), "limit")
        if not 1 <= limit <= most:
            raise errors.invalid(f"Invalid 'limit' {limit}: must be between 1 and {most}")
        after = whole(request.first("after", "0") or "0", "after")
        archived = request.first("archived") == "true"
        found = self.store.page(kind.name, after, limit + 1, archived=archived)
        body: dict[str, Any] = {"results": view_of(self.hubspot, kind, request).rows(found[:limit])}
        if len(found) > limit:
            body["paging"] = paging(str(found[limit - 1].id), request)
        return reply(200, body)

    def get(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "read")
        archived = request.first("archived") == "true"
        if archived:
            record = self.store.get(kind.name, record_id(request.params["id"]))
            record = record if record and record.archived else None
        else:
            record = self._find(kind, request)
        if record is None:
            raise errors.record_missing()
        return reply(200, view_of(self.hubspot, kind, request).rows([record])[0])

    def create(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "write")
        body = request.json()
        given = properties_of(body)
        try:
            cleaned = self.records.clean(kind, given, None, request.params["api"])
        except Rejected as rejected:
            raise rejected.answer() from rejected
        wanted = inline_links(self.hubspot, kind, body)
        if kind.name == "leads" and not any(target.name in ("contacts", "companies") for target, _, _ in wanted):
            raise errors.invalid("A lead must be associated with a contact or a company when it is created")
        record = self._apply(kind, Change(cleaned))
        for target, to_id, types in wanted:
            links.connect(self.store, kind, target, [(record.id, to_id, types)])
        return reply(201, self._written(kind, request, record, cleaned))

    def update(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "write")
        record = self._find(kind, request)
        if record is None:
            raise errors.record_missing()
        try:
            cleaned = self.records.clean(kind, properties_of(request.json()), record, request.params["api"])
        except Rejected as rejected:
            raise rejected.answer() from rejected
        return reply(200, self._written(kind, request, self._apply(kind, Change(cleaned, record)), cleaned))

    def archive(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "write")
        self.records.archive(kind, [record_id(request.params["id"])])
        return Response(204)

    def merge(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "write")
        body = request.json()
        keep, lose = str(body.get("primaryObjectId", "")), str(body.get("objectIdToMerge", ""))
        found = self.records.find_alive(kind, [record_id(keep), record_id(lose)])
        primary, other = found.get(record_id(keep)), found.get(record_id(lose))
        if primary is None or other is None:
            raise errors.record_missing()
        if primary.id == other.id:
            raise errors.invalid("Cannot merge an object with itself")
        merged = merge.merge(self.hubspot, kind, primary, other)
        return reply(200, View(self.hubspot, kind).rows([merged])[0])

    def erase(self, request: Request) -> Response:
        """GDPR: gone for good, not in the recycle bin either."""
        kind = self.hubspot.kind(request, "write")
        body = request.json()
        record = self._by(kind, str(body.get("objectId", "")), body.get("idProperty", ""))
        if record is not None:
            self.records.archive(kind, [record.id])
            self.store.purge(kind.name, [record.id])
        return Response(204)

    def _find(self, kind: ObjectType, request: Request) -> Record | None:
        return self._by(kind, request.params["id"], request.first("idProperty"))

    def _by(self, kind: ObjectType, value: str, field: str) -> Record | None:
        wanted = record_id(value)
        if field and field != "hs_object_id":
            self.records.require_unique(kind, field)
            wanted = self.records.by_value(kind, field, [value]).get(value, 0)
        return self.records.find_alive(kind, [wanted]).get(wanted)

    def _apply(self, kind: ObjectType, change: Change) -> Record:
        outcome = self.records.apply(kind, [change])[0]
        if isinstance(outcome, Rejected):
            raise outcome.answer()
        return outcome

    def _written(self, kind: ObjectType, request: Request, record: Record, cleaned: dict[str, str]) -> dict[str, Any]:
        view = View(self.hubspot, kind, [*kind.defaults, *cleaned], dated=request.params["api"] != "v3")
        return view.written([record])[0]


def properties_of(body: Any) -> dict[str, Any]:
    given = body.get("properties") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        raise errors.invalid("Invalid input JSON: properties must be an object")
    return given


def inline_links(
    hubspot: HubSpot, kind: ObjectType, body: dict[str, Any]
) -> list[tuple[ObjectType, int, list[links.LinkType]]]:
    """The `associations` of a create; one that points nowhere fails the create."""
    wanted: list[tuple[ObjectType, int, list[links.LinkType]]] = []
    for association in body.get("associations") or ():
        to_id = record_id(str(association.get("to", {}).get("id", "")))
        for spec in association.get("types") or ():
            category = str(spec.get("associationCategory", "HUBSPOT_DEFINED"))
            target, link = target_of(hubspot, kind, links.stored(category, int(spec.get("associationTypeId", 0))))
            if to_id not in hubspot.records.find_alive(target, [to_id]):
                raise Answer(
                    reply(
                        400,
                        errors.body(
                            f"No {target.singular} with ID {to_id} exists, cannot associate", "INVALID_ASSOCIATION"
                        ),
                    )
                )
            wanted.append((target, to_id, [link]))
    return wanted


def target_of(hubspot: HubSpot, kind: ObjectType, key: int) -> tuple[ObjectType, links.LinkType]:
    """Which object an association type id leads to; 400 where this object has no such type (wrong direction)."""
    for target in hubspot.schema.kinds():
        link = links.link_types(hubspot.store, kind, target).get(key)
        if link:
            return target, link
    raise errors.invalid(f"{key} is not a valid association type for object type {kind.type_id}")
