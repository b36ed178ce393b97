"""Columns of views."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, changes, given, reads
from sdrbot_skills.crm.twenty.admin_tools.definitions import names_by_id
from sdrbot_skills.crm.twenty.admin_tools.objects import given_or_none
from sdrbot_skills.crm.twenty.admin_tools.viewparts import Entry, changed, column_field, made, one, removed, rows
from sdrbot_skills.crm.twenty.client import TwentyClient

KIND = "viewFields"


@reads
def list_view_fields(client: TwentyClient, view_id: str, limit: int = 50) -> list[dict[str, Any]]:
    """The columns of a view, in their order; hidden ones too."""
    names = names_by_id(client)
    return [{**_told(row), "field": names.get(row["fieldMetadataId"])} for row in rows(client, KIND, viewId=view_id)][
        :limit
    ]


@changes
def create_view_field(
    client: TwentyClient,
    view_id: str,
    field_metadata_id: str,
    is_visible: bool = True,
    position: int | None = None,
    size: int | None = None,
) -> Change:
    """Add a column to a view: the last one where no position is given. `field_metadata_id`: a field's id, or `people.jobTitle`; `size`: pixels."""
    view = one(client, "views", view_id)
    owner, field = column_field(client, view, field_metadata_id)
    last = max((row["position"] for row in rows(client, KIND, viewId=view_id)), default=-1)
    body = {
        "viewId": view["id"],
        "fieldMetadataId": field["id"],
        "isVisible": is_visible,
        "position": last + 1 if position is None else position,
        **given_or_none(size=size),
    }
    says = f"Adds the column {field['label']} ({owner.plural}.{field['name']}) to the view {view['name']}."
    return made(KIND, body, says, "view_field", _told)


@changes
def update_view_field(
    client: TwentyClient,
    view_field_id: str,
    is_visible: bool | None = None,
    position: int | None = None,
    size: int | None = None,
) -> Change:
    """Show or hide a column, move it, or change its width."""
    wanted = given(is_visible=is_visible, position=position, size=size)
    there = one(client, KIND, view_field_id)
    told = _told(there)
    before = {"is_visible": told["visible"], "position": told["position"], "size": told["size"]}
    body = {{"is_visible": "isVisible"}.get(part, part): value for part, value in wanted.items()}
    what = f"the column {names_by_id(client).get(there['fieldMetadataId'])}"
    return changed(KIND, there, body, what, "view_field", wanted, {part: before[part] for part in wanted}, _told)


@changes
def delete_view_field(client: TwentyClient, view_field_id: str) -> Change:
    """Take a column out of a view; the field and its values stay."""
    there = one(client, KIND, view_field_id)
    told, view = _told(there), one(client, "views", there["viewId"])
    again = {
        "view_id": there["viewId"],
        "field_metadata_id": there["fieldMetadataId"],
        "is_visible": told["visible"],
        "position": told["position"],
        "size": told["size"],
    }
    says = f"Takes the column {names_by_id(client).get(there['fieldMetadataId'])} out of the view {view['name']}. No record changes."
    return removed(KIND, there, says, told, Call("twenty_admin_create_view_field", again))


def _told(row: Entry) -> dict[str, Any]:
    return {
        "id": row["id"],
        "view_id": row["viewId"],
        "field_id": row["fieldMetadataId"],
        "visible": row["isVisible"],
        "position": int(row["position"]),
        "size": int(row["size"]),
    }


TOOLS = (list_view_fields, create_view_field, update_view_field, delete_view_field)
