"""Taking back what a run did: a gated run of its own that touches only ids of the parent's ledger."""

from __future__ import annotations

import json
from typing import Any

from sdrbot_skills import engine
from sdrbot_skills.broker.launch import BrokerHandle
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs import admin_calls, schema_runs
from sdrbot_skills.runs.binding import seal_fingerprint
from sdrbot_skills.runs.brokers import adapter, plan_broker
from sdrbot_skills.runs.budgets import link_channel
from sdrbot_skills.runs.directory import RunDirectory, create_run, open_run
from sdrbot_skills.runs.preparing import sealed_plan
from sdrbot_skills.runs.state import Status


def prepare(parent: RunDirectory) -> RunDirectory:
    """A run that takes the parent back. A schema run is taken back by a schema run that removes its fields."""
    state = parent.state()
    if not (parent.trusted / "live").is_dir():
        raise ConfigurationError(f"Run {parent.id} never went live; there is nothing to take back.")
    if admin_calls.is_call(parent):
        return admin_calls.prepare_undo(parent)
    if state.kind == "schema":
        return schema_runs.prepare(sealed_plan(parent), parent=parent)
    parent.need_memory("take it back")
    run = create_run(
        "undo",
        source=state.source,
        target=state.target,
        target_account=state.target_account,
        environment=state.environment,
        objects=state.objects,
        parent=parent.id,
    )
    run.write_json("sealed", "plan.json", {"parent": parent.id})
    (run.sealed / "plan.yaml").write_bytes(parent.plan_path.read_bytes())
    return run


def rehearse(run: RunDirectory) -> dict[str, Any]:
    """What would be taken back, per object; nothing is changed. Seals it for the approval."""
    if run.state().kind == "schema":
        return {"counts": {}, "spared": []}
    plan, parent = sealed_plan(run), _parent(run)
    ledger = _ledger(parent)
    try:
        with plan_broker(plan, "verify", trusted_dir=str(run.trusted / "dry")) as broker:
            target = adapter(broker, plan.target.connection)
            complete = engine.Completed(ledger, engine.find_unanswered(plan, target, ledger))
            preview = engine.undo(plan, target, parent.journal_path, complete, preview=True)
            table = _undoable(plan, complete, target)
    finally:
        ledger.close()
    run.write_json("sealed", "undo.json", table)
    document = preview.model_dump(mode="json")
    document["counts"] = document.pop("objects")
    run.write_json("trusted", "preview.json", document)
    run.write_json("trusted", "dry.json", {"counts": {}, "findings": [], "samples": [], "forecast": None})
    seal_fingerprint(run, plan)
    run.move(Status.REHEARSED)
    return document


def carry_out(run: RunDirectory, broker: BrokerHandle) -> None:
    """Take it back: delete what was created, restore what was changed, unlink what was linked; edited records are spared and listed."""
    plan, parent = sealed_plan(run), _parent(run)
    ledger = _ledger(parent)
    try:
        result = engine.undo(plan, adapter(broker, plan.target.connection), parent.journal_path, ledger)
    finally:
        ledger.close()
    document = result.model_dump(mode="json")
    run.write_json(
        "trusted",
        "live.json",
        {
            "counts": document["objects"],
            "spared": document["spared"],
            "findings": document["findings"],
            "state": "done",
        },
    )
    run.copy_for_people("undo.json", json.dumps(document, indent=1, ensure_ascii=False).encode())


def _undoable(plan: Plan, ledger: engine.Completed, target: Crm) -> dict[str, dict[str, list[str]]]:
    """The ids that the broker lets an undo touch: those the ledger names or leaves open, and nothing else."""
    table: dict[str, dict[str, list[str]]] = {}
    for entry in plan.objects.values():
        table[entry.target] = {
            "delete": ledger.created_ids(entry.target),
            "update": ledger.updated_ids(entry.target),
            "unlink": [],
        }
        for link_type in target.link_types(entry.target):
            if not link_type.field:
                channel = link_channel(link_type)
                # Where a link is a record of its own (Salesforce contact roles), taking it back is deleting that record.
                table.setdefault(channel, {"delete": ledger.created_ids(channel), "update": [], "unlink": []})
    for name, ends in ledger.links():
        table.setdefault(name, {"delete": [], "update": [], "unlink": []})["unlink"].append(ends)
        if target.capabilities.unlink_by_update:
            table[name.partition("->")[0]]["update"].append(ends.partition(":")[0])
    return table


def _parent(run: RunDirectory) -> RunDirectory:
    return open_run(run.read_json("sealed", "plan.json")["parent"])


def _ledger(run: RunDirectory) -> Ledger:
    return Ledger(run.trusted / "live" / "ledger.sqlite", read_only=True)
