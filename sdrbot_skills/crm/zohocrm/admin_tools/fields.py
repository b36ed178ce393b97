"""Fields: list, get, make, change, remove (API v8 "Fields")."""

from __future__ import annotations

import json
from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.crm.zohocrm.admin import LONGEST_LABEL
from sdrbot_skills.crm.zohocrm.admin_tools.definitions import brief, definition, pick_list, whole
from sdrbot_skills.crm.zohocrm.admin_tools.sending import count_where, counted, made_id, settings
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.schema import raw_fields
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Option

SHORT_TEXT_AREA = 2000


@reads
def list_fields(client: ZohoClient, module_api_name: str, include_system: bool = False) -> list[dict[str, Any]]:
    """The fields of a module; `include_system`: also those that Zoho fills in by itself and nobody can write."""
    found = [brief(entry) for entry in raw_fields(client, module_api_name)]
    return [entry for entry in found if include_system or entry["custom"] or not entry["read_only"]]


@reads
def get_field(client: ZohoClient, module_api_name: str, field_api_name: str) -> dict[str, Any]:
    """One field with its options, and what each profile may do with it."""
    found = definition(client, module_api_name, field_api_name)
    return {**whole(found), "permissions": {one["name"]: one["permission_type"] for one in found.get("profiles") or ()}}


@changes
def create_field(
    client: ZohoClient,
    module_api_name: str,
    field_label: str,
    data_type: str,
    length: int | None = None,
    pick_list_values: str | None = None,
    tooltip: str | None = None,
) -> Change:
    """Make a custom field in the standard layout; Zoho makes its API name of the label (25 characters at most). `data_type`: text, textarea,
    email, phone, website, picklist, multiselectpicklist, integer, bigint, double, percent, currency, boolean, date, datetime, autonumber,
    userlookup, or a lookup with the module it points to: `lookup:Accounts`. `pick_list_values`: `Gold, Silver` or `gold=Gold, silver=Silver`."""
    _check_label(field_label)
    body: dict[str, Any] = {"field_label": field_label, **_typed(data_type, length)}
    if pick_list_values:
        body["pick_list_values"] = [_new_option(option) for option in read_options(pick_list_values)]
    if tooltip:
        body["tooltip"] = _tooltip(tooltip)
    path = settings(client, "fields", module=module_api_name)
    return Change(
        requests=[Request("POST", path, {"fields": [body]})],
        says=f"Makes the field {field_label} ({data_type}) of {module_api_name}.",
        undo=lambda answers: Call(
            "zohocrm_admin_delete_field", {"module_api_name": module_api_name, "field_id": made_id(answers)}
        ),
        shape=lambda answers: whole(definition(client, module_api_name, made_id(answers))),
    )


@changes
def update_field(
    client: ZohoClient,
    module_api_name: str,
    field_id: str,
    field_label: str | None = None,
    length: int | None = None,
    pick_list_values: str | None = None,
    tooltip: str | None = None,
) -> Change:
    """Change a field, named by id or API name. `pick_list_values` is the whole list as it shall be: options that it leaves out go.
    A field's type cannot be changed, nor the label of one of Zoho's own fields."""
    there = definition(client, module_api_name, field_id)
    after: dict[str, Any] = {}
    before: dict[str, Any] = {}
    if field_label is not None and field_label != there["field_label"]:
        _check_label(field_label)
        after["field_label"], before["field_label"] = field_label, there["field_label"]
    if length is not None and length != there.get("length"):
        after["length"], before["length"] = length, there.get("length")
    gone: list[str] = []
    if pick_list_values is not None:
        present = pick_list(client, module_api_name, field_id).get("pick_list_values") or []
        options, gone = _replaced(present, read_options(pick_list_values))
        after["pick_list_values"], before["pick_list_values"] = options, _as_text(present)
    if tooltip is not None:
        after["tooltip"], before["tooltip"] = _tooltip(tooltip), (there.get("tooltip") or {}).get("value")
    says = f"Changes {', '.join(after) or 'nothing'} of {module_api_name}.{there['api_name']}."
    if gone:
        says += f" The options {', '.join(gone)} go."
    path = settings(client, f"fields/{there['id']}", module=module_api_name)
    arguments = {"module_api_name": module_api_name, "field_id": str(there["id"])}
    return Change(
        requests=[Request("PATCH", path, {"fields": [after]})] if after else [],
        says=says,
        before=whole(there),
        # A tooltip that was not there cannot be taken away again by the call.
        undo=Call("zohocrm_admin_update_field", {**arguments, **{n: v for n, v in before.items() if v is not None}}),
        destructive=bool(gone),
        shape=lambda answers: whole(definition(client, module_api_name, str(there["id"]))),
    )


@changes
def delete_field(client: ZohoClient, module_api_name: str, field_id: str) -> Change:
    """Remove a custom field, named by id or API name, with all its values; there is no bin for these. Zoho refuses while a workflow,
    an approval or a scoring rule uses it."""
    there = definition(client, module_api_name, field_id)
    name = there["api_name"]
    if not there.get("custom_field"):
        raise ConfigurationError(
            f"{module_api_name}.{name} is one of Zoho's own fields; only custom fields can be removed."
        )
    criterion = f"{name} = true" if there["data_type"] == "boolean" else f"{name} is not null"
    have = counted(count_where(client, module_api_name, criterion), f"{module_api_name} have one")
    return Change(
        requests=[Request("DELETE", settings(client, f"fields/{there['id']}", module=module_api_name))],
        says=f"Removes the field {there['field_label']} ({name}) of {module_api_name} with all its values; {have}.",
        before=whole(there),
        destructive=True,
    )


def _check_label(label: str) -> None:
    if not 0 < len(label) <= LONGEST_LABEL:
        raise ConfigurationError(f"Zoho takes 1 to {LONGEST_LABEL} characters for a label; {label!r} has {len(label)}.")


def _typed(data_type: str, length: int | None) -> dict[str, Any]:
    """The data type with what it cannot be made without."""
    name, _, module = data_type.partition(":")
    body: dict[str, Any] = {"data_type": name}
    if name == "lookup":
        if not module:
            raise ConfigurationError("A lookup names the module it points to: `lookup:Accounts`.")
        body["lookup"] = {"module": {"api_name": module}}
    elif name == "textarea":
        body["textarea"] = {"type": "small" if length is not None and length <= SHORT_TEXT_AREA else "large"}
    elif name == "autonumber":
        body["auto_number"] = {"start_number": "1", "prefix": "", "suffix": ""}
    elif length is not None:
        body["length"] = length
    if name == "currency":
        body["decimal_place"] = 2
    return body


def _replaced(present: list[dict[str, Any]], wanted: list[Option]) -> tuple[list[dict[str, Any]], list[str]]:
    """The entries to send, present ones by their id, and the values that go."""
    known = {one["actual_value"]: one for one in present}
    found = [
        {"id": known[option.value]["id"], "display_value": option.label, "actual_value": option.value}
        if option.value in known
        else _new_option(option)
        for option in wanted
    ]
    return found, [value for value in known if value not in {option.value for option in wanted}]


def _new_option(option: Option) -> dict[str, str]:
    return {"display_value": option.label, "actual_value": option.value}


def _as_text(present: list[dict[str, Any]]) -> str:
    return json.dumps([{"value": one["actual_value"], "label": one["display_value"]} for one in present])


def _tooltip(text: str) -> dict[str, str]:
    return {"name": "info_icon", "value": text}


TOOLS = (list_fields, get_field, create_field, update_field, delete_field)
