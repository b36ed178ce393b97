"""Users, profiles, and what a profile may do with a field (API v8 "Users", "Profiles", "Fields")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.zohocrm.admin_tools.definitions import definition
from sdrbot_skills.crm.zohocrm.admin_tools.sending import settings
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.schema import raw_fields
from sdrbot_skills.errors import ConfigurationError

PERMISSIONS = ("read_write", "read_only", "hidden")


@reads
def list_users(
    client: ZohoClient, type_filter: str = "AllUsers", include_inactive: bool = False
) -> list[dict[str, Any]]:
    """The people of the organisation. `type_filter`: AllUsers, ActiveUsers, AdminUsers, CurrentUser, DeactiveUsers and the like."""
    return [
        {
            "id": entry["id"],
            "full_name": entry.get("full_name"),
            "email": entry.get("email"),
            "active": entry.get("status") == "active",
            "profile": (entry.get("profile") or {}).get("name"),
            "role": (entry.get("role") or {}).get("name"),
        }
        for entry in client.users(type_filter)
        if include_inactive or type_filter == "DeactiveUsers" or entry.get("status") == "active"
    ]


@reads
def list_profiles(client: ZohoClient) -> list[dict[str, Any]]:
    """The profiles, which say what their people may do; their ids are what `create_module` takes."""
    return [
        {"id": str(entry["id"]), "name": entry["name"], "type": entry.get("type"), "custom": bool(entry.get("custom"))}
        for entry in _profiles(client)
    ]


@reads
def list_field_permissions(client: ZohoClient, module_api_name: str, profile: str) -> list[dict[str, Any]]:
    """What one profile (id or name) may do with each field of a module: read_write, read_only or hidden."""
    (wanted,) = profile_ids_of(client, profile)
    return [
        {"api_name": entry["api_name"], "label": entry["field_label"], "permission": _permission(entry, wanted)}
        for entry in raw_fields(client, module_api_name)
    ]


@changes
def set_field_permission(
    client: ZohoClient, module_api_name: str, field_api_name: str, profile: str, permission: str
) -> Change:
    """Say what a profile (id or name) may do with a field: read_write, read_only or hidden. What is hidden from the profile of a
    credential is withheld from the API too."""
    if permission not in PERMISSIONS:
        raise ConfigurationError(f"A permission is one of {', '.join(PERMISSIONS)}, not {permission!r}.")
    there = definition(client, module_api_name, field_api_name)
    (wanted,) = profile_ids_of(client, profile)
    before = _permission(there, wanted)
    path = settings(client, f"fields/{there['id']}", module=module_api_name)
    body = {"fields": [{"profiles": [{"id": wanted, "permission_type": permission}]}]}
    arguments = {"module_api_name": module_api_name, "field_api_name": field_api_name, "profile": wanted}
    return Change(
        requests=[] if before == permission else [Request("PATCH", path, body)],
        says=f"The profile {profile} gets {permission} instead of {before} for {module_api_name}.{field_api_name}.",
        before={"permission": before},
        undo=Call("zohocrm_admin_set_field_permission", {**arguments, "permission": before}),
    )


def profile_ids_of(client: ZohoClient, text: str) -> list[str]:
    """Ids of profiles, from ids or names with commas between. Raises `ConfigurationError` naming what is no profile."""
    entries = _profiles(client)
    known = {str(entry["id"]): str(entry["id"]) for entry in entries} | {
        entry["name"].casefold(): str(entry["id"]) for entry in entries
    }
    named = [part.strip() for part in text.split(",") if part.strip()]
    strangers = [part for part in named if part.casefold() not in known]
    if strangers or not named:
        there = ", ".join(f"{entry['name']} ({entry['id']})" for entry in entries)
        raise ConfigurationError(f"No profile is called {', '.join(strangers) or 'nothing'}. There are: {there}.")
    return list(dict.fromkeys(known[part.casefold()] for part in named))


def _profiles(client: ZohoClient) -> list[dict[str, Any]]:
    return list(client.get("settings/profiles").get("profiles") or [])


def _permission(entry: dict[str, Any], profile_id: str) -> str:
    """A profile that a field does not list does not see it."""
    found = [one for one in entry.get("profiles") or () if str(one["id"]) == profile_id]
    return str(found[0]["permission_type"]) if found else "hidden"


TOOLS = (list_users, list_profiles, list_field_permissions, set_field_permission)
