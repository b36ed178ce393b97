"""The v2 end points of records: create, read, change, delete, list."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sdrbot_skills.lab.core.clock import to_seconds
from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.records import Records
from sdrbot_skills.lab.pipedrive.vendor import (
    Pipedrive,
    body_of,
    cursor_after,
    cursor_at,
    limit_of,
    record_id,
    success,
)

MOST_IDS, MOST_CUSTOM = 100, 15
_DELETE_RIGHTS = {"deals": "can_delete_deals", "activities": "can_delete_activities"}


def add_routes(pipedrive: Pipedrive, records: Records) -> None:
    for entity in records.entities:
        _add_lists(pipedrive, records, entity)
        _add_single(pipedrive, records, entity)


def _add_lists(pipedrive: Pipedrive, records: Records, entity: str) -> None:
    @pipedrive.v2("GET", f"/{entity}")
    def listing(request: Request) -> Response:
        return _list(pipedrive, records, entity, request)

    if entity == "deals":

        @pipedrive.v2("GET", "/deals/archived")
        def archived(request: Request) -> Response:
            return _list(pipedrive, records, entity, request, archived_deals=True)


def _add_single(pipedrive: Pipedrive, records: Records, entity: str) -> None:
    spec = records.entities[entity]

    @pipedrive.v2("POST", f"/{entity}")
    def create(request: Request) -> Response:
        record = records.create(entity, body_of(request))
        return success(records.shown(entity, record), spec.get("created_status", 200))

    @pipedrive.v2("GET", f"/{entity}/{{id:[0-9]+}}")
    def show(request: Request) -> Response:
        record = pipedrive.store.get(entity, record_id(request.params["id"]))
        if record is None:
            raise errors.not_found()
        return success(_entry(pipedrive, records, entity, record, request))

    @pipedrive.v2("PATCH", f"/{entity}/{{id:[0-9]+}}")
    def change(request: Request) -> Response:
        body = body_of(request)
        record = pipedrive.store.get(entity, record_id(request.params["id"]))
        restoring = entity == "deals" and body.get("is_deleted") is False
        if record is None or (record.archived and not restoring):
            raise errors.not_found()
        if restoring:
            pipedrive.store.archive(entity, [record.id], archived=False)
        changed = records.update(entity, record._replace(archived=False), body)
        return success(records.shown(entity, changed))

    @pipedrive.v2("DELETE", f"/{entity}/{{id:[0-9]+}}")
    def delete(request: Request) -> Response:
        """Into the bin, for 30 days."""
        pipedrive.need(_DELETE_RIGHTS.get(entity, ""))
        record = records.one(entity, record_id(request.params["id"]))
        pipedrive.store.archive(entity, [record.id])
        return success({"id": record.id})


# --- lists ---


def _list(
    pipedrive: Pipedrive, records: Records, entity: str, request: Request, *, archived_deals: bool = False
) -> Response:
    limit = limit_of(request)
    if request.first("ids"):
        return _by_ids(pipedrive, records, entity, request, archived_deals=archived_deals)
    wanted = _filter(records, entity, request)
    deleted = request.first("status") == "deleted"
    key = _sort_key(request)
    descending = request.first("sort_direction", "asc") == "desc"
    after = cursor_after(request)
    rows: list[Record] = []
    if key is _by_id and not descending:
        for record in _scan(pipedrive, records, entity, after, archived_deals=archived_deals, deleted=deleted):
            if wanted(record):
                rows.append(record)
            if len(rows) > limit:
                break
    else:
        found = filter(wanted, records.all(entity, archived_deals=archived_deals, deleted=deleted))
        ordered = sorted(found, key=lambda record: [key(record), record.id], reverse=descending)
        rows = [r for r in ordered if after is None or _beyond([key(r), r.id], after, descending=descending)]
        rows = rows[: limit + 1]
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = cursor_at(last.id if key is _by_id and not descending else [key(last), last.id])
    shown = [_entry(pipedrive, records, entity, record, request) for record in rows[:limit]]
    return success(shown, additional_data={"next_cursor": following})


def _scan(
    pipedrive: Pipedrive, records: Records, entity: str, after: Any, *, archived_deals: bool, deleted: bool
) -> Any:
    for record in pipedrive.store.scan(entity, after or 0, archived=deleted):
        if entity != "deals" or bool(record.doc.get("is_archived")) is archived_deals:
            yield record


def _beyond(place: list[Any], after: list[Any], *, descending: bool) -> bool:
    return place < after if descending else place > after


def _by_id(record: Record) -> int:
    return record.id


def _sort_key(request: Request) -> Callable[[Record], Any]:
    name = request.first("sort_by", "id")
    if name == "id":
        return _by_id
    if name not in ("add_time", "update_time", "due_date"):
        raise errors.invalid("sort_by", "The value should be one of id, add_time, update_time")
    return lambda record: str(record.doc.get(name) or "")


def _by_ids(pipedrive: Pipedrive, records: Records, entity: str, request: Request, *, archived_deals: bool) -> Response:
    """What is missing, deleted or elsewhere is silently left out."""
    ids = [record_id(part) for part in request.first("ids").split(",")]
    if len(ids) > MOST_IDS:
        raise errors.invalid("ids", f"At most {MOST_IDS} ids are allowed")
    found = pipedrive.store.get_many(entity, ids)
    kept = [
        found[i]
        for i in sorted(set(ids))
        if i in found
        and not found[i].archived
        and (entity != "deals" or bool(found[i].doc.get("is_archived")) is archived_deals)
    ]
    shown = [_entry(pipedrive, records, entity, record, request) for record in kept]
    return success(shown, additional_data={"next_cursor": None})


def _filter(records: Records, entity: str, request: Request) -> Callable[[Record], bool]:
    equal = {name: request.first(name) for name in records.entities[entity]["filters"] if request.first(name)}
    since, until = (_moment(request, name) for name in ("updated_since", "updated_until"))
    statuses = [part for part in request.first("status").split(",") if part and part != "deleted"]

    def wanted(record: Record) -> bool:
        doc = record.doc
        return (
            all(str(doc.get(name)) == value for name, value in equal.items())
            and (not since or doc["update_time"] >= since)
            and (not until or doc["update_time"] < until)
            and (not statuses or entity != "deals" or doc["status"] in statuses)
        )

    return wanted


def _moment(request: Request, name: str) -> str:
    """RFC 3339 without a fraction; with one the vendor answers 400."""
    text = request.first(name)
    if not text:
        return ""
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError as error:
        raise errors.invalid(name, "The value is not a valid 'date-time'") from error
    if "." in text or stamp.tzinfo is None:
        raise errors.invalid(name, "The value is not a valid 'date-time'")
    return f"{to_seconds(datetime.fromtimestamp(stamp.timestamp(), _UTC))}Z"


_UTC = datetime.fromisoformat("2000-01-01T00:00:00Z").tzinfo


def _entry(pipedrive: Pipedrive, records: Records, entity: str, record: Record, request: Request) -> dict[str, Any]:
    """A record as this request wants it: `custom_fields` narrows, `include_fields` adds."""
    entry = records.shown(entity, record)
    if codes := [code for code in request.first("custom_fields").split(",") if code]:
        if len(codes) > MOST_CUSTOM:
            raise errors.invalid("custom_fields", f"At most {MOST_CUSTOM} keys are allowed")
        entry["custom_fields"] = {c: v for c, v in entry.get("custom_fields", {}).items() if c in codes}
    for name in request.first("include_fields").split(","):
        if name == "participants_count":
            entry[name] = len(pipedrive.store.links("participants", [record.id]).get(record.id, []))
        elif name in ("marketing_status", "doi_status") and "campaigns" in pipedrive.variants:
            entry[name] = record.doc.get(name, "no_consent" if name == "marketing_status" else None)
        elif name:
            entry[name] = None if name.endswith("_time") or name.endswith("_id") else 0
    return entry
