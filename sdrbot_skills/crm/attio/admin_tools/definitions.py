"""Attributes as Attio defines them, as these tools tell them, and as a tool's parameters spell them (Attio's page "Attribute types")."""

from __future__ import annotations

import json
from typing import Any

from sdrbot_skills.crm.attio.admin_tools.sending import owner_path
from sdrbot_skills.crm.attio.client import AttioClient
from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.errors import ConfigurationError

PAGE = 100
CREATABLE = (
    "text", "number", "checkbox", "currency", "date", "timestamp", "rating", "status", "select", "record-reference", "actor-reference",
    "location", "domain", "email-address", "phone-number",
)  # fmt: skip
CHOICES = {"select": "options", "status": "statuses"}


def all_attributes(client: AttioClient, object_slug: str, *, archived: bool) -> list[dict[str, Any]]:
    """Every attribute; how long a page may be is not documented, so pages are asked for until nothing new comes."""
    found: dict[str, dict[str, Any]] = {}
    while True:
        query = {"show_archived": str(archived).lower(), "limit": str(PAGE), "offset": str(len(found))}
        page = {one["id"]["attribute_id"]: one for one in client.get(owner_path(object_slug, "attributes"), query)}
        if page.keys() <= found.keys():
            return list(found.values())
        found |= page


def definition(client: AttioClient, object_slug: str, attribute_slug: str) -> dict[str, Any]:
    """One attribute, archived or not. Raises `ConfigurationError` where there is none."""
    found = definition_or_none(client, object_slug, attribute_slug)
    if found is None:
        raise ConfigurationError(f"Attio's {object_slug} have no attribute {attribute_slug!r}.")
    return found


def definition_or_none(client: AttioClient, object_slug: str, attribute_slug: str) -> dict[str, Any] | None:
    """Archived attributes are found too: they keep their slug."""
    try:
        return dict(client.get(owner_path(object_slug, "attributes", attribute_slug)))
    except Missing:
        return None


def choices_of(client: AttioClient, object_slug: str, entry: dict[str, Any]) -> list[dict[str, Any]]:
    """The options of a select, the statuses of a status attribute, archived ones too; none for others."""
    if entry["type"] not in CHOICES:
        return []
    path = owner_path(object_slug, "attributes", entry["api_slug"], CHOICES[entry["type"]])
    return list(client.get(path, {"show_archived": "true"}))


def brief(entry: dict[str, Any]) -> dict[str, Any]:
    """An attribute in one line of a list."""
    return {
        "slug": entry["api_slug"],
        "title": entry["title"],
        "type": entry["type"],
        "required": entry["is_required"],
        "unique": entry["is_unique"],
        "multiselect": entry["is_multiselect"],
        "writable": entry["is_writable"],
        "custom": not entry["is_system_attribute"],
        "archived": entry["is_archived"],
    }


def whole(client: AttioClient, object_slug: str, entry: dict[str, Any]) -> dict[str, Any]:
    """An attribute with its options or statuses, and with where it leads."""
    other = entry.get("relationship")
    return {
        **brief(entry),
        "id": entry["id"]["attribute_id"],
        "description": entry.get("description") or "",
        "type_config": spelled_config(client, entry),
        "relationship": f"{other['object_slug']}.{other['api_slug']}" if other else None,
        "choices": [told_choice(one) for one in choices_of(client, object_slug, entry)],
    }


def told_choice(entry: dict[str, Any]) -> dict[str, Any]:
    """An option or a status."""
    identity: dict[str, Any] = entry["id"]
    told: dict[str, Any] = {
        "title": entry["title"],
        "id": identity.get("option_id") or identity.get("status_id"),
        "archived": entry["is_archived"],
    }
    for name in ("celebration_enabled", "target_time_in_status"):
        if name in entry:
            told[name] = entry[name]
    return told


def spelled_config(client: AttioClient, entry: dict[str, Any]) -> str | None:
    """The configuration as the tools take it: `EUR`, or `people, companies`."""
    config = entry["config"]
    if entry["type"] == "currency":
        return str(config["currency"]["default_currency_code"])
    allowed = config["record_reference"]["allowed_object_ids"] if entry["type"] == "record-reference" else None
    if not allowed:
        return None
    slugs = {one["id"]["object_id"]: one["api_slug"] for one in client.get("/v2/objects")}
    return ", ".join(slugs.get(one, one) for one in allowed)


def config_of(attribute_type: str, type_config: str | None) -> dict[str, Any]:
    """Attio's `config` from what a person wrote: a currency code, slugs of objects, or Attio's own JSON."""
    text = (type_config or "").strip()
    if text.startswith("{"):
        try:
            return dict(json.loads(text))
        except ValueError as error:
            raise ConfigurationError(f"type_config is not JSON: {error}.") from None
    if attribute_type == "currency":
        return {"currency": {"default_currency_code": text or "USD", "display_type": "symbol"}}
    if attribute_type == "record-reference" and text:
        return {"record_reference": {"allowed_objects": [slug.strip() for slug in text.split(",")]}}
    if text:
        raise ConfigurationError(f"An attribute of type {attribute_type} has no type_config.")
    return {}
