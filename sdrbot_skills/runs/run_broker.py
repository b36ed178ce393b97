"""The broker of a run that was approved: one purpose, exactly what was approved, and where its credential comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sdrbot_skills.approval.record import validity
from sdrbot_skills.broker.launch import BrokerHandle, attach, start
from sdrbot_skills.broker.spec import BrokerSpec, Budget, Purpose, SchemaOperation, Writable
from sdrbot_skills.credentials.model import ConnectionSpec
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import Refused
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs.brokers import adapter, plan_spec, reading
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.state import RunKind

DAY = 86_400.0
PURPOSES: dict[RunKind, Purpose] = {
    "migrate": "live",
    "retry": "live",
    "delta": "live",
    "schema": "schema",
    "undo": "undo",
}


LAST_ANSWERS_SECONDS = 120.0
"""Longer than the broker waits for one answer."""


def waiting_broker(run: RunDirectory) -> BrokerHandle | None:
    """The broker that the approval left waiting with the unsealed credential, while it lives."""
    found = open_broker(run)
    return found if found is not None and found.detached else None


def open_broker(run: RunDirectory) -> BrokerHandle | None:
    """The broker that serves the run just now, whoever started it."""
    return attach(run.trusted / "live")


def run_broker(run: RunDirectory, plan: Plan) -> BrokerHandle:
    """The waiting broker, else one with credentials that need no unsealing.

    One run has one broker: that of a worker which was killed first takes down the answers that are under way.
    """
    found = open_broker(run)
    if found is None:
        return start(run_spec(run, plan))
    if found.detached:
        return found
    if not found.wait_until_gone(LAST_ANSWERS_SECONDS):
        raise Refused(
            f"The broker that run {run.id} had before still waits for an answer. Nothing more was sent; try again in a minute.",
            code="broker_busy",
        )
    return start(run_spec(run, plan))


def run_spec(
    run: RunDirectory, plan: Plan, connections: Sequence[ConnectionSpec] | None = None, *, detached: bool = False
) -> BrokerSpec:
    """What that broker is told: the records the dry run counted, the requests of the schema change, or the ids of the ledger; nothing beyond."""
    kind = run.state().kind
    return plan_spec(
        plan,
        PURPOSES[kind],
        connections,
        trusted_dir=str(run.trusted / "live"),
        detached=detached,
        lifetime_seconds=validity(forecast_seconds(run)),
        remembers=PURPOSES[kind] == "live",  # a schema change and an undo look once more what is there now
        **_allowed(run, plan, kind),
    )


def forecast_seconds(run: RunDirectory) -> float:
    """How long the run is expected to take, the days included that it waits for a spent allowance; 0 where nothing was forecast."""
    forecast = (run.read_json("trusted", "dry.json") or {}).get("forecast")
    return max(float(forecast["seconds"]), DAY * float(forecast["calendar_days"])) if forecast else 0.0


@contextmanager
def reading_for(run: RunDirectory, *names: str) -> Iterator[list[Crm]]:
    """Adapters to look with: on the run's own broker where that is open, so that nothing is asked twice, of nobody."""
    own = open_broker(run)
    if own is not None:
        yield [adapter(own, name) for name in names]
        return
    with reading(*names) as crms:
        yield crms


def _allowed(run: RunDirectory, plan: Plan, kind: RunKind) -> dict[str, Any]:
    if kind == "schema":
        writes = run.read_json("sealed", "schema.json")["writes"]
        return {"schema_operations": tuple(SchemaOperation.model_validate(write) for write in writes)}
    if kind == "undo":
        return {"undo": str(run.sealed / "undo.json")}
    return {
        "objects": Writable.model_validate(run.read_json("sealed", "writable.json")),
        "budget": {
            name: Budget.model_validate(entry) for name, entry in run.read_json("sealed", "budget.json").items()
        },
        "keys": {entry.target: entry.migration_key for entry in plan.objects.values() if entry.migration_key},
    }
