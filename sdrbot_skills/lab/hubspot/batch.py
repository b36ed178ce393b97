"""Batches of records (doc "Objects API", "Error handling: multi-status errors").

Without a distinct objectWriteTraceId on every input a batch is all or nothing: the first bad row refuses it whole, with
that row's status. With them, rows fail on their own and the answer is 207. Results come in no particular order: here
they are turned, so that nobody can rely on it.
"""

from typing import Any, TypeVar

from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.hubspot import errors, links
from sdrbot_skills.lab.hubspot.objects import inline_links, properties_of
from sdrbot_skills.lab.hubspot.records import Change, Rejected
from sdrbot_skills.lab.hubspot.show import View
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.vendor import HubSpot, batch_reply, inputs, record_id

MOST = 100
Row = dict[str, Any]
T = TypeVar("T")


def add_routes(hubspot: HubSpot) -> None:
    routes = Batches(hubspot)
    hubspot.route("POST", "objects", "/{type}/batch/read")(routes.read)
    hubspot.route("POST", "objects", "/{type}/batch/create")(routes.create)
    hubspot.route("POST", "objects", "/{type}/batch/update")(routes.update)
    hubspot.route("POST", "objects", "/{type}/batch/upsert")(routes.upsert)
    hubspot.route("POST", "objects", "/{type}/batch/archive")(routes.archive)


class Batches:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store
        self.records = hubspot.records

    def read(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "read")
        started = self.hubspot.stamp()
        body = request.json()
        asked = [str(row.get("id", "")) for row in inputs(request, MOST)]
        field = body.get("idProperty") or ""
        if field and field != "hs_object_id":
            self.records.require_unique(kind, field)
            ids = self.records.by_value(kind, field, asked)
        else:
            ids = {value: record_id(value) for value in asked}
        if request.first("archived") == "true":
            everything = self.store.get_many(kind.name, ids.values())
            found = {i: record for i, record in everything.items() if record.archived}
        else:
            found = self.records.find_alive(kind, list(ids.values()))
        view = View(
            self.hubspot,
            kind,
            body.get("properties") or (),
            body.get("propertiesWithHistory") or (),
            dated=request.params["api"] != "v3",
            hidden=self.hubspot.hidden(request, kind),
        )
        unique = {record.id: record for record in found.values()}
        missing = [value for value in dict.fromkeys(asked) if ids.get(value) not in found]
        failures = [_missing(kind, missing)] if missing else []
        return batch_reply(200, turned(view.rows(list(unique.values()))), failures, started, self.hubspot.stamp())

    def create(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "write")
        batch = _Batch(self.hubspot, kind, request)
        pairs: list[tuple[Row, Change]] = []
        wanted = {}
        for row in batch.rows:
            cleaned = batch.clean(row, properties_of(row), None)
            if cleaned is not None:
                change = Change(cleaned, trace=_trace(row))
                if row.get("associations"):
                    wanted[id(change)] = inline_links(self.hubspot, kind, row)
                pairs.append((row, change))
        done = batch.apply(pairs)
        for change, record in done:
            for target, to_id, types in wanted.get(id(change), ()):
                links.connect(self.store, kind, target, [(record.id, to_id, types)])
        return batch.reply(201, done)

    def update(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "write")
        batch = _Batch(self.hubspot, kind, request)
        fields = {str(row["idProperty"]) for row in batch.rows if row.get("idProperty")}
        for field in fields:
            if field in ("email", "hs_object_id"):
                raise errors.invalid(f"Unable to perform update/upsert by non-unique {kind.type_id} property: {field}")
        old = self._existing(kind, batch)
        pairs: list[tuple[Row, Change]] = []
        for row in batch.rows:
            record = old.get(_key(row))
            if record is None:
                if batch.traced or row.get("idProperty"):
                    batch.fail(row, 404, _missing(kind, [str(row.get("id", ""))]))
                continue  # an unknown record id is passed over without a word
            cleaned = batch.clean(row, properties_of(row), record)
            if cleaned is not None:
                pairs.append((row, Change(cleaned, record, _trace(row))))
        return batch.reply(200, batch.apply(pairs))

    def upsert(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "write")
        batch = _Batch(self.hubspot, kind, request)
        for row in batch.rows:
            if not row.get("idProperty") or row.get("id") in (None, ""):
                raise errors.invalid("idProperty and id are required for every input of an upsert")
        for field in {str(row["idProperty"]) for row in batch.rows}:
            self.records.require_unique(kind, field)
        old = self._existing(kind, batch)
        pairs: list[tuple[Row, Change]] = []
        for row in batch.rows:
            record = old.get(_key(row))
            given = properties_of(row)
            if record is None:
                given = {row["idProperty"]: row["id"], **given}
            cleaned = batch.clean(row, given, record)
            if cleaned is not None:
                pairs.append((row, Change(cleaned, record, _trace(row))))
        return batch.reply(200, batch.apply(pairs), upsert=True)

    def archive(self, request: Request) -> Response:
        """204 whether the records were there or not."""
        kind = self.hubspot.kind(request, "write")
        self.records.archive(kind, [record_id(str(row.get("id", ""))) for row in inputs(request, MOST)])
        return Response(204)

    def _existing(self, kind: ObjectType, batch: "_Batch") -> dict[tuple[str, str], Record]:
        """(idProperty, value) -> record. Two inputs for one record refuse the batch."""
        by_field: dict[str, list[str]] = {}
        for row in batch.rows:
            by_field.setdefault(_key(row)[0], []).append(_key(row)[1])
        ids: dict[tuple[str, str], int] = {}
        twice: list[str] = []
        for field, wanted in by_field.items():
            if field:
                self.records.require_unique(kind, field)
                found = self.records.by_value(kind, field, wanted)
            else:
                found = {value: record_id(value) for value in wanted}
            ids |= {(field, value): i for value, i in found.items()}
            same = [value.strip().lower() if field == "email" else value for value in wanted]
            twice += (
                [value for value in dict.fromkeys(same) if same.count(value) > 1] if len(set(same)) < len(same) else []
            )
        owners = list(ids.values())
        twice += (
            [str(i) for i in dict.fromkeys(owners) if owners.count(i) > 1] if len(set(owners)) < len(owners) else []
        )
        if twice:
            raise errors.invalid(f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique")
        records = self.records.find_alive(kind, owners)
        return {key: records[i] for key, i in ids.items() if i in records}


class _Batch:
    """One request's rows, what became of them, and how it is told."""

    def __init__(self, hubspot: HubSpot, kind: ObjectType, request: Request) -> None:
        self.hubspot = hubspot
        self.kind = kind
        self.api = request.params["api"]
        self.started = hubspot.stamp()
        self.rows = inputs(request, MOST)
        traces = [_trace(row) for row in self.rows]
        self.traced = all(traces) and len(set(traces)) == len(traces)
        self.failures: list[Row] = []

    def clean(self, row: Row, given: Row, old: Record | None) -> dict[str, str] | None:
        """The row's cleaned values; None where it was refused, which is noted."""
        try:
            return self.hubspot.records.clean(self.kind, given, old, self.api)
        except Rejected as rejected:
            self.fail(row, rejected.status, rejected.body)
            return None

    def fail(self, row: Row, status: int, body: Row) -> None:
        """Note the row's error, or refuse the whole batch with it."""
        if not self.traced:
            raise Rejected(status, body).answer()
        context = {**body.get("context", {}), "objectWriteTraceId": [_trace(row)]}
        known = ("category", "message", "errors", "subCategory")
        self.failures.append({"status": "error", **{n: body[n] for n in known if n in body}, "context": context})

    def apply(self, pairs: list[tuple[Row, Change]]) -> list[tuple[Change, Record]]:
        done: list[tuple[Change, Record]] = []
        outcomes = self.hubspot.records.apply(self.kind, [change for _, change in pairs])
        for (row, change), outcome in zip(pairs, outcomes, strict=True):
            if isinstance(outcome, Rejected):
                self.fail(row, outcome.status, outcome.body)
            else:
                done.append((change, outcome))
        return done

    def reply(self, success: int, done: list[tuple[Change, Record]], *, upsert: bool = False) -> Response:
        names = set(self.kind.defaults).union(*(change.values for change, _ in done))
        view = View(self.hubspot, self.kind, list(names), dated=self.api != "v3")
        rows = view.written([record for _, record in done])
        for (change, _), row in zip(done, rows, strict=True):
            if upsert:
                row["new"] = change.old is None
            if change.trace:
                row["objectWriteTraceId"] = change.trace
        return batch_reply(success, turned(rows), self.failures, self.started, iso_z(self.hubspot.store.clock.now_ms()))


def _missing(kind: ObjectType, ids: list[str]) -> Row:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": f"Could not get some {kind.singular.upper()} objects, they may be deleted or not exist. "
        "Check that ids are valid.",
        "context": {"ids": ids},
    }


def _trace(row: Row) -> str:
    return str(row.get("objectWriteTraceId") or "")


def _key(row: Row) -> tuple[str, str]:
    return str(row.get("idProperty") or ""), str(row.get("id", ""))


def turned(rows: list[T]) -> list[T]:
    """The same rows in another order."""
    middle = len(rows) // 3 + 1
    return rows[middle:] + rows[:middle]
