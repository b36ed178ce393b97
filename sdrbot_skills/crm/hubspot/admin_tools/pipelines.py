"""Pipelines and their stages (HubSpot's guide "Pipelines"). Records hold the ids of stages, never their labels."""

from __future__ import annotations

import json
from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, given, reads, wording
from sdrbot_skills.crm.hubspot.admin_tools.sending import count, only
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.objects import STANDARD
from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.errors import ConfigurationError

CHECKED = "?validateReferencesBeforeDelete=true&validateDealStageUsagesBeforeDelete=true"
"""Without these HubSpot removes a stage under the records that are in it (until its version 2026-09, which always looks)."""


@reads
def list_pipelines(client: HubSpotClient, object_type: str) -> list[dict[str, Any]]:
    """The pipelines of an object (deals, tickets, leads or a custom one) with their stages."""
    return [_told(entry) for entry in client.get(client.paths.pipelines(object_type))["results"]]


@changes
def create_pipeline(
    client: HubSpotClient, object_type: str, label: str, stages: str, display_order: int | None = None
) -> Change:
    """Make a pipeline. `stages`: of deals with their probability (`Talk=0.2, Won=1.0, Lost=0.0`), of tickets with OPEN or CLOSED (`New=OPEN`)."""
    made = [
        _stage(object_type, option.value, option.label, position)
        for position, option in enumerate(read_options(stages))
    ]
    body: dict[str, Any] = {"label": label, "displayOrder": display_order or 0, "stages": made}
    return Change(
        requests=[Request("POST", client.paths.pipelines(object_type), body)],
        says=f"Makes the pipeline {label} of {object_type} with {len(made)} stages.",
        undo=lambda answers: Call(
            "hubspot_admin_delete_pipeline", {"object_type": object_type, "pipeline_id": answers[0]["id"]}
        ),
        shape=lambda answers: _told(answers[0]),
    )


@changes
def update_pipeline(
    client: HubSpotClient,
    object_type: str,
    pipeline_id: str,
    label: str | None = None,
    display_order: int | None = None,
) -> Change:
    """Rename a pipeline, or change its place."""
    wanted = given(label=label, display_order=display_order)
    there = _told(_pipeline(client, object_type, pipeline_id))
    before = only(there, wanted)
    body = {"displayOrder" if name == "display_order" else name: value for name, value in wanted.items()}
    where = {"object_type": object_type, "pipeline_id": pipeline_id}
    return Change(
        requests=[Request("PATCH", client.paths.pipelines(object_type, pipeline_id), body)],
        says=f"Changes the pipeline {there['label']} of {object_type}: {wording(before, wanted)}.",
        before=before,
        undo=Call("hubspot_admin_update_pipeline", {**where, **before}),
        shape=lambda answers: _told(answers[0]),
    )


@changes
def delete_pipeline(client: HubSpotClient, object_type: str, pipeline_id: str) -> Change:
    """Remove a pipeline with its stages; refused while records are in it."""
    there = _told(_pipeline(client, object_type, pipeline_id))
    _empty(client, object_type, 0, there["label"], pipeline_id)
    stages = [{"value": stage["label"], "label": _outlook(stage)} for stage in there["stages"]]
    again = {"object_type": object_type, "label": there["label"], "stages": json.dumps(stages, ensure_ascii=False)}
    return Change(
        requests=[Request("DELETE", client.paths.pipelines(object_type, pipeline_id) + CHECKED)],
        says=f"Removes the pipeline {there['label']} of {object_type} and its {len(stages)} stages; no record is in it. "
        "The way back makes it again under new ids.",
        before=there,
        undo=Call("hubspot_admin_create_pipeline", {**again, "display_order": there["display_order"]}),
        destructive=True,
    )


@changes
def create_stage(
    client: HubSpotClient,
    object_type: str,
    pipeline_id: str,
    label: str,
    outlook: str,
    display_order: int | None = None,
) -> Change:
    """Add a stage to a pipeline. `outlook`: of deals the probability (0.0 to 1.0 in tenths), of tickets OPEN or CLOSED."""
    there = _told(_pipeline(client, object_type, pipeline_id))
    body = _stage(object_type, label, outlook, len(there["stages"]) if display_order is None else display_order)
    where = {"object_type": object_type, "pipeline_id": pipeline_id}
    return Change(
        requests=[Request("POST", client.paths.pipelines(object_type, pipeline_id, "stages"), body)],
        says=f"Adds the stage {label} ({outlook}) to the pipeline {there['label']} of {object_type}.",
        undo=lambda answers: Call("hubspot_admin_delete_stage", {**where, "stage_id": answers[0]["id"]}),
        shape=lambda answers: _told_stage(answers[0]),
    )


@changes
def update_stage(
    client: HubSpotClient,
    object_type: str,
    pipeline_id: str,
    stage_id: str,
    label: str | None = None,
    outlook: str | None = None,
    display_order: int | None = None,
) -> Change:
    """Change a stage's label, outlook (deals: probability, tickets: OPEN or CLOSED) or place."""
    wanted = given(label=label, outlook=outlook, display_order=display_order)
    there = _stage_of(_told(_pipeline(client, object_type, pipeline_id)), stage_id)
    before = {name: _outlook(there) if name == "outlook" else there[name] for name in wanted}
    body = {name: wanted[key] for key, name in (("label", "label"), ("display_order", "displayOrder")) if key in wanted}
    if outlook is not None:
        body["metadata"] = _metadata(object_type, outlook)
    where = {"object_type": object_type, "pipeline_id": pipeline_id, "stage_id": stage_id}
    return Change(
        requests=[Request("PATCH", client.paths.pipelines(object_type, pipeline_id, "stages", stage_id), body)],
        says=f"Changes the stage {there['label']} of {object_type}: {wording(before, wanted)}.",
        before=before,
        undo=Call("hubspot_admin_update_stage", {**where, **before}),
        shape=lambda answers: _told_stage(answers[0]),
    )


@changes
def delete_stage(client: HubSpotClient, object_type: str, pipeline_id: str, stage_id: str) -> Change:
    """Remove a stage; refused while records are in it."""
    there = _stage_of(_told(_pipeline(client, object_type, pipeline_id)), stage_id)
    _empty(client, object_type, 1, there["label"], stage_id)
    again = {"object_type": object_type, "pipeline_id": pipeline_id, "label": there["label"]}
    return Change(
        requests=[Request("DELETE", client.paths.pipelines(object_type, pipeline_id, "stages", stage_id) + CHECKED)],
        says=f"Removes the stage {there['label']} of {object_type}; no record is in it. The way back makes it again under a new id.",
        before=there,
        undo=Call(
            "hubspot_admin_create_stage",
            {**again, "outlook": _outlook(there), "display_order": there["display_order"]},
        ),
        destructive=True,
    )


def _pipeline(client: HubSpotClient, object_type: str, pipeline_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(client.paths.pipelines(object_type, pipeline_id))
    return found


def _stage_of(pipeline: dict[str, Any], stage_id: str) -> dict[str, Any]:
    found = [stage for stage in pipeline["stages"] if stage["id"] == stage_id]
    if not found:
        names = ", ".join(f"{stage['id']} ({stage['label']})" for stage in pipeline["stages"])
        raise ConfigurationError(f"The pipeline {pipeline['label']} has no stage {stage_id!r}. It has: {names}.")
    return dict(found[0])


def _empty(client: HubSpotClient, object_type: str, which: int, label: str, value: str) -> None:
    """Nothing is in this pipeline (`which` 0) or stage (1). Raises `ConfigurationError` with the number of records."""
    own = STANDARD.get(object_type)
    field = (own.pipeline_fields if own and own.pipeline_fields else ("hs_pipeline", "hs_pipeline_stage"))[which]
    if number := count(client, object_type, field, value):
        raise ConfigurationError(f"{number:,} {object_type} are in {label}; move them first, then remove it.")


def _stage(object_type: str, label: str, outlook: str, position: int) -> dict[str, Any]:
    return {"label": label, "displayOrder": position, "metadata": _metadata(object_type, outlook)}


def _metadata(object_type: str, outlook: str) -> dict[str, str]:
    return {"ticketState": outlook.upper()} if object_type in ("tickets", "0-5") else {"probability": outlook}


def _outlook(stage: dict[str, Any]) -> str:
    return str(stage["ticket_state"] or stage["probability"] or "")


def _told(entry: dict[str, Any]) -> dict[str, Any]:
    stages = sorted(entry["stages"], key=lambda stage: stage.get("displayOrder") or 0)
    return {
        "id": entry["id"],
        "label": entry["label"],
        "display_order": entry.get("displayOrder") or 0,
        "stages": [_told_stage(stage) for stage in stages],
    }


def _told_stage(stage: dict[str, Any]) -> dict[str, Any]:
    facts = stage.get("metadata") or {}
    return {
        "id": stage["id"],
        "label": stage["label"],
        "display_order": stage.get("displayOrder") or 0,
        "probability": facts.get("probability"),
        "ticket_state": facts.get("ticketState"),
        "closed": facts.get("isClosed") == "true",
    }


TOOLS = (
    list_pipelines,
    create_pipeline,
    update_pipeline,
    delete_pipeline,
    create_stage,
    update_stage,
    delete_stage,
)
