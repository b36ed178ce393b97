"""Objects and the people of an organisation (vendor docs "REST API Developer Guide", Describe; "Object Reference", User)."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import reads
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.schema import raw_describe


@reads
def list_objects(client: SalesforceClient, include_all: bool = False) -> list[dict[str, Any]]:
    """The objects that records can be written to; `include_all`: also those that are only read, settings and histories."""
    return [
        {
            "name": entry["name"],
            "label": entry["label"],
            "custom": entry["custom"],
            "createable": entry["createable"],
            "updateable": entry["updateable"],
        }
        for entry in client.read("GET", "sobjects")["sobjects"]
        if include_all or (entry["createable"] and entry["queryable"] and not entry.get("customSetting"))
    ]


@reads
def get_object(client: SalesforceClient, object_name: str) -> dict[str, Any]:
    """One object: labels, what this user may do with it, how many fields it has, its record types."""
    raw = raw_describe(client, object_name)
    rights = ("queryable", "createable", "updateable", "deletable", "searchable")
    return {
        "name": raw["name"],
        "label": raw["label"],
        "label_plural": raw["labelPlural"],
        "custom": raw["custom"],
        "key_prefix": raw.get("keyPrefix"),
        "fields": len(raw["fields"]),
        "custom_fields": sum(1 for field in raw["fields"] if field["custom"]),
        "record_types": [info["developerName"] for info in raw["recordTypeInfos"] if not info["master"]],
        **{right: raw[right] for right in rights},
    }


@reads
def list_users(client: SalesforceClient, active_only: bool = True) -> list[dict[str, Any]]:
    """The people of the organisation; `active_only=False`: deactivated ones too, whom old records still belong to."""
    where = "WHERE IsActive = true " if active_only else ""
    soql = f"SELECT Id, Name, Email, IsActive, UserType, Profile.Name FROM User {where}ORDER BY Id"
    return [
        {
            "id": row["Id"],
            "full_name": row["Name"],
            "email": row["Email"],
            "active": row["IsActive"],
            "type": row["UserType"],
            "profile": (row.get("Profile") or {}).get("Name"),
        }
        for row in client.query_all(soql)
    ]


TOOLS = (list_objects, get_object, list_users)
