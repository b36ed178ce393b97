"""What an approval is bound to: the fingerprint of a run, computed from the sealed files and from what both accounts are now."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sdrbot_skills import planning
from sdrbot_skills.approval.fingerprint import Fingerprint, environment_digest
from sdrbot_skills.broker.policy import policy_digest
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.schema import ObjectSchema
from sdrbot_skills.runs.directory import RunDirectory


def fingerprint(
    run: RunDirectory, plan: Plan, schemas: tuple[dict[str, ObjectSchema], dict[str, ObjectSchema]]
) -> Fingerprint:
    """The fingerprint as of now. An unrelated change of a schema does not move it; a changed option the plan uses does."""
    dry = (run.trusted / "dry.json").read_bytes()
    return Fingerprint(
        script_sha256=_sha(run.script_path.read_bytes()),
        plan_sha256=plan.digest(),
        policy_sha256=_digest({crm: policy_digest(crm) for crm in (plan.source.crm, plan.target.crm)}),
        environment_sha256=environment_digest(),
        dry_run_sha256=_sha(dry),
        touched_schema_sha256=_digest(planning.touched_schema(plan, *schemas)),
        scope_sha256=_sha(run.scope_path.read_bytes()),
        budgets=run.read_json("sealed", "budget.json"),
        accounts={
            role: {"crm": side.crm, "id": side.account_id, "environment": side.environment.value}
            for role, side in (("source", plan.source), ("target", plan.target))
        },
    )


def _sha(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _digest(document: Any) -> str:
    return _sha(json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str).encode())
