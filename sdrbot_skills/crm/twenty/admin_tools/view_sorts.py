"""Sorts of views: in which order a view shows records."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, changes, given, reads
from sdrbot_skills.crm.twenty.admin_tools.definitions import names_by_id
from sdrbot_skills.crm.twenty.admin_tools.viewparts import Entry, changed, column_field, made, one, removed, rows
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.errors import ConfigurationError

KIND = "viewSorts"


@reads
def list_view_sorts(client: TwentyClient, view_id: str, limit: int = 50) -> list[dict[str, Any]]:
    """The sorts of a view."""
    names = names_by_id(client)
    found = rows(client, KIND, viewId=view_id)[:limit]
    return [{**_told(row), "field": names.get(row["fieldMetadataId"])} for row in found]


@changes
def create_view_sort(
    client: TwentyClient, view_id: str, field_metadata_id: str, direction: str = "AscNullsLast"
) -> Change:
    """Sort a view by a field. `direction`: asc or desc; where records without a value stand is Twenty's choice."""
    view = one(client, "views", view_id)
    owner, field = column_field(client, view, field_metadata_id)
    body = {"viewId": view["id"], "fieldMetadataId": field["id"], "direction": _direction(direction)}
    says = f"Sorts the view {view['name']} by {owner.plural}.{field['name']}, {body['direction']}."
    return made(KIND, body, says, "view_sort", _told)


@changes
def update_view_sort(client: TwentyClient, view_sort_id: str, direction: str | None = None) -> Change:
    """Turn a sort of a view round."""
    wanted = given(direction=direction and _direction(direction))
    there = one(client, KIND, view_sort_id)
    what = f"the sort by {names_by_id(client).get(there['fieldMetadataId'])}"
    before = {"direction": there["direction"]}
    return changed(KIND, there, wanted, what, "view_sort", wanted, before, _told)


@changes
def delete_view_sort(client: TwentyClient, view_sort_id: str) -> Change:
    """Take a sort off a view."""
    there = one(client, KIND, view_sort_id)
    view = one(client, "views", there["viewId"])
    again = {
        "view_id": there["viewId"],
        "field_metadata_id": there["fieldMetadataId"],
        "direction": there["direction"],
    }
    says = f"Takes the sort by {names_by_id(client).get(there['fieldMetadataId'])} off the view {view['name']}."
    return removed(KIND, there, says, _told(there), Call("twenty_admin_create_view_sort", again))


def _direction(text: str) -> str:
    """ASC or DESC; `AscNullsLast` and its like are what records are ordered by in queries, and mean the same here."""
    for word in ("ASC", "DESC"):
        if text.upper().startswith(word):
            return word
    raise ConfigurationError(f"A sort goes asc or desc, not {text!r}.")


def _told(row: Entry) -> dict[str, Any]:
    return {
        "id": row["id"],
        "view_id": row["viewId"],
        "field_id": row["fieldMetadataId"],
        "direction": row["direction"],
    }


TOOLS = (list_view_sorts, create_view_sort, update_view_sort, delete_view_sort)
