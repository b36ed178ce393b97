"""A custom field's definition from the parameters of a tool (vendor docs "Metadata API", CustomField; "Tooling API", CustomField)."""

from __future__ import annotations

import json
from typing import Any

from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.errors import ConfigurationError

PLAIN = ("Date", "DateTime", "Time", "Email", "Phone", "Url", "TextArea")
NUMBERS = ("Number", "Currency", "Percent")
PICKLISTS = ("Picklist", "MultiselectPicklist")
KEYS = ("Text", "Email", "Number")
"""Only these can be unique, or an external id."""

LOOKUP = "Lookup"
TYPES = ("Text", "LongTextArea", "Html", "Checkbox", *NUMBERS, *PICKLISTS, *PLAIN, LOOKUP)
GLOBAL = "global:"


def metadata(
    full_name: str,
    field_type: str,
    label: str,
    *,
    length: int | None,
    precision: int | None,
    scale: int | None,
    required: bool,
    unique: bool,
    external_id: bool,
    description: str | None,
    picklist_values: str | None,
) -> dict[str, Any]:
    """The definition. Raises `ConfigurationError` for a type that is not there, and for what does not go with it."""
    spelled, _, target = (part.strip() for part in field_type.partition(":"))
    kind = next((name for name in TYPES if name.lower() == spelled.lower()), None)
    if kind is None:
        raise ConfigurationError(f"{field_type!r} is no type of custom field here; there are {', '.join(TYPES)}.")
    if (unique or external_id) and kind not in KEYS:
        raise ConfigurationError(f"Only {', '.join(KEYS)} can be unique or an external id, not {kind}.")
    if required and kind in ("LongTextArea", "Html", "Checkbox", "MultiselectPicklist", LOOKUP):
        raise ConfigurationError(f"Salesforce makes no {kind} field required.")
    found: dict[str, Any] = {"type": kind, "label": label, "description": description, "required": required}
    found |= (
        _lookup(full_name, label, target) if kind == LOOKUP else _shape(kind, length, precision, scale, picklist_values)
    )
    if unique or external_id:
        found |= {"unique": unique, "externalId": external_id}
        found |= {"caseSensitive": True} if kind == "Text" and unique else {}
    return found


def _lookup(full_name: str, label: str, target: str) -> dict[str, Any]:
    if not target:
        raise ConfigurationError("A lookup names the object that it leads to: `Lookup:Account`.")
    object_name, _, field_name = full_name.partition(".")
    return {
        "referenceTo": target,
        "relationshipName": f"{field_name.removesuffix('__c')}_of_{object_name.removesuffix('__c')}"[:40],
        "relationshipLabel": label,
        "deleteConstraint": "SetNull",
    }


def _shape(
    kind: str, length: int | None, precision: int | None, scale: int | None, values: str | None
) -> dict[str, Any]:
    if values and kind not in PICKLISTS:
        raise ConfigurationError(f"Only {', '.join(PICKLISTS)} have values to pick from, not {kind}.")
    if kind == "Text":
        return {"length": length or 255}
    if kind in ("LongTextArea", "Html"):
        return {"length": length or 32_768, "visibleLines": 3 if kind == "LongTextArea" else 25}
    if kind in NUMBERS:
        decimals = 2 if scale is None and kind != "Number" else scale or 0
        return {"precision": precision or 18, "scale": decimals}
    if kind == "Checkbox":
        return {"defaultValue": "false"}
    if kind in PICKLISTS:
        lines = {"visibleLines": 4} if kind == "MultiselectPicklist" else {}
        return {"valueSet": value_set(values), **lines}
    return {}


def value_set(values: str | None) -> dict[str, Any]:
    """The values to pick from: listed, or `global:NAME` for one of the account's shared lists. Restricted, as Salesforce's setup proposes."""
    if not values:
        raise ConfigurationError(
            "A picklist needs `picklist_values`: `Gold, Silver`, or `global:NAME` of a shared list."
        )
    if values.startswith(GLOBAL):
        return {"restricted": True, "valueSetName": values.removeprefix(GLOBAL).strip()}
    return {"restricted": True, "valueSetDefinition": {"sorted": False, "value": entries(values)}}


def entries(values: str) -> list[dict[str, Any]]:
    """Values as the Tooling API spells them."""
    return [
        {"valueName": option.value, "label": option.label, "default": False, "isActive": option.active}
        for option in read_options(values)
    ]


def as_text(values: list[dict[str, Any]]) -> str:
    """Values as a tool takes them."""
    told = [
        {"value": entry["valueName"], "label": entry["label"], "hidden": entry.get("isActive") is False}
        for entry in values
    ]
    return json.dumps(told, ensure_ascii=False)


def active(values: list[dict[str, Any]]) -> list[str]:
    """The names of the values that can be picked."""
    return [entry["valueName"] for entry in values if entry.get("isActive") is not False]
