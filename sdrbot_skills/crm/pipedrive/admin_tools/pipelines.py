"""Pipelines and their stages: list, make, change, remove (API reference v2 "Pipelines", "Stages"). What is deleted, no call brings back."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.crm.pipedrive.client import PAGE, V2, PipedriveClient
from sdrbot_skills.errors import ConfigurationError

Entry = dict[str, Any]


@reads
def list_pipelines(client: PipedriveClient) -> list[Entry]:
    """The pipelines of deals, each with its stages in their order."""
    stages = sorted(_all(client, "stages"), key=lambda one: (one.get("order_nr") or 0, one["id"]))
    return [
        {**_pipeline(entry), "stages": [_stage(one) for one in stages if one["pipeline_id"] == entry["id"]]}
        for entry in sorted(_all(client, "pipelines"), key=lambda one: (one.get("order_nr") or 0, one["id"]))
    ]


@changes
def create_pipeline(client: PipedriveClient, name: str, deal_probability: bool = False) -> Change:
    """Make a pipeline; `deal_probability`: whether its deals have a probability. Make its stages next, with `create_stage`."""
    body = {"name": name, "is_deal_probability_enabled": deal_probability}
    return _made("pipeline", body, f"Makes the pipeline {name}.")


@changes
def update_pipeline(
    client: PipedriveClient, pipeline_id: int, name: str | None = None, deal_probability: bool | None = None
) -> Change:
    """Rename a pipeline, or say whether its deals have a probability."""
    there = _one(client, "pipelines", pipeline_id)
    return _changed("pipeline", there, {"name": name, "is_deal_probability_enabled": deal_probability})


@changes
def delete_pipeline(client: PipedriveClient, pipeline_id: int) -> Change:
    """Remove a pipeline with its stages. Move its deals first."""
    there = _one(client, "pipelines", pipeline_id)
    return _removed("pipeline", there, f" with its stages; {_deals(client, 'pipeline_id', pipeline_id)}")


@changes
def create_stage(
    client: PipedriveClient,
    pipeline_id: int,
    name: str,
    deal_probability: int | None = None,
    days_to_rotten: int | None = None,
) -> Change:
    """Make a stage at the end of a pipeline. `deal_probability`: percent. `days_to_rotten`: after how many idle days a deal is marked."""
    of = _one(client, "pipelines", pipeline_id)
    body = {"name": name, "pipeline_id": pipeline_id, **_figures(deal_probability, days_to_rotten)}
    return _made("stage", body, f"Makes the stage {name} of the pipeline {of['name']}.")


@changes
def update_stage(
    client: PipedriveClient,
    stage_id: int,
    name: str | None = None,
    pipeline_id: int | None = None,
    deal_probability: int | None = None,
    days_to_rotten: int | None = None,
) -> Change:
    """Change a stage; `pipeline_id` moves it, with its deals, to another pipeline; `days_to_rotten` 0 marks deals no more."""
    there = _one(client, "stages", stage_id)
    wanted = {"name": name, "pipeline_id": pipeline_id, **_figures(deal_probability, days_to_rotten)}
    moves = pipeline_id not in (None, there["pipeline_id"])
    more = f"; {_deals(client, 'stage_id', stage_id)} and move with it" if moves else ""
    return _changed("stage", there, wanted, more)


@changes
def delete_stage(client: PipedriveClient, stage_id: int) -> Change:
    """Remove a stage. Move its deals first."""
    there = _one(client, "stages", stage_id)
    return _removed("stage", there, f"; {_deals(client, 'stage_id', stage_id)}")


def _made(noun: str, body: Entry, says: str) -> Change:
    return Change(
        requests=[Request("POST", f"{V2}/{noun}s", body)],
        says=says,
        undo=lambda answers: Call(f"pipedrive_admin_delete_{noun}", {f"{noun}_id": answers[-1]["data"]["id"]}),
        shape=lambda answers: _TOLD[noun](answers[-1]["data"]),
    )


def _changed(noun: str, there: Entry, wanted: Entry, more: str = "") -> Change:
    after = {name: value for name, value in wanted.items() if value is not None and value != there.get(name)}
    before = _TOLD[noun](there)
    back = {f"{noun}_id" if name == "id" else name: value for name, value in before.items()}
    return Change(
        requests=[Request("PATCH", f"{V2}/{noun}s/{there['id']}", after)] if after else [],
        says=f"Changes {', '.join(after) or 'nothing'} of the {noun} {there['name']}{more}.",
        before=before,
        undo=Call(f"pipedrive_admin_update_{noun}", back),
        shape=lambda answers: _TOLD[noun](answers[-1]["data"]),
    )


def _removed(noun: str, there: Entry, more: str) -> Change:
    return Change(
        requests=[Request("DELETE", f"{V2}/{noun}s/{there['id']}")],
        says=f"Removes the {noun} {there['name']}{more}.",
        before=_TOLD[noun](there),
        destructive=True,
    )


def _all(client: PipedriveClient, kind: str) -> list[Entry]:
    found = [entry for rows in client.pages(f"{V2}/{kind}") for entry in rows]
    return [entry for entry in found if not entry.get("is_deleted")]


def _one(client: PipedriveClient, kind: str, number: int) -> Entry:
    try:
        return dict(client.get(f"{V2}/{kind}/{number}")["data"])
    except Missing:
        raise ConfigurationError(
            f"Pipedrive's {kind} have no number {number}; list the pipelines to see them."
        ) from None


def _deals(client: PipedriveClient, name: str, number: int) -> str:
    """How many deals are there, by one page of them: Pipedrive counts nothing."""
    rows, more = client.page(f"{V2}/deals", [(name, str(number))])
    return f"{PAGE:,} deals or more are in it" if more else f"{len(rows):,} deals are in it, archived ones not counted"


def _figures(deal_probability: int | None, days_to_rotten: int | None) -> Entry:
    body: Entry = {} if deal_probability is None else {"deal_probability": deal_probability}
    if days_to_rotten is not None:
        body["is_deal_rot_enabled"] = days_to_rotten > 0
        body |= {"days_to_rotten": days_to_rotten} if days_to_rotten > 0 else {}
    return body


def _pipeline(entry: Entry) -> Entry:
    return {
        "id": entry["id"],
        "name": entry["name"],
        "deal_probability": bool(entry.get("is_deal_probability_enabled")),
    }


def _stage(entry: Entry) -> Entry:
    return {
        "id": entry["id"],
        "name": entry["name"],
        "pipeline_id": entry["pipeline_id"],
        "deal_probability": entry.get("deal_probability"),
        "days_to_rotten": (entry.get("days_to_rotten") or 0) if entry.get("is_deal_rot_enabled") else 0,
    }


_TOLD = {"pipeline": _pipeline, "stage": _stage}

TOOLS = (
    list_pipelines,
    create_pipeline,
    update_pipeline,
    delete_pipeline,
    create_stage,
    update_stage,
    delete_stage,
)
