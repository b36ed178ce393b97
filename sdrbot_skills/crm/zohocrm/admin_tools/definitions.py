"""One field as Zoho defines it, and as a tool tells it."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.schema import raw_fields
from sdrbot_skills.errors import ConfigurationError

PICK_LISTS = frozenset({"picklist", "multiselectpicklist"})


def definition(client: ZohoClient, module_api_name: str, field: str) -> dict[str, Any]:
    """The vendor's definition of a field, named by API name or id. Raises `ConfigurationError` where there is none."""
    for entry in raw_fields(client, module_api_name):
        if field in (entry["api_name"], str(entry["id"])):
            return entry
    raise ConfigurationError(f"Zoho's {module_api_name} have no field {field!r} (API name or id).")


def pick_list(client: ZohoClient, module_api_name: str, field: str) -> dict[str, Any]:
    """The definition of a field whose options are its own. Raises `ConfigurationError` for any other."""
    found = definition(client, module_api_name, field)
    if found["data_type"] not in PICK_LISTS:
        raise ConfigurationError(f"{module_api_name}.{found['api_name']} is no pick list, but {found['data_type']}.")
    if found.get("global_picklist"):
        raise ConfigurationError(
            f"The options of {module_api_name}.{found['api_name']} come from a list that several fields share; an administrator changes it in Zoho."
        )
    return found


def brief(entry: dict[str, Any]) -> dict[str, Any]:
    """A line of a list of fields."""
    rights = entry.get("operation_type") or {}
    return {
        "api_name": entry["api_name"],
        "label": entry["field_label"],
        "id": str(entry["id"]),
        "type": entry["data_type"],
        "required": bool(entry.get("system_mandatory")),
        "unique": bool(entry.get("unique")),
        "custom": bool(entry.get("custom_field")),
        "read_only": not (rights.get("api_create") or rights.get("api_update")),
        "length": entry.get("length"),
        "options": len(entry.get("pick_list_values") or ()),
    }


def whole(entry: dict[str, Any]) -> dict[str, Any]:
    """A field with its options, its tooltip and where it points to."""
    module = (entry.get("lookup") or {}).get("module") or {}
    return {
        **brief(entry),
        "options": options(entry),
        "tooltip": (entry.get("tooltip") or {}).get("value"),
        "lookup": module.get("api_name"),
        "decimal_place": entry.get("decimal_place"),
    }


def options(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The entries of a pick list, in their order."""
    return [
        {
            "value": one["actual_value"],
            "label": one["display_value"],
            "id": str(one["id"]),
            "used": one["type"] == "used",
        }
        for one in entry.get("pick_list_values") or ()
    ]


def kept(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The present entries as an update names them: those it leaves out go."""
    return [
        {name: one[name] for name in ("id", "display_value", "actual_value")}
        for one in entry.get("pick_list_values") or ()
    ]
