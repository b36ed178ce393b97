"""Associations v4 and their dated twins (doc "Associations API v4").

The dated `batch/archive` and `batch/labels/archive` answer 200 where v4 answers 204.
"""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.hubspot import errors, labels, links
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.vendor import HubSpot, batch_reply, inputs, paging, record_id, whole

READ, WRITE, PAGE = 1000, 2000, 500
Row = dict[str, Any]
Pair = tuple[int, int, list[links.LinkType]]


def add_routes(hubspot: HubSpot) -> None:
    routes = Associations(hubspot)
    many = "/{from}/{to}/batch"
    one = "/{type}/{id}/associations"
    hubspot.route("POST", "associations", f"{many}/read", versions="v4")(routes.read)
    hubspot.route("POST", "associations", f"{many}/create", versions="v4")(routes.create)
    hubspot.route("POST", "associations", f"{many}/associate/default", versions="v4")(routes.create_default)
    hubspot.route("POST", "associations", f"{many}/archive", versions="v4")(routes.archive)
    hubspot.route("POST", "associations", f"{many}/labels/archive", versions="v4")(routes.archive_labels)
    hubspot.route("PUT", "objects", f"{one}/default/{{to}}/{{toId}}", versions="v4")(routes.put_default)
    hubspot.route("GET", "objects", f"{one}/{{to}}", versions="v4")(routes.of_record)
    hubspot.route("PUT", "objects", f"{one}/{{to}}/{{toId}}", versions="v4")(routes.put)
    hubspot.route("DELETE", "objects", f"{one}/{{to}}/{{toId}}", versions="v4")(routes.delete)
    labels.add_routes(hubspot)


class Associations:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store

    # --- reading ---

    def of_record(self, request: Request) -> Response:
        """One record's associations, by 500."""
        source = self.hubspot.kind(request, "read")
        target = self.hubspot.schema.kind(request.params["to"])
        from_id = record_id(request.params["id"])
        if from_id not in self.hubspot.records.find_alive(source, [from_id]):
            raise errors.record_missing()
        limit = whole(request.first("limit", "500"), "limit")
        if not 1 <= limit <= PAGE:
            raise errors.invalid(f"Invalid 'limit' {limit}: must be between 1 and {PAGE}")
        found = self._associated(source, target, [from_id]).get(from_id, [])
        return reply(200, _page(found, limit, whole(request.first("after", "0"), "after"), request, "results"))

    def read(self, request: Request) -> Response:
        """Up to 1,000 records; one without associations is named in `errors` (207)."""
        source, target = self._pair(request, "read")
        started = self.hubspot.stamp()
        rows = inputs(request, READ)
        asked = {record_id(str(row.get("id", ""))): row for row in rows}
        found = self._associated(source, target, list(asked))
        results: list[Row] = []
        for from_id, row in asked.items():
            if from_id in found:
                after = whole(str(row.get("after") or 0), "after")
                page = _page(found[from_id], PAGE, after, request, "to")
                results.append({"from": {"id": str(from_id)}, **page})
        missing = [str(from_id) for from_id in asked if from_id not in found]
        failures = [_none_found(source, target, one) for one in missing]
        return batch_reply(200, results, failures, started, self.hubspot.stamp())

    def _associated(self, source: ObjectType, target: ObjectType, ids: list[int]) -> dict[int, list[Row]]:
        types = {i: link.show() for i, link in links.link_types(self.store, source, target).items()}
        found: dict[int, list[Row]] = {}
        for from_id, entries in self.store.links(f"{source.name}>{target.name}", ids).items():
            rows: list[Row] = []
            last = -1
            for to_id, label in entries:
                if to_id != last:
                    rows.append({"toObjectId": to_id, "associationTypes": []})
                    last = to_id
                rows[-1]["associationTypes"].append(types[label])
            found[from_id] = rows
        return found

    # --- writing ---

    def create(self, request: Request) -> Response:
        source, target = self._pair(request, "write")
        started = self.hubspot.stamp()
        rows = inputs(request, WRITE)
        known = links.link_types(self.store, source, target)
        pairs, failures = self._existing(source, target, rows)
        wanted: list[Pair] = [(*pair, _types(row.get("types"), known, source)) for pair, row in pairs]
        links.connect(self.store, source, target, wanted)
        results = [_made(source, target, pair) for pair in wanted]
        return batch_reply(201, results, failures, started, self.hubspot.stamp())

    def create_default(self, request: Request) -> Response:
        """Without types: the unlabelled association, told in both directions."""
        source, target = self._pair(request, "write")
        started = self.hubspot.stamp()
        pairs, failures = self._existing(source, target, inputs(request, WRITE))
        links.connect(self.store, source, target, [(*pair, []) for pair, _ in pairs])
        results = [shown for pair, _ in pairs for shown in self._both_ways(source, target, pair)]
        return batch_reply(200, results, failures, started, self.hubspot.stamp())

    def put(self, request: Request) -> Response:
        source, target, pair = self._one(request)
        known = links.link_types(self.store, source, target)
        wanted = (*pair, _types(request.json(), known, source))
        links.connect(self.store, source, target, [wanted])
        return reply(201, _made(source, target, wanted))

    def put_default(self, request: Request) -> Response:
        source, target, pair = self._one(request)
        links.connect(self.store, source, target, [(*pair, [])])
        started = self.hubspot.stamp()
        return batch_reply(200, self._both_ways(source, target, pair), [], started, self.hubspot.stamp())

    def delete(self, request: Request) -> Response:
        source = self.hubspot.kind(request, "write")
        target = self.hubspot.schema.kind(request.params["to"])
        from_id, to_id = record_id(request.params["id"]), record_id(request.params["toId"])
        links.disconnect(self.store, source, target, [(from_id, to_id, None)])
        return Response(204)

    def archive(self, request: Request) -> Response:
        """All associations between the pairs; here `to` is a list."""
        source, target = self._pair(request, "write")
        pairs = [
            (_id_of(row.get("from")), _id_of(to), None)
            for row in inputs(request, WRITE)
            for to in (row["to"] if isinstance(row.get("to"), list) else [row.get("to")])
        ]
        links.disconnect(self.store, source, target, pairs)
        return self._archived(request)

    def archive_labels(self, request: Request) -> Response:
        """Single types; removing the unlabelled one removes all between the two."""
        source, target = self._pair(request, "write")
        known = links.link_types(self.store, source, target)
        listed = [
            (_id_of(row.get("from")), _id_of(row.get("to")), link)
            for row in inputs(request, WRITE)
            for link in _types(row.get("types"), known, source)
        ]
        links.disconnect(self.store, source, target, listed)
        return self._archived(request)

    def _archived(self, request: Request) -> Response:
        if request.params["api"] == "v4":
            return Response(204)
        return batch_reply(200, [], [], self.hubspot.stamp(), self.hubspot.stamp())

    # --- helpers ---

    def _pair(self, request: Request, action: str) -> tuple[ObjectType, ObjectType]:
        if action == "write":
            _may_edit(request)
        return self.hubspot.kind(request, action, "from"), self.hubspot.kind(request, action, "to")

    def _one(self, request: Request) -> tuple[ObjectType, ObjectType, tuple[int, int]]:
        _may_edit(request)
        source = self.hubspot.kind(request, "write")
        target = self.hubspot.kind(request, "write", "to")
        from_id, to_id = record_id(request.params["id"]), record_id(request.params["toId"])
        alive = self.hubspot.records.find_alive
        if from_id not in alive(source, [from_id]) or to_id not in alive(target, [to_id]):
            raise errors.record_missing()
        return source, target, (from_id, to_id)

    def _existing(
        self, source: ObjectType, target: ObjectType, rows: list[Row]
    ) -> tuple[list[tuple[tuple[int, int], Row]], list[Row]]:
        """Pairs whose both ends are there, and an error for every other input."""
        pairs = [((_id_of(row.get("from")), _id_of(row.get("to"))), row) for row in rows]
        sources = self.store.alive(source.name, {a for (a, _), _ in pairs})
        targets = self.store.alive(target.name, {b for (_, b), _ in pairs})
        good = [(pair, row) for pair, row in pairs if pair[0] in sources and pair[1] in targets]
        bad = [pair for pair, _ in pairs if pair[0] not in sources or pair[1] not in targets]
        return good, [_end_missing(source, target, pair, pair[0] in sources) for pair in bad]

    def _both_ways(self, source: ObjectType, target: ObjectType, pair: tuple[int, int]) -> list[Row]:
        return [
            _default(links.unlabelled(source, target), pair[0], pair[1]),
            _default(links.unlabelled(target, source), pair[1], pair[0]),
        ]


def _may_edit(request: Request) -> None:
    """From 2026-09 on a user's token needs the user's own permission, which the lab's user has not; others are exempt."""
    if request.params["api"] == "2026-09" and request.context["token"].get("user_level"):
        raise errors.refuse(403, "The user does not have the permission to edit associations.", "MISSING_PERMISSIONS")


def _default(type_id: int, from_id: int, to_id: int) -> Row:
    return {
        "from": {"id": str(from_id)},
        "to": {"id": str(to_id)},
        "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id},
    }


def _page(found: list[Row], limit: int, after: int, request: Request, name: str) -> Row:
    rest = [row for row in found if row["toObjectId"] >= after]
    page: Row = {name: rest[:limit]}
    if len(rest) > limit:
        page["paging"] = paging(str(rest[limit]["toObjectId"]), request)
    return page


def _id_of(end: Any) -> int:
    return record_id(str(end.get("id", ""))) if isinstance(end, dict) else 0


def _types(specs: Any, known: dict[int, links.LinkType], source: ObjectType) -> list[links.LinkType]:
    """Raises 400 for a type id of another direction or pair."""
    if not isinstance(specs, list) or not specs:
        raise errors.invalid("types must be a list of association types")
    found: list[links.LinkType] = []
    for spec in specs:
        category, type_id = (
            str(spec.get("associationCategory", "HUBSPOT_DEFINED")),
            int(spec.get("associationTypeId", 0)),
        )
        link = known.get(links.stored(category, type_id))
        if link is None:
            raise errors.invalid(f"{category} {type_id} is not a valid association type from type {source.type_id}")
        found.append(link)
    return found


def _made(source: ObjectType, target: ObjectType, pair: Pair) -> Row:
    from_id, to_id, types = pair
    return {
        "fromObjectTypeId": source.type_id,
        "fromObjectId": from_id,
        "toObjectTypeId": target.type_id,
        "toObjectId": to_id,
        "labels": [link.label for link in types if link.label],
    }


def _none_found(source: ObjectType, target: ObjectType, from_id: str) -> Row:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {target.singular} is associated with {source.singular} {from_id}.",
        "context": {
            "fromObjectId": [from_id],
            "fromObjectType": [source.type_id],
            "toObjectType": [target.type_id],
        },
    }


def _end_missing(source: ObjectType, target: ObjectType, pair: tuple[int, int], source_there: bool) -> Row:
    kind, record = (target, pair[1]) if source_there else (source, pair[0])
    return {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "subCategory": "crm.associations.INVALID_OBJECT_ID",
        "message": f"{kind.singular.upper()}={record} is not valid",
        "context": {
            "fromObjectId": [str(pair[0])],
            "toObjectId": [str(pair[1])],
            "objectId": [str(record)],
            "objectType": [kind.type_id],
        },
    }
