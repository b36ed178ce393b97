"""Objects: list, get, make, rename, remove (Attio's pages "Create an object", "Update an object", "Delete an object")."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, given, reads, wording
from sdrbot_skills.crm.attio.admin_tools.sending import owner_path, patched, posted, records_with
from sdrbot_skills.crm.attio.client import AttioClient
from sdrbot_skills.errors import ConfigurationError

OWN = frozenset({"people", "companies", "deals", "users", "workspaces"})
"""Attio's own objects, which cannot be removed."""


@reads
def list_objects(client: AttioClient) -> list[dict[str, Any]]:
    """The objects of the workspace; `slug` is what other tools take."""
    return [_told(entry) for entry in client.get("/v2/objects")]


@reads
def get_object(client: AttioClient, object_slug: str) -> dict[str, Any]:
    """One object, by its slug or id."""
    return _told(client.get(owner_path(object_slug)))


@changes
def create_object(client: AttioClient, api_slug: str, singular_noun: str, plural_noun: str) -> Change:
    """Make a custom object. Attio's plans allow from 3 to 12 objects, people and companies included; only Enterprise allows more."""
    data = {"api_slug": api_slug, "singular_noun": singular_noun, "plural_noun": plural_noun}
    return Change(
        requests=[posted("/v2/objects", data)],
        says=f"Makes the object {plural_noun} ({api_slug}).",
        undo=Call("attio_admin_delete_object", {"object_slug": api_slug}),
        shape=lambda answers: _told(answers[0]["data"]),
    )


@changes
def update_object(
    client: AttioClient,
    object_slug: str,
    api_slug: str | None = None,
    singular_noun: str | None = None,
    plural_noun: str | None = None,
) -> Change:
    """Rename an object. A changed `api_slug` changes its addresses: what others have built on the old one stops working."""
    wanted = given(api_slug=api_slug, singular_noun=singular_noun, plural_noun=plural_noun)
    there = client.get(owner_path(object_slug))
    before = {name: there[name] for name in wanted}
    return Change(
        requests=[patched(owner_path(object_slug), wanted)],
        says=f"Changes the object {there['plural_noun']} ({there['api_slug']}): {wording(before, wanted)}.",
        before=before,
        undo=Call("attio_admin_update_object", {"object_slug": api_slug or object_slug, **before}),
        shape=lambda answers: _told(answers[0]["data"]),
    )


@changes
def delete_object(client: AttioClient, object_slug: str) -> Change:
    """Remove a custom object with all its records, for good. Attio has no recycle bin."""
    there = client.get(owner_path(object_slug))
    if there["api_slug"] in OWN:
        raise ConfigurationError(f"{there['api_slug']} is one of Attio's own objects; these cannot be removed.")
    slug = there["api_slug"]
    return Change(
        requests=[Request("DELETE", owner_path(object_slug))],
        says=f"Removes the object {there['plural_noun']} ({slug}) for good, with {records_with(client, slug)} and all their values.",
        before=_told(there),
        destructive=True,
        shape=lambda answers: {"removed": slug},
    )


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "slug": entry["api_slug"],
        "id": entry["id"]["object_id"],
        "singular": entry["singular_noun"],
        "plural": entry["plural_noun"],
        "custom": entry["api_slug"] not in OWN,
    }


TOOLS = (list_objects, get_object, create_object, update_object, delete_object)
