"""Field-level security: which permission set sees and edits a field (vendor doc "Object Reference", FieldPermissions, PermissionSet)."""

from __future__ import annotations

from typing import Any

from simple_salesforce import format_soql

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.errors import ConfigurationError

RIGHTS = ("PermissionsRead", "PermissionsEdit")


@reads
def list_permission_sets(client: SalesforceClient) -> list[dict[str, Any]]:
    """The permission sets and, as sets of their own, the profiles; `name` is what the other tools take."""
    soql = "SELECT Id, Name, Label, IsOwnedByProfile, Profile.Name FROM PermissionSet ORDER BY Id"
    return [
        {"id": row["Id"], "name": _shown(row), "profile": row["IsOwnedByProfile"]} for row in client.query_all(soql)
    ]


@reads
def list_field_access(client: SalesforceClient, object_name: str, field_name: str) -> list[dict[str, Any]]:
    """Which permission sets and profiles see a field, and which may edit it."""
    names = {row["Id"]: _shown(row) for row in _sets(client)}
    return [
        {"permission_set": names.get(row["ParentId"], row["ParentId"]), "read": row[RIGHTS[0]], "edit": row[RIGHTS[1]]}
        for row in _permissions(client, object_name, field_name)
    ]


@changes
def grant_field_access(
    client: SalesforceClient, object_name: str, field_name: str, permission_set: str, editable: bool = True
) -> Change:
    """Let a permission set (or a profile, by its name) see a field, and edit it unless `editable` is false."""
    chosen = _set(client, permission_set)
    rights = {"PermissionsRead": True, "PermissionsEdit": editable}
    there = _permission(client, object_name, field_name, chosen["Id"])
    where = {"object_name": object_name, "field_name": field_name, "permission_set": permission_set}
    says = f"Lets {_shown(chosen)} see {'and edit ' if editable else ''}the field {object_name}.{field_name}."
    if there is not None:
        before = {name: there[name] for name in RIGHTS}
        if before == rights:
            raise ConfigurationError(f"{_shown(chosen)} has exactly these rights already.")
        return Change(
            requests=[Request("PATCH", client.path(f"sobjects/FieldPermissions/{there['Id']}"), rights)],
            says=says,
            before=before,
            undo=Call("salesforce_admin_grant_field_access", {**where, "editable": before["PermissionsEdit"]}),
            shape=lambda _: {"permission_set": _shown(chosen), "read": True, "edit": editable},
        )
    body = {
        "ParentId": chosen["Id"],
        "SobjectType": object_name,
        "Field": f"{object_name}.{field_name}",
        **rights,
    }
    return Change(
        requests=[Request("POST", client.path("sobjects/FieldPermissions"), body)],
        says=says,
        undo=Call("salesforce_admin_revoke_field_access", where),
        shape=lambda _: {"permission_set": _shown(chosen), "read": True, "edit": editable},
    )


@changes
def revoke_field_access(client: SalesforceClient, object_name: str, field_name: str, permission_set: str) -> Change:
    """Hide a field from a permission set or profile; its values stay."""
    chosen = _set(client, permission_set)
    there = _permission(client, object_name, field_name, chosen["Id"])
    if there is None:
        raise ConfigurationError(f"{_shown(chosen)} has no rights on {object_name}.{field_name}.")
    again = {
        "object_name": object_name,
        "field_name": field_name,
        "permission_set": permission_set,
        "editable": there["PermissionsEdit"],
    }
    return Change(
        requests=[Request("DELETE", client.path(f"sobjects/FieldPermissions/{there['Id']}"))],
        says=f"Hides the field {object_name}.{field_name} from {_shown(chosen)}; its values stay.",
        before={name: there[name] for name in RIGHTS},
        undo=Call("salesforce_admin_grant_field_access", again),
    )


def _sets(client: SalesforceClient) -> list[dict[str, Any]]:
    return list(client.query_all("SELECT Id, Name, Label, IsOwnedByProfile, Profile.Name FROM PermissionSet"))


def _set(client: SalesforceClient, wanted: str) -> dict[str, Any]:
    found = [row for row in _sets(client) if wanted in (row["Id"], row["Name"], row["Label"], _shown(row))]
    if len(found) != 1:
        known = ", ".join(sorted(_shown(row) for row in _sets(client)))
        raise ConfigurationError(f"{wanted!r} names {len(found)} permission sets; there are: {known}.")
    return found[0]


def _shown(row: dict[str, Any]) -> str:
    return str((row.get("Profile") or {}).get("Name") or row["Label"]) if row["IsOwnedByProfile"] else str(row["Name"])


def _permissions(client: SalesforceClient, object_name: str, field_name: str, parent: str = "") -> list[dict[str, Any]]:
    soql = format_soql(
        "SELECT Id, ParentId, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE SobjectType = {} AND Field = {}",
        object_name,
        f"{object_name}.{field_name}",
    )
    return [row for row in client.query_all(str(soql)) if parent in ("", row["ParentId"])]


def _permission(client: SalesforceClient, object_name: str, field_name: str, parent: str) -> dict[str, Any] | None:
    return next(iter(_permissions(client, object_name, field_name, parent)), None)


TOOLS = (list_permission_sets, list_field_access, grant_field_access, revoke_field_access)
