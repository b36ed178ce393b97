"""Search (v2): persons, organizations, deals and products by text; the index lags behind the store where the lab is told so."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.records import Records
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, cursor_after, cursor_at, limit_of, success

SHORTEST = 2


def add_routes(pipedrive: Pipedrive, records: Records) -> None:
    for entity, spec in records.entities.items():
        if "search" in spec:
            _add(pipedrive, records, entity)


def _add(pipedrive: Pipedrive, records: Records, entity: str) -> None:
    @pipedrive.v2("GET", f"/{entity}/search")
    def search(request: Request) -> Response:
        """Terms of one character are refused; without `exact_match` a part is enough."""
        term, exact = request.first("term").casefold(), request.first("exact_match") in ("true", "1")
        if len(term) < SHORTEST:
            raise errors.invalid("term", f"The value must be at least {SHORTEST} characters long")
        wanted = [name for name in request.first("fields").split(",") if name]
        stale = pipedrive.store.lagging(entity)
        found = []
        for record in records.all(entity):
            doc = stale.get(record.id, record.doc)
            if doc is not None and _matches(records, entity, doc, term, wanted, exact=exact):
                found.append(_item(records, entity, record.id, doc))
        limit, start = limit_of(request), cursor_after(request) or 0
        following = cursor_at(start + limit) if len(found) > start + limit else None
        return success({"items": found[start : start + limit]}, additional_data={"next_cursor": following})


def _matches(records: Records, entity: str, doc: dict[str, Any], term: str, wanted: list[str], *, exact: bool) -> bool:
    texts: list[str] = []
    for name in records.entities[entity]["search"]:
        if not wanted or name.rstrip("s") in wanted or name in wanted:
            texts += _texts(doc.get(name))
    if not wanted or "custom_fields" in wanted:
        texts += [part for value in doc.get("custom_fields", {}).values() for part in _texts(value)]
    folded = [text.casefold() for text in texts]
    return term in folded if exact else any(term in text for text in folded)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return _texts(value.get("value"))
    if isinstance(value, list):
        return [text for entry in value for text in _texts(entry)]
    return [str(value)] if isinstance(value, int | float) and not isinstance(value, bool) else []


def _item(records: Records, entity: str, record_id: int, doc: dict[str, Any]) -> dict[str, Any]:
    spec = records.entities[entity]
    item: dict[str, Any] = {"id": record_id, "type": spec["singular"]}
    item[spec["label"]] = doc.get(spec["label"])
    item |= {"visible_to": doc.get("visible_to"), "owner": {"id": doc.get("owner_id")}}
    if entity == "persons":
        item |= {name: [one["value"] for one in doc.get(name, [])] for name in ("phones", "emails")}
        item |= {"primary_email": next(iter(item["emails"]), None), "organization": None}
    custom = [str(value) for value in doc.get("custom_fields", {}).values() if isinstance(value, str)]
    return {"result_score": 0.5, "item": {**item, "custom_fields": custom, "notes": []}}
