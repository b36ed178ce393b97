"""Pipelines of deals, each with some of the stages (API v8 "Pipeline"). Stages themselves are the options of the pick list `Deals.Stage`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.zohocrm.admin_tools.definitions import definition, options
from sdrbot_skills.crm.zohocrm.admin_tools.sending import count_with, counted, made_id, settings
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.errors import ConfigurationError

GONE = {"permanent": None}


@reads
def list_pipelines(client: ZohoClient) -> list[dict[str, Any]]:
    """The pipelines of every layout of deals, each with its stages in their order."""
    return list(_all(client))


@changes
def create_pipeline(client: ZohoClient, name: str, stages: str, layout_id: str | None = None) -> Change:
    """Make a pipeline of stages that deals have already (their names, in order, with commas between); `layout_id` where deals have several
    layouts. A new stage is made with `zohocrm_admin_add_pick_list_values` of Deals.Stage."""
    layout = layout_id or _layouts(client)[0]["id"]
    maps = [{"id": one, "sequence_number": at + 1} for at, one in enumerate(_stage_ids(client, stages))]
    body = {"pipeline": [{"display_value": name, "maps": maps}]}
    return Change(
        requests=[Request("POST", settings(client, "pipeline", layout_id=layout), body)],
        says=f"Makes the pipeline {name} with {len(maps)} stages.",
        undo=lambda answers: Call("zohocrm_admin_delete_pipeline", {"pipeline_id": made_id(answers)}),
        shape=lambda answers: _pipeline(client, made_id(answers)),
    )


@changes
def update_pipeline(
    client: ZohoClient,
    pipeline_id: str,
    name: str | None = None,
    add_stages: str | None = None,
    remove_stages: str | None = None,
) -> Change:
    """Rename a pipeline, add stages to its end, or take stages out (names with commas between). Deals in a stage taken out keep it."""
    there = _pipeline(client, pipeline_id)
    present = {stage["id"]: stage["value"] for stage in there["stages"]}
    new = [one for one in _stage_ids(client, add_stages) if one not in present] if add_stages else []
    gone = [one for one in _stage_ids(client, remove_stages) if one in present] if remove_stages else []
    body: dict[str, Any] = {}
    if name and name != there["name"]:
        body["display_value"] = name
    if new or gone:
        body["maps"] = [{"id": one} for one in new] + [{"id": one, "_delete": GONE} for one in gone]
    back: dict[str, Any] = {"pipeline_id": pipeline_id, "name": there["name"]}
    if new:
        back["remove_stages"] = ", ".join(new)
    if gone:
        back["add_stages"] = ", ".join(gone)
    says = f"Changes the pipeline {there['name']}: {len(new)} stages more, {len(gone)} fewer"
    if gone:
        have = count_with(client, "Deals", Pipeline=[there["value"]], Stage=[present[one] for one in gone])
        says += f" ({counted(have, 'deals are in these')})"
    path = settings(client, f"pipeline/{pipeline_id}", layout_id=there["layout_id"])
    return Change(
        requests=[Request("PATCH", path, {"pipeline": [body]})] if body else [],
        says=f"{says}.",
        before=there,
        undo=Call("zohocrm_admin_update_pipeline", back),
        destructive=bool(gone),
        shape=lambda answers: _pipeline(client, pipeline_id),
    )


@changes
def delete_pipeline(client: ZohoClient, pipeline_id: str) -> Change:
    """Remove a pipeline. Zoho refuses for the usual one and while deals are in it."""
    there = _pipeline(client, pipeline_id)
    have = counted(count_with(client, "Deals", Pipeline=[there["value"]]), "deals are in it")
    path = settings(client, f"pipeline/{pipeline_id}", layout_id=there["layout_id"])
    stages = ", ".join(stage["id"] for stage in there["stages"])
    return Change(
        requests=[Request("PATCH", path, {"pipeline": [{"_delete": GONE}]})],
        says=f"Removes the pipeline {there['name']}; {have}.",
        before=there,
        undo=Call(
            "zohocrm_admin_create_pipeline",
            {"name": there["name"], "stages": stages, "layout_id": there["layout_id"]},
        ),
        destructive=True,
    )


def _layouts(client: ZohoClient) -> list[dict[str, Any]]:
    return list(client.get("settings/layouts", {"module": "Deals"}).get("layouts") or [])


def _all(client: ZohoClient) -> Iterator[dict[str, Any]]:
    for layout in _layouts(client):
        for entry in client.get("settings/pipeline", {"layout_id": str(layout["id"])}).get("pipeline") or ():
            stages = sorted(entry["maps"], key=lambda stage: stage.get("sequence_number") or 0)
            yield {
                "id": str(entry["id"]),
                "name": entry["display_value"],
                "value": entry["actual_value"],
                "layout_id": str(layout["id"]),
                "layout": layout["name"],
                "default": bool(entry.get("default")),
                "stages": [
                    {
                        "id": str(one["id"]),
                        "value": one["actual_value"],
                        "label": one["display_value"],
                        "forecast": one.get("forecast_type"),
                    }
                    for one in stages
                ],
            }


def _pipeline(client: ZohoClient, pipeline_id: str) -> dict[str, Any]:
    found = {one["id"]: one for one in _all(client)}
    if pipeline_id not in found:
        there = ", ".join(f"{one['name']} ({one['id']})" for one in found.values())
        raise ConfigurationError(f"Zoho has no pipeline {pipeline_id!r}. There are: {there}.")
    return found[pipeline_id]


def _stage_ids(client: ZohoClient, text: str) -> list[str]:
    """Ids of stages, from names, values or ids with commas between."""
    known: dict[str, str] = {}
    for stage in options(definition(client, "Deals", "Stage")):
        known |= {
            stage["id"]: stage["id"],
            stage["value"].casefold(): stage["id"],
            stage["label"].casefold(): stage["id"],
        }
    named = [part.strip() for part in text.split(",") if part.strip()]
    if strangers := [part for part in named if part.casefold() not in known]:
        raise ConfigurationError(
            f"Deals have no stage {', '.join(strangers)}. Make it first: `zohocrm_admin_add_pick_list_values` of Deals.Stage."
        )
    if not named:
        raise ConfigurationError("A pipeline has at least one stage.")
    return list(dict.fromkeys(known[part.casefold()] for part in named))


TOOLS = (list_pipelines, create_pipeline, update_pipeline, delete_pipeline)
