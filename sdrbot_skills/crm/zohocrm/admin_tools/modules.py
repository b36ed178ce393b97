"""Modules: list, get, make, rename (API v8 "Modules"). Zoho has no call that deletes a module."""

from __future__ import annotations

import re
from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.zohocrm.admin_tools.people import profile_ids_of
from sdrbot_skills.crm.zohocrm.admin_tools.sending import made_id, settings
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.schema import raw_module
from sdrbot_skills.errors import ConfigurationError

DISPLAY_TYPES = ("text", "autonumber")


@reads
def list_modules(client: ZohoClient) -> list[dict[str, Any]]:
    """The modules of the organisation that this credential sees; `api_name` is what other tools take."""
    return [_brief(entry) for entry in client.get("settings/modules")["modules"]]


@reads
def get_module(client: ZohoClient, module_api_name: str) -> dict[str, Any]:
    """One module with the profiles that see it."""
    return _whole(raw_module(client, module_api_name))


@changes
def create_module(
    client: ZohoClient,
    singular_label: str,
    plural_label: str,
    profile_ids: str,
    api_name: str | None = None,
    display_field_label: str = "Name",
    display_field_type: str = "text",
) -> Change:
    """Make a custom module. `profile_ids`: ids or names of the profiles that see it, with commas between. `display_field_type`: text or
    autonumber. Labels of a new module are letters and digits only (25 at most); a changed one may have spaces."""
    if display_field_type not in DISPLAY_TYPES:
        raise ConfigurationError(f"A module is named by {' or '.join(DISPLAY_TYPES)}, not by {display_field_type!r}.")
    for label in (singular_label, plural_label):
        if not label.isascii() or not label.isalnum():
            raise ConfigurationError(
                f"Zoho takes only letters and digits in the label of a new module, not {label!r}; `zohocrm_admin_update_module` can add spaces."
            )
    display: dict[str, Any] = {"field_label": display_field_label, "data_type": display_field_type}
    if display_field_type == "autonumber":
        display["auto_number"] = {"prefix": "", "start_number": "1", "suffix": ""}
    profiles = profile_ids_of(client, profile_ids)
    body = {
        "singular_label": singular_label,
        "plural_label": plural_label,
        "api_name": api_name or re.sub(r"[^A-Za-z0-9]", "", plural_label),
        "profiles": [{"id": profile} for profile in profiles],
        "display_field": display,
    }
    return Change(
        requests=[Request("POST", settings(client, "modules"), {"modules": [body]})],
        says=f"Makes the module {plural_label} ({body['api_name']}) for {len(profiles)} profiles. No program can delete a module in Zoho again.",
        shape=lambda answers: _whole(_by_id(client, made_id(answers))),
    )


@changes
def update_module(
    client: ZohoClient,
    module_id_or_api_name: str,
    singular_label: str | None = None,
    plural_label: str | None = None,
    profile_ids: str | None = None,
) -> Change:
    """Rename a module, or say which profiles see it (ids or names, with commas between; those left out no longer see it)."""
    there = raw_module(client, module_id_or_api_name)
    before = _whole(there)
    seen_by = [profile["id"] for profile in before["profiles"]]
    after = {
        "singular_label": singular_label or there["singular_label"],
        "plural_label": plural_label or there["plural_label"],
        "id": str(there["id"]),
        "profiles": [{"id": one} for one in (seen_by if profile_ids is None else profile_ids_of(client, profile_ids))],
    }
    same = {**after, "singular_label": there["singular_label"], "plural_label": there["plural_label"]}
    same["profiles"] = [{"id": one} for one in seen_by]
    path = settings(client, f"modules/{there['api_name']}")
    return Change(
        requests=[] if after == same else [Request("PUT", path, {"modules": [after]})],
        says=f"Changes the module {there['api_name']}: {after['singular_label']} / {after['plural_label']}, for {len(after['profiles'])} profiles.",
        before=before,
        undo=Call(
            "zohocrm_admin_update_module",
            {
                "module_id_or_api_name": there["api_name"],
                "singular_label": there["singular_label"],
                "plural_label": there["plural_label"],
                "profile_ids": ",".join(seen_by),
            },
        ),
        shape=lambda answers: _whole(raw_module(client, there["api_name"])),
    )


def _by_id(client: ZohoClient, module_id: str) -> dict[str, Any]:
    return dict(client.get(f"settings/modules/{module_id}")["modules"][0])


def _brief(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "api_name": entry["api_name"],
        "label": entry["singular_label"],
        "plural_label": entry["plural_label"],
        "id": str(entry["id"]),
        "type": entry["generated_type"],
        **{name: bool(entry.get(name)) for name in ("api_supported", "viewable", "creatable", "editable", "deletable")},
    }


def _whole(entry: dict[str, Any]) -> dict[str, Any]:
    profiles = [{"id": str(one["id"]), "name": one["name"]} for one in entry.get("profiles") or ()]
    return {**_brief(entry), "description": entry.get("description") or "", "profiles": profiles}


TOOLS = (list_modules, get_module, create_module, update_module)
