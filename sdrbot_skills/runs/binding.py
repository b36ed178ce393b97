"""What an approval is bound to: the fingerprint of a run, computed from the sealed files and from what both accounts are now."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sdrbot_skills import planning
from sdrbot_skills.approval.fingerprint import Fingerprint, compare, environment_digest
from sdrbot_skills.approval.record import ApprovalRecord, read_record
from sdrbot_skills.broker.policy import policy_versions
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import Refused
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.schema import LinkType, ObjectSchema
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.preparing import sealed_plan
from sdrbot_skills.runs.run_broker import reading_for
from sdrbot_skills.runs.state import CARRYING

Schemas = tuple[dict[str, ObjectSchema], dict[str, ObjectSchema]]

WHAT_RUNS = {**dict.fromkeys(CARRYING, "script.py"), "schema": "schema.json", "undo": "undo.json"}
"""The sealed file that decides what a run of each kind does."""


def seal_fingerprint(run: RunDirectory, plan: Plan, schemas: Schemas = ({}, {})) -> Fingerprint:
    """Compute the fingerprint of what the dry run saw and keep it with the sealed files."""
    bound = fingerprint(run, plan, schemas)
    run.write_json("sealed", "fingerprint.json", {**bound.model_dump(mode="json"), "digest": bound.digest()})
    run.write_json("sealed", "touched.json", planning.touched_schema(plan, *schemas) if schemas[0] else {})
    return bound


def touched_changes(run: RunDirectory) -> list[str]:
    """What changed in either account since the dry run, of what the plan touches: `target Contact.LeadSource options: without Web`."""
    plan = sealed_plan(run)
    with reading_for(run, plan.source.connection, plan.target.connection) as (source, target):
        now = planning.touched_schema(plan, *plan_schemas(plan, source, target))
    return planning.differences(run.read_json("sealed", "touched.json") or {}, now)


def sealed_fingerprint(run: RunDirectory) -> Fingerprint:
    """The fingerprint that the dry run was given."""
    document = run.read_json("sealed", "fingerprint.json")
    return Fingerprint.model_validate({key: value for key, value in document.items() if key != "digest"})


def filed_fingerprint(run: RunDirectory, record: ApprovalRecord) -> Fingerprint:
    """The approved fingerprint with the run's files as they are now: what can be told without asking an account."""
    filed = {**_sealed_files(run), "plan_sha256": sealed_plan(run).digest()}
    return record.fingerprint.model_copy(update=filed)


def check_sealed(run: RunDirectory) -> None:
    """Raise `Refused` unless the run was approved and started, and its sealed files are the ones of that approval.

    Whoever carries a run on asks this at that very moment: hours can lie between a start and the next stretch of work.
    """
    if check_files(run).started_at is None:
        raise _not_approved(run)


def check_files(run: RunDirectory) -> ApprovalRecord:
    """The approval of the run, whose sealed files are the ones that were approved; raises `Refused`."""
    record = read_record(run.sealed)
    if record is None:
        raise _not_approved(run)
    changed = compare(record.fingerprint, filed_fingerprint(run, record))
    if changed:
        what = "; ".join(one.plain_words for one in changed)
        raise Refused(
            f"Not carried on: since the approval of run {run.id}, {what}. What was written before stands in its journal.",
            code=f"changed_{changed[0].part}",
        )
    return record


def _not_approved(run: RunDirectory) -> Refused:
    return Refused(
        f"Run {run.id} was not started by an approval of a person. Nothing was written.", code="not_approved"
    )


def current_fingerprint(run: RunDirectory) -> Fingerprint:
    """The fingerprint as of now: both accounts are asked what they are and how the objects that the plan touches look."""
    plan = sealed_plan(run)
    schemas: Schemas = ({}, {})
    if run.state().kind in CARRYING:
        with reading_for(run, plan.source.connection, plan.target.connection) as (source, target):
            accounts = {"source": source.account(), "target": target.account()}
            schemas = plan_schemas(plan, source, target)
    else:
        with reading_for(run, plan.target.connection) as (target,):
            accounts = {"target": target.account()}
    answering = {
        role: {"crm": account.crm, "id": account.id, "environment": account.environment.value}
        for role, account in accounts.items()
    }
    bound = fingerprint(run, plan, schemas)
    return bound.model_copy(update={"accounts": {**bound.accounts, **answering}})


def fingerprint(run: RunDirectory, plan: Plan, schemas: Schemas) -> Fingerprint:
    """The fingerprint of the sealed files and these schemas. An unrelated change of a schema does not move it; a changed option the plan uses does."""
    return Fingerprint(
        **_sealed_files(run),
        plan_sha256=plan.digest(),
        policy_sha256=_digest(policy_versions([plan.source.crm, plan.target.crm])),
        environment_sha256=environment_digest(),
        touched_schema_sha256=_digest(planning.touched_schema(plan, *schemas) if schemas[0] else {}),
        accounts={
            role: {"crm": side.crm, "id": side.account_id, "environment": side.environment.value}
            for role, side in (("source", plan.source), ("target", plan.target))
        },
    )


def _sealed_files(run: RunDirectory) -> dict[str, Any]:
    """The parts of a fingerprint that are files of the run."""
    return {
        "script_sha256": _file(run, "sealed", WHAT_RUNS[run.state().kind]),
        "dry_run_sha256": _file(run, "trusted", "dry.json"),
        "scope_sha256": _file(run, "sealed", "scope.sqlite"),
        "budgets": run.read_json("sealed", "budget.json") or {},
    }


def plan_schemas(plan: Plan, source: Crm, target: Crm) -> Schemas:
    """Both sides' schemas of the objects a plan names, as they are now."""
    ours = {name: source.describe(name) for name in sorted({entry.source for entry in plan.objects.values()})}
    theirs = {name: target.describe(name) for name in sorted({entry.target for entry in plan.objects.values()})}
    return ours, theirs


def plan_links(plan: Plan, source: Crm, target: Crm) -> tuple[dict[str, list[LinkType]], dict[str, list[LinkType]]]:
    """Both sides' link types of the objects a plan names."""
    ours = {name: source.link_types(name) for name in sorted({entry.source for entry in plan.objects.values()})}
    theirs = {name: target.link_types(name) for name in sorted({entry.target for entry in plan.objects.values()})}
    return ours, theirs


def _file(run: RunDirectory, part: str, name: str) -> str:
    path = run.path / part / name
    return hashlib.sha256(path.read_bytes() if path.exists() else b"").hexdigest()


def _digest(document: Any) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
