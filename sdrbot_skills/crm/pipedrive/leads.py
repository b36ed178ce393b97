"""Leads, which only v1 has: listed by offset, their ids UUIDs, custom fields flat at the root under the keys of deals (API reference v1 "Leads").

A lead of Pipedrive is a deal to be: it has a title and an amount and belongs to a person or an organization, without which it cannot be made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.crm.pipedrive.client import PAGE, PipedriveClient

OBJECT = "leads"
AMOUNT = "amount"
"""`Field.vendor_type` of a lead's value, which names its currency itself."""

OVERLAP = 50
"""How far a page reaches back into the one before: by so many, leads may be deleted meanwhile without one being passed over."""

_SYSTEM = {
    "title": ("Title", "varchar"),
    "value": ("Value", AMOUNT),
    "owner_id": ("Owner", "user"),
    "label_ids": ("Labels", "set"),
    "person_id": ("Person", "people"),
    "organization_id": ("Organization", "org"),
    "expected_close_date": ("Expected close date", "date"),
    "visible_to": ("Visible to", "enum"),
    "was_seen": ("Seen", "boolean"),
    "is_archived": ("Archived", "boolean"),
    "source_name": ("Source", "varchar"),
    "add_time": ("Created", "date"),
    "update_time": ("Changed", "date"),
}


def definitions(client: PipedriveClient, of_deals: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A lead's fields: its own, spelled as v2 spells definitions, and the custom ones of deals."""
    labels = client.get(f"{client.v1}/leadLabels")["data"] or []
    options = {
        "label_ids": [{"id": one["id"], "label": one["name"]} for one in labels],
        "visible_to": next((one["options"] for one in of_deals if one["field_code"] == "visible_to"), None),
    }
    own = [
        {
            "field_code": code,
            "field_name": name,
            "field_type": field_type,
            "options": options.get(code),
            "is_custom_field": False,
        }
        for code, (name, field_type) in _SYSTEM.items()
    ]
    return own + [dict(one) for one in of_deals if one["is_custom_field"]]


# -- reading ----------------------------------------------------------------------------------------------------------


def page(client: PipedriveClient, place: str, after: str | None) -> tuple[list[dict[str, Any]], str | None]:
    """One page of `leads` or `leads/archived`, oldest first, and where the next one begins: `offset/id/creation` of the last lead.

    Each page begins a little before the end of the one before and goes on behind its last lead: offsets shift when a lead is deleted.
    """
    offset, last, made = (after or "0//").split("/", 2)
    start = max(0, int(offset) - OVERLAP)
    rows, more = _listed(client, place, start)
    following = f"{start + len(rows)}/{rows[-1]['id']}/{rows[-1]['add_time']}" if more and rows else None
    known = next((number for number, row in enumerate(rows) if row["id"] == last), None)
    # A last lead that is gone itself is known by its time.
    new = [row for row in rows if row["add_time"] >= made] if known is None else rows[known + 1 :]
    return new, following


def changed(client: PipedriveClient, since: str | None) -> Iterator[list[dict[str, Any]]]:
    """All leads, or the open ones changed since a moment; the archive cannot be asked for changes."""
    for place in ("leads", "leads/archived") if since is None else ("leads",):
        start, more = 0, True
        while more:
            rows, more = _listed(client, place, start, *([("updated_since", since)] if since else []))
            yield rows
            start += len(rows)


def _listed(
    client: PipedriveClient, place: str, start: int, *query: tuple[str, str]
) -> tuple[list[dict[str, Any]], bool]:
    asked = [("start", str(start)), ("limit", str(PAGE)), ("sort", "add_time ASC"), *query]
    answer = client.get(f"{client.v1}/{place}", asked)
    rows: list[dict[str, Any]] = answer["data"] or []
    told = answer.get("additional_data") or {}
    return rows, bool(rows and (told.get("pagination") or told).get("more_items_in_collection"))


def by_ids(client: PipedriveClient, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Single leads, archived ones too, a call each; those that are not there are left out."""
    found = []
    for one in dict.fromkeys(ids):
        try:
            found.append(client.get(f"{client.v1}/{OBJECT}/{one}")["data"])
        except Missing:
            continue
    return found


# -- the layout of a lead ---------------------------------------------------------------------------------------------


def unfolded(row: Mapping[str, Any], names: Mapping[str, str], types: Mapping[str, str]) -> dict[str, Any]:
    """Values by field name, custom ones as v2 has them. `names`: by key; `types`: vendor types by key.

    v1 spells several choices as `1,2`, and an amount's currency beside it (guide "API v2 migration").
    """
    values = {names.get(key, key): _as_v2(key, value, types.get(key, ""), row) for key, value in row.items()}
    money = row.get("value")
    values["value"] = {"value": money["amount"], "currency": money["currency"]} if money else None
    return values


def _as_v2(key: str, value: Any, field_type: str, row: Mapping[str, Any]) -> Any:
    if value is None or not field_type:
        return value
    if field_type == "set" and isinstance(value, str):
        return [int(one) for one in value.split(",") if one.strip().isdigit()]
    if field_type == "monetary" and not isinstance(value, Mapping):
        return {"value": value, "currency": row.get(f"{key}_currency")}
    if field_type in ("user", "org", "people") and isinstance(value, Mapping):
        return value.get("value")
    return value


def folded(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a write made of one as deals have it: no nesting, and `visible_to` is a text."""
    flat: dict[str, Any] = {name: value for name, value in body.items() if name != "custom_fields"}
    flat |= body.get("custom_fields") or {}
    if flat.get("value") is not None:
        flat["value"] = {"amount": flat["value"]["value"], "currency": flat["value"]["currency"]}
    if "visible_to" in flat:
        flat["visible_to"] = str(flat["visible_to"])
    return flat
