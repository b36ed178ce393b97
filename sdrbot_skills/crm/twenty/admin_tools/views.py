"""Views: the tables and boards in which people see records."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Change, changes, given, reads
from sdrbot_skills.crm.twenty.admin_tools.definitions import names_by_id, object_of
from sdrbot_skills.crm.twenty.admin_tools.viewparts import Entry, changed, made, one, removed, rows
from sdrbot_skills.crm.twenty.client import TwentyClient

ICONS = {"TABLE": "IconList", "KANBAN": "IconLayoutKanban"}
PARTS = {"viewFields": "columns", "viewFilters": "filters", "viewSorts": "sorts", "viewGroups": "groups"}
VENDOR_NAMES = {"view_type": "type", "is_compact": "isCompact"}


@reads
def list_views(client: TwentyClient, object_id: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """The views of an object (its id or name, `companies`), or of all."""
    names = names_by_id(client)
    query = {"objectMetadataId": str(object_of(client, object_id).doc["id"])} if object_id else {}
    found = rows(client, "views", **query)
    return [{**_told(view), "object": names.get(view["objectMetadataId"])} for view in found[:limit]]


@reads
def get_view(client: TwentyClient, view_id: str) -> dict[str, Any]:
    """One view with its columns, and how many filters, sorts and groups it has."""
    view, names = one(client, "views", view_id), names_by_id(client)
    parts = {word: rows(client, kind, viewId=view_id) for kind, word in PARTS.items()}
    shown = [names.get(column["fieldMetadataId"]) for column in parts["columns"] if column["isVisible"]]
    return {**_told(view), "shows": shown, **{word: len(found) for word, found in parts.items()}}


@changes
def create_view(
    client: TwentyClient,
    object_id: str,
    name: str,
    view_type: str = "table",
    icon: str | None = None,
    is_compact: bool = False,
) -> Change:
    """Make a view of an object. `view_type`: table or kanban. Columns are added afterwards, with `create_view_field`."""
    owner, kind = object_of(client, object_id), view_type.upper()
    body = {
        "name": name,
        "objectMetadataId": owner.doc["id"],
        "type": kind,
        "icon": icon or ICONS.get(kind, "IconList"),
        "isCompact": is_compact,
    }
    return made("views", body, f"Makes the view {name} ({view_type}) of {owner.plural}.", "view", _told)


@changes
def update_view(
    client: TwentyClient,
    view_id: str,
    name: str | None = None,
    view_type: str | None = None,
    icon: str | None = None,
    is_compact: bool | None = None,
) -> Change:
    """Change a view's name, icon, type (table or kanban), or how tight its rows stand."""
    view = one(client, "views", view_id)
    wanted = given(name=name, view_type=view_type and view_type.upper(), icon=icon, is_compact=is_compact)
    before = {part: view[VENDOR_NAMES.get(part, part)] for part in wanted}
    body = {VENDOR_NAMES.get(part, part): value for part, value in wanted.items()}
    return changed("views", view, body, f"the view {view['name']}", "view", wanted, before, _told)


@changes
def delete_view(client: TwentyClient, view_id: str) -> Change:
    """Remove a view, with its columns, filters, sorts and groups; no record changes. Twenty has no call that brings a view back."""
    view = one(client, "views", view_id)
    parts = {word: len(rows(client, kind, viewId=view_id)) for kind, word in PARTS.items()}
    held = ", ".join(f"{number} {word}" for word, number in parts.items())
    says = f"Removes the view {view['name']} for everybody, with its {held}. No record changes; the view cannot be brought back."
    return removed("views", view, says, {**_told(view), **parts}, None)


def _told(view: Entry) -> dict[str, Any]:
    return {
        "id": view["id"],
        "name": view["name"],
        "object_id": view["objectMetadataId"],
        "type": view["type"],
        "icon": view.get("icon"),
        "compact": bool(view.get("isCompact")),
        "index": view.get("key") == "INDEX",
    }


TOOLS = (list_views, get_view, create_view, update_view, delete_view)
