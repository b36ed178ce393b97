"""The broker of a live run: what it may write, and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.broker.launch import BrokerHandle, attach, start
from sdrbot_skills.broker.spec import BrokerSpec, Budget, Writable
from sdrbot_skills.credentials.model import ConnectionSpec
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs.brokers import plan_spec
from sdrbot_skills.runs.directory import RunDirectory


def live_broker(run: RunDirectory, plan: Plan) -> BrokerHandle:
    """The broker that the approval left waiting with the unsealed credential, else one with credentials that need no unsealing."""
    return attach(run.trusted / "live") or start(live_spec(run, plan))


def live_spec(
    run: RunDirectory, plan: Plan, connections: Sequence[ConnectionSpec] | None = None, *, detached: bool = False
) -> BrokerSpec:
    """What that broker is told: the objects and the numbers of records that the dry run found, and nothing beyond."""
    return plan_spec(
        plan,
        "live",
        connections,
        trusted_dir=str(run.trusted / "live"),
        objects=Writable.model_validate(run.read_json("sealed", "writable.json")),
        budget={name: Budget.model_validate(entry) for name, entry in run.read_json("sealed", "budget.json").items()},
        keys={entry.target: entry.migration_key for entry in plan.objects.values() if entry.migration_key},
        detached=detached,
    )
