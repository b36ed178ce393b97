"""Groups of views: the columns of a board, one for each option of a choice field."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, given, reads
from sdrbot_skills.crm.twenty.admin_tools.definitions import names_by_id, ordered
from sdrbot_skills.crm.twenty.admin_tools.sending import path, unwrapped
from sdrbot_skills.crm.twenty.admin_tools.viewparts import Entry, changed, column_field, made, one, removed, rows
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.errors import ConfigurationError

KIND = "viewGroups"


@reads
def list_view_groups(client: TwentyClient, view_id: str, limit: int = 50) -> list[dict[str, Any]]:
    """The groups of a view, in their order."""
    names = names_by_id(client)
    found = rows(client, KIND, viewId=view_id)[:limit]
    return [{**_told(row), "field": names.get(row["fieldMetadataId"])} for row in found]


@changes
def create_view_group(
    client: TwentyClient, view_id: str, field_metadata_id: str, is_visible: bool = True, position: int = 0
) -> Change:
    """Group a view by a choice field (its id, or `opportunities.stage`): one group for each of its options that has none yet, from `position` on."""
    view = one(client, "views", view_id)
    owner, field = column_field(client, view, field_metadata_id)
    if field["type"] != "SELECT":
        raise ConfigurationError(
            f"A view is grouped by a SELECT field; {owner.plural}.{field['name']} is {field['type']}."
        )
    there = [row for row in rows(client, KIND, viewId=view_id) if row["fieldMetadataId"] == field["id"]]
    taken = {row["fieldValue"] for row in there}
    options = [option["value"] for option in ordered(field) if option["value"] not in taken]
    bodies = [
        {
            "viewId": view["id"],
            "fieldMetadataId": field["id"],
            "fieldValue": value,
            "isVisible": is_visible,
            "position": position + place,
        }
        for place, value in enumerate(options)
    ]
    says = f"Groups the view {view['name']} by {owner.plural}.{field['name']}: {', '.join(options) or 'each option has a group'}."
    if len(bodies) == 1:
        return made(KIND, bodies[0], says, "view_group", lambda row: [_told(row)])
    back = {"view_id": view["id"], "field_metadata_id": field["id"]}
    return Change(
        requests=[Request("POST", path(KIND), body) for body in bodies],
        says=says,
        undo=None if there else Call("twenty_admin_delete_view_groups", back),
        shape=lambda answers: [_told(unwrapped(answer)) for answer in answers],
    )


@changes
def update_view_group(
    client: TwentyClient, view_group_id: str, is_visible: bool | None = None, position: int | None = None
) -> Change:
    """Show or hide a group of a view, or move it."""
    wanted = given(is_visible=is_visible, position=position)
    there = one(client, KIND, view_group_id)
    now = {"is_visible": there["isVisible"], "position": int(there["position"])}
    body = {{"is_visible": "isVisible"}.get(part, part): value for part, value in wanted.items()}
    before = {part: now[part] for part in wanted}
    return changed(KIND, there, body, f"the group {there['fieldValue']}", "view_group", wanted, before, _told)


@changes
def delete_view_group(client: TwentyClient, view_group_id: str) -> Change:
    """Take one group off a view; no record changes."""
    there = one(client, KIND, view_group_id)
    view = one(client, "views", there["viewId"])
    again = {
        "view_id": there["viewId"],
        "field_metadata_id": there["fieldMetadataId"],
        "is_visible": there["isVisible"],
        "position": int(there["position"]),
    }
    says = f"Takes the group {there['fieldValue']} off the view {view['name']}. No record changes."
    return removed(KIND, there, says, _told(there), Call("twenty_admin_create_view_group", again))


@changes
def delete_view_groups(client: TwentyClient, view_id: str, field_metadata_id: str) -> Change:
    """Take all groups by a field off a view; no record changes."""
    view = one(client, "views", view_id)
    owner, field = column_field(client, view, field_metadata_id)
    there = [row for row in rows(client, KIND, viewId=view_id) if row["fieldMetadataId"] == field["id"]]
    again = {
        "view_id": view["id"],
        "field_metadata_id": field["id"],
        "position": min((int(row["position"]) for row in there), default=0),
    }
    return Change(
        requests=[Request("DELETE", path(KIND, row["id"])) for row in there],
        says=f"Takes the {len(there)} groups by {owner.plural}.{field['name']} off the view {view['name']}. No record changes.",
        before=[_told(row) for row in there],
        undo=Call("twenty_admin_create_view_group", again),
        shape=lambda answers: {"removed": len(answers)},
    )


def _told(row: Entry) -> dict[str, Any]:
    return {
        "id": row["id"],
        "view_id": row["viewId"],
        "field_id": row.get("fieldMetadataId"),
        "value": row["fieldValue"],
        "visible": row["isVisible"],
        "position": int(row["position"]),
    }


TOOLS = (list_view_groups, create_view_group, update_view_group, delete_view_group, delete_view_groups)
