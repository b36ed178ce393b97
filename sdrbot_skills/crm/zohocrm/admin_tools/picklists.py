"""The options of a pick list, one by one (API v8 "Pick List Values", "Fields"): an update sends the whole list, so that nothing goes unnoticed."""

from __future__ import annotations

import json
from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.crm.zohocrm.admin_tools.definitions import definition, kept, options, pick_list, whole
from sdrbot_skills.crm.zohocrm.admin_tools.sending import count_with, counted, settings
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.errors import ConfigurationError


@reads
def list_pick_list_values(client: ZohoClient, module_api_name: str, field_api_name: str) -> list[dict[str, Any]]:
    """The options of a pick list in their order: value as records keep it, label as people see it."""
    field_id = definition(client, module_api_name, field_api_name)["id"]
    return options(client.get(f"settings/fields/{field_id}/pick_list_values", {"module": module_api_name}))


@changes
def add_pick_list_values(
    client: ZohoClient, module_api_name: str, field_api_name: str, pick_list_values: str
) -> Change:
    """Add options behind those a pick list has: `Gold, Silver` or `gold=Gold, silver=Silver`."""
    there = pick_list(client, module_api_name, field_api_name)
    known = {one["value"] for one in options(there)}
    new = [option for option in read_options(pick_list_values) if option.value not in known]
    entries = [{"display_value": option.label, "actual_value": option.value} for option in new]
    back = {**_of(module_api_name, there), "pick_list_values": json.dumps([option.value for option in new])}
    return Change(
        requests=[_update(client, module_api_name, there, [*kept(there), *entries])] if new else [],
        says=f"Adds {len(new)} options to {module_api_name}.{there['api_name']}: {', '.join(o.label for o in new)}.",
        before=options(there),
        undo=Call("zohocrm_admin_remove_pick_list_values", back),
        shape=lambda answers: whole(definition(client, module_api_name, str(there["id"]))),
    )


@changes
def rename_pick_list_value(
    client: ZohoClient, module_api_name: str, field_api_name: str, value: str, new_label: str
) -> Change:
    """Show an option under another label; the value that records keep stays."""
    there = pick_list(client, module_api_name, field_api_name)
    (found,) = _named(there, [value])
    entries = [
        {**entry, "display_value": new_label} if entry["actual_value"] == value else entry for entry in kept(there)
    ]
    return Change(
        requests=[_update(client, module_api_name, there, entries)] if found["label"] != new_label else [],
        says=f"Shows the option {found['label']} of {module_api_name}.{there['api_name']} as {new_label}.",
        before=found,
        undo=Call(
            "zohocrm_admin_rename_pick_list_value",
            {**_of(module_api_name, there), "value": value, "new_label": found["label"]},
        ),
        shape=lambda answers: whole(definition(client, module_api_name, str(there["id"]))),
    )


@changes
def remove_pick_list_values(
    client: ZohoClient, module_api_name: str, field_api_name: str, pick_list_values: str
) -> Change:
    """Take options (their values, with commas between) off a pick list."""
    there = pick_list(client, module_api_name, field_api_name)
    gone = _named(there, [option.value for option in read_options(pick_list_values)])
    values = [one["value"] for one in gone]
    entries = [entry for entry in kept(there) if entry["actual_value"] not in values]
    if not entries:
        raise ConfigurationError(
            f"{module_api_name}.{there['api_name']} would be left without options; remove the field instead."
        )
    have = counted(
        count_with(client, module_api_name, **{there["api_name"]: values}), f"{module_api_name} have one of them"
    )
    back = json.dumps([{"value": one["value"], "label": one["label"]} for one in gone])
    return Change(
        requests=[_update(client, module_api_name, there, entries)],
        says=f"Takes {len(gone)} options off {module_api_name}.{there['api_name']}: {', '.join(values)}; {have}.",
        before=options(there),
        undo=Call("zohocrm_admin_add_pick_list_values", {**_of(module_api_name, there), "pick_list_values": back}),
        destructive=True,
        shape=lambda answers: whole(definition(client, module_api_name, str(there["id"]))),
    )


def _named(there: dict[str, Any], values: list[str]) -> list[dict[str, Any]]:
    known = {one["value"]: one for one in options(there)}
    if strangers := [value for value in values if value not in known]:
        raise ConfigurationError(
            f"{there['api_name']} has no option {', '.join(strangers)}. It has: {', '.join(known)}."
        )
    return [known[value] for value in values]


def _update(client: ZohoClient, module: str, there: dict[str, Any], entries: list[dict[str, Any]]) -> Request:
    path = settings(client, f"fields/{there['id']}", module=module)
    return Request("PATCH", path, {"fields": [{"pick_list_values": entries}]})


def _of(module_api_name: str, there: dict[str, Any]) -> dict[str, str]:
    return {"module_api_name": module_api_name, "field_api_name": there["api_name"]}


TOOLS = (list_pick_list_values, add_pick_list_values, rename_pick_list_value, remove_pick_list_values)
