"""A schema run: the custom fields a plan needs on the target, made by product code on a broker that lets exactly these requests through."""

from __future__ import annotations

from typing import Any

from sdrbot_skills import planning
from sdrbot_skills.broker.launch import BrokerHandle
from sdrbot_skills.crm.base import SchemaAction
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs import privileged
from sdrbot_skills.runs.binding import seal_fingerprint
from sdrbot_skills.runs.brokers import adapter, reading
from sdrbot_skills.runs.directory import RunDirectory, create_run
from sdrbot_skills.runs.preparing import sealed_plan
from sdrbot_skills.runs.state import Status


def prepare(plan: Plan, *, plan_file: str | None = None, parent: RunDirectory | None = None) -> RunDirectory:
    """Make the run (or, with a parent, the run that takes the parent's fields away again). Needs privileged mode for the target account."""
    privileged.require(plan.target.connection, plan.target.account_id)
    if not plan.schema_changes:
        raise ConfigurationError(
            "This plan has no `schema_changes`, so there is nothing to make. Go on with `crm-migrate dry-run`."
        )
    run = create_run(
        "schema",
        source=plan.source.connection,
        target=plan.target.connection,
        target_account=f"{plan.target.account_name} ({plan.target.account_id})",
        environment=plan.target.environment.value,
        objects=[],
        parent=parent.id if parent else None,
    )
    run.update(plan_file=plan_file)
    planning.save_plan(plan, run.plan_path)
    run.copy_for_people("plan.yaml", run.plan_path.read_bytes())
    with reading(plan.target.connection) as (target,):
        action: SchemaAction = "delete" if parent else "create"
        writes = [
            {**write._asdict(), "connection": plan.target.connection}
            for change in plan.schema_changes
            for write in target.schema_writes(action, change.object, change.field.name)
        ]
    run.write_json("sealed", "schema.json", {"action": action, "writes": writes})
    run.write_json("trusted", "dry.json", {"counts": {}, "findings": [], "samples": [], "forecast": None})
    seal_fingerprint(run, plan)
    run.move(Status.REHEARSED)
    return run


def describe(run: RunDirectory) -> list[dict[str, Any]]:
    """The changes in words."""
    action = run.read_json("sealed", "schema.json")["action"]
    return [
        {
            "action": action,
            "object": change.object,
            "field": change.field.name,
            "label": change.field.label,
            "kind": change.field.kind.value,
            "reason": change.reason,
        }
        for change in sealed_plan(run).schema_changes
    ]


def carry_out(run: RunDirectory, broker: BrokerHandle) -> None:
    """Make (or take away) the fields; harmless when repeated."""
    plan = sealed_plan(run)
    sealed = run.read_json("sealed", "schema.json")
    target = adapter(broker, plan.target.connection)
    for change in plan.schema_changes:
        if sealed["action"] == "create":
            target.create_field(change.object, change.field)
        else:
            target.delete_field(change.object, change.field.name)
    run.write_json(
        "trusted", "live.json", {"counts": {}, "findings": [], "state": "done", "wake_at": None, "reason": None}
    )
