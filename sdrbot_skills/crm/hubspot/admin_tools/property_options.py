"""Options of a choice property: added to its list, or hidden from people (HubSpot's guide "Properties": a sent list replaces the whole one)."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes
from sdrbot_skills.crm.hubspot.admin_tools.definitions import as_options, as_text, definition, whole
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.errors import ConfigurationError


@changes
def add_options(client: HubSpotClient, object_type: str, property_name: str, options: str) -> Change:
    """Add options to a choice property, keeping those it has. `options`: `Gold, Silver` or `gold=Gold, silver=Silver`."""
    there = definition(client, object_type, property_name)
    known = {one["value"] for one in there.get("options") or ()}
    new = [one for one in as_options(options) if one["value"] not in known]
    if not new:
        raise ConfigurationError(f"{property_name} has all of these options already.")
    merged = [*there["options"], *({**one, "displayOrder": len(known) + place} for place, one in enumerate(new))]
    back = {"object_type": object_type, "property_name": property_name, "options": as_text(there)}
    what = f"Adds {', '.join(one['label'] for one in new)} to"
    return _replacing(client, object_type, there, merged, what, Call("hubspot_admin_update_property", back))


@changes
def hide_options(
    client: HubSpotClient, object_type: str, property_name: str, options: str, hidden: bool = True
) -> Change:
    """Hide options of a choice property from people (or show them again), so that records keep what they have. `options`: their values."""
    there = definition(client, object_type, property_name)
    chosen = {one["value"] for one in as_options(options)}
    if strangers := chosen - {one["value"] for one in there.get("options") or ()}:
        raise ConfigurationError(f"{property_name} has no option {', '.join(sorted(strangers))}.")
    merged = [{**one, "hidden": hidden if one["value"] in chosen else one["hidden"]} for one in there["options"]]
    verb = "Hides" if hidden else "Shows"
    undo = {"object_type": object_type, "property_name": property_name, "options": options, "hidden": not hidden}
    return _replacing(
        client,
        object_type,
        there,
        merged,
        f"{verb} {', '.join(sorted(chosen))} of",
        Call("hubspot_admin_hide_options", undo),
    )


def _replacing(
    client: HubSpotClient,
    object_type: str,
    there: dict[str, Any],
    merged: list[dict[str, Any]],
    what: str,
    undo: Call,
) -> Change:
    return Change(
        requests=[Request("PATCH", client.paths.properties(object_type, there["name"]), {"options": merged})],
        says=f"{what} the options of {there['label']} ({there['name']}) of {object_type}.",
        before=[one["value"] for one in there["options"]],
        undo=undo,
        shape=lambda answers: whole(answers[-1]),
    )


TOOLS = (add_options, hide_options)
