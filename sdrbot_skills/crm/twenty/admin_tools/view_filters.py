"""Filters of views: which records a view shows."""

from __future__ import annotations

import json
import re
from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, changes, given, reads
from sdrbot_skills.crm.twenty.admin_tools.definitions import names_by_id
from sdrbot_skills.crm.twenty.admin_tools.viewparts import Entry, changed, column_field, made, one, removed, rows
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.errors import ConfigurationError

KIND = "viewFilters"
_WORDS_OF_OPERANDS = (
    "IS IS_NOT_NULL IS_NOT LESS_THAN_OR_EQUAL GREATER_THAN_OR_EQUAL IS_BEFORE IS_AFTER CONTAINS DOES_NOT_CONTAIN IS_EMPTY "
    "IS_NOT_EMPTY IS_RELATIVE IS_IN_PAST IS_IN_FUTURE IS_TODAY VECTOR_SEARCH"
)
OPERANDS = tuple(_WORDS_OF_OPERANDS.split())


@reads
def list_view_filters(client: TwentyClient, view_id: str, limit: int = 50) -> list[dict[str, Any]]:
    """The filters of a view."""
    names = names_by_id(client)
    found = rows(client, KIND, viewId=view_id)[:limit]
    return [{**_told(row), "field": names.get(row["fieldMetadataId"])} for row in found]


@changes
def create_view_filter(client: TwentyClient, view_id: str, field_metadata_id: str, operand: str, value: str) -> Change:
    """Add a filter to a view. `operand`: contains, is, isNotEmpty, greaterThanOrEqual, isBefore, ...; `value`: a text, or JSON where the field
    is a choice (`["NEW"]`). `field_metadata_id`: a field's id, or `people.jobTitle`."""
    view = one(client, "views", view_id)
    owner, field = column_field(client, view, field_metadata_id)
    body = {
        "viewId": view["id"],
        "fieldMetadataId": field["id"],
        "operand": _operand(operand),
        "value": _read(value),
    }
    says = f"Filters the view {view['name']}: {owner.plural}.{field['name']} {body['operand']} {value}. Who looks at it sees fewer records."
    return made(KIND, body, says, "view_filter", _told)


@changes
def update_view_filter(
    client: TwentyClient, view_filter_id: str, operand: str | None = None, value: str | None = None
) -> Change:
    """Change a filter of a view."""
    wanted = given(operand=operand and _operand(operand), value=value)
    there = one(client, KIND, view_filter_id)
    before = {part: _told(there)[part] for part in wanted}
    body = {part: _read(text) if part == "value" else text for part, text in wanted.items()}
    what = f"the filter by {names_by_id(client).get(there['fieldMetadataId'])}"
    return changed(KIND, there, body, what, "view_filter", wanted, before, _told)


@changes
def delete_view_filter(client: TwentyClient, view_filter_id: str) -> Change:
    """Take a filter off a view."""
    there = one(client, KIND, view_filter_id)
    told, view = _told(there), one(client, "views", there["viewId"])
    again = {
        "view_id": there["viewId"],
        "field_metadata_id": there["fieldMetadataId"],
        "operand": told["operand"],
        "value": told["value"],
    }
    says = f"Takes the filter by {names_by_id(client).get(there['fieldMetadataId'])} off the view {view['name']}."
    return removed(KIND, there, says, told, Call("twenty_admin_create_view_filter", again))


def _operand(text: str) -> str:
    """Twenty's name: `isNotEmpty`, `is not empty` and `IS_NOT_EMPTY` are one."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[\s-]+", "_", text.strip()).upper()
    if words not in OPERANDS:
        raise ConfigurationError(f"Twenty has no filter operand {text!r}. It has: {', '.join(OPERANDS)}.")
    return words


def _read(text: str) -> Any:
    """A list or an object as JSON; anything else is a text."""
    if text[:1] not in ("[", "{"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text  # a text that only begins like JSON


def _told(row: Entry) -> dict[str, Any]:
    value = row["value"]
    return {
        "id": row["id"],
        "view_id": row["viewId"],
        "field_id": row["fieldMetadataId"],
        "operand": row["operand"],
        "value": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
    }


TOOLS = (list_view_filters, create_view_filter, update_view_filter, delete_view_filter)
