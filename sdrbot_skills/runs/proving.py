"""Proving a run: source read anew, target read back and ledger compared, on a broker that can only read."""

from __future__ import annotations

import json

from sdrbot_skills import engine
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.results import VerifyResult
from sdrbot_skills.runs.auditing import audit_findings
from sdrbot_skills.runs.brokers import adapter, plan_broker
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.preparing import sealed_plan


def verify(run: RunDirectory) -> VerifyResult:
    """Compare, and keep the result with the run."""
    if not (run.trusted / "live").is_dir():
        raise ConfigurationError(
            f"Run {run.id} has not gone live, so there is nothing to prove yet. `crm-migrate status {run.id}` says what comes next."
        )
    run.need_memory("prove it")
    plan = sealed_plan(run)
    ledger = Ledger(run.trusted / "live" / "ledger.sqlite", read_only=True)
    try:
        with plan_broker(plan, "verify", trusted_dir=str(run.trusted / "verify")) as broker:
            source, target = adapter(broker, plan.source.connection), adapter(broker, plan.target.connection)
            complete = engine.Completed(ledger, engine.find_unanswered(plan, target, ledger))
            result = engine.verify(
                plan,
                source,
                target,
                run.journal_path,
                complete,
                scope=run.scope_path,
                only=run.read_json("sealed", "only.json"),
            )
    finally:
        ledger.close()
    result.findings[:0] = audit_findings(run)
    document = result.model_dump(mode="json")
    run.write_json("trusted", "verify.json", document)
    run.copy_for_people("verify.json", json.dumps(document, indent=1, ensure_ascii=False).encode())
    figures = result.total.model_dump()
    run.update(verified=figures)
    return result
