"""The dry run: the script runs in the sandbox on a broker that lets nothing be written; what it found is sealed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from sdrbot_skills import planning
from sdrbot_skills.broker.launch import BrokerHandle
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import MigrationError, PlanInvalid
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.results import DryRunResult, Finding, Forecast
from sdrbot_skills.model.schema import CREATION_DATES, Blindness, ObjectSchema
from sdrbot_skills.runs.binding import plan_links, plan_schemas, seal_fingerprint
from sdrbot_skills.runs.brokers import adapter, audited, plan_broker
from sdrbot_skills.runs.budgets import budgets
from sdrbot_skills.runs.deltas import unrecognised
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.labels import in_words
from sdrbot_skills.runs.ordering import BY_COHORTS, by_cohorts
from sdrbot_skills.runs.outcome import MARK
from sdrbot_skills.runs.preparing import sealed_plan
from sdrbot_skills.runs.retrying import not_taken_along
from sdrbot_skills.runs.sandboxed import brief, explain, run_script
from sdrbot_skills.runs.state import Status
from sdrbot_skills.sandbox.reading import copy_untrusted

JOURNAL_LIMIT = 8 * 1024**3


def rehearse(run: RunDirectory, on_line: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Do the dry run and give its summary: run, counts, findings, forecast, fingerprint. Raises what stopped it."""
    plan = sealed_plan(run)
    with plan_broker(plan, "dry", trusted_dir=str(run.trusted / "dry")) as broker:
        source, target = adapter(broker, plan.source.connection), adapter(broker, plan.target.connection)
        schemas = plan_schemas(plan, source, target)
        planning.check(plan, *schemas, *plan_links(plan, source, target))
        pending = _pending(plan, schemas[1])
        try:
            found = _run_dry(run, broker, on_line)
        except MigrationError as error:
            run.move(Status.FAILED, f"the dry run: {brief(error)}")
            raise
        ours = source.preflight(sorted({entry.source for entry in plan.objects.values()}))
        theirs = target.preflight(sorted({entry.target for entry in plan.objects.values()}))
        found.findings[:] = [
            *_refusals(broker),
            *held_back_whole(found),
            *pending,
            *unrecognised(run),
            *not_taken_along(run),
            *_unseen(ours.blind),
            *_on_the_target(theirs.blind),
            *creation_dates(plan, schemas[1], theirs.blind),
            *in_words(found.findings, plan),
        ]
        forecast = planning.forecast(plan, found, source, target, ours.allowances, theirs.allowances)
        writable, budget = budgets(plan, found, target)
        run.write_json(
            "trusted",
            "deep_links.json",
            {"source": _patterns(plan, source, "source"), "target": _patterns(plan, target, "target")},
        )
    if by_cohorts(plan, forecast.calendar_days) and run.read_json("sealed", "only.json") is None:
        forecast.notes.append(BY_COHORTS)
    _seal(run, found, forecast)
    run.write_json("sealed", "writable.json", writable.model_dump(mode="json"))
    run.write_json("sealed", "budget.json", {name: entry.model_dump() for name, entry in budget.items()})
    seal_fingerprint(run, plan, schemas)
    quarantined = sum(counts.quarantine for counts in found.counts.values())
    run.move(Status.REHEARSED, quarantined=quarantined)
    summary = rehearsal_summary(run)
    run.copy_for_people("dry-run.json", (run.trusted / "dry.json").read_bytes())
    return summary


def _pending(plan: Plan, target_schemas: dict[str, ObjectSchema]) -> list[Finding]:
    """What the plan means to make on the target and nobody has yet. A missing migration key is a finding, any other missing field stops the run."""
    keys = {(entry.target, entry.migration_key) for entry in plan.objects.values()}
    waiting = planning.pending_changes(plan, target_schemas)
    others = [
        f"{change.object}.{change.field.name}" for change in waiting if (change.object, change.field.name) not in keys
    ]
    if others:
        raise PlanInvalid(
            [f"{name} is not there yet: `crm-migrate schema` makes it, with an approval of its own" for name in others]
        )
    return [
        Finding(
            rule="no_migration_key",
            severity="warning",
            object=change.object,
            field=change.field.name,
            message="The migration key is not there yet; `crm-migrate schema` makes it. Without it a record whose answer is lost waits in quarantine, "
            "and records without another key are made anew by every run.",
        )
        for change in waiting
    ]


def held_back_whole(found: DryRunResult) -> list[Finding]:
    """Objects of which nothing at all would be carried: a plan that does not fit, rather than records that do not."""
    return [
        Finding(
            rule="whole_object",
            severity="problem",
            object=name,
            count=counts.quarantine,
            message=f"Not one of the {counts.read:,} {name} would be carried: every one is held back, for the reasons told here. The plan does not fit "
            "them; change its mapping and do the dry run again before anything goes live.",
        )
        for name, counts in found.counts.items()
        if counts.read > 1 and counts.quarantine == counts.read
    ]


def _unseen(blind: Sequence[Blindness]) -> list[Finding]:
    """What the source's credential cannot see, so that nobody takes the counts of a dry run for everything there is."""
    return [
        Finding(rule="cannot_see", severity="warning", message=f"{one.subject}: {one.message} {one.cure}".strip())
        for one in blind
        if not one.writing
    ]


def _on_the_target(blind: Sequence[Blindness]) -> list[Finding]:
    """What the target's credential may not see or write, and what its vendor does by itself, before anything is written there."""
    return [
        Finding(
            rule="on_the_target",
            severity="warning" if one.blocks else "info",
            message=f"{one.subject}: {one.message} {one.cure}".strip(),
        )
        for one in blind
    ]


def creation_dates(plan: Plan, target_schemas: dict[str, ObjectSchema], blind: Sequence[Blindness]) -> list[Finding]:
    """Where new records get the day of the migration, since the target lets nobody set another. An account where a permission
    decides it says so itself, with the cure: then it is among what is `blind`."""
    if any(one.subject == CREATION_DATES for one in blind):
        return []
    fixed = [name for name, entry in plan.objects.items() if _made_by_the_target(target_schemas[entry.target])]
    if not fixed:
        return []
    message = (
        f"{CREATION_DATES}: The target sets them itself, so new {' and '.join(fixed)} carry the day of the migration. "
        "To keep the source's, map its field to a date field of your own before the live run; it cannot be read from the target afterwards."
    )
    return [Finding(rule="creation_dates", severity="info", message=message)]


def _made_by_the_target(schema: ObjectSchema) -> bool:
    made = schema.field(schema.created_field) if schema.created_field else None
    return made is not None and not made.creatable


def rehearsal_summary(run: RunDirectory) -> dict[str, Any]:
    """The dry run in the shape that scripts read."""
    document = run.read_json("trusted", "dry.json")
    columns = ("read", "create", "update", "skip", "quarantine", "links")
    return {
        "run": run.id,
        "counts": {name: {column: counts[column] for column in columns} for name, counts in document["counts"].items()},
        "findings": document["findings"],
        "forecast": document["forecast"],
        "fingerprint": run.read_json("sealed", "fingerprint.json")["digest"],
    }


def _patterns(plan: Plan, crm: Crm, side: str) -> dict[str, str]:
    """Per object of the plan the address of a record's page, with a mark where the id goes."""
    return {name: crm.deep_link(getattr(entry, side), MARK) for name, entry in plan.objects.items()}


def _run_dry(run: RunDirectory, broker: BrokerHandle, on_line: Callable[[str], None] | None) -> DryRunResult:
    error = explain(run_script(run, broker, "dry", only=run.read_json("sealed", "only.json"), on_line=on_line))
    if error:
        raise error
    document = run.read_json("work", "dry.json")
    if document is None:
        raise MigrationError(
            "The script ended without a dry-run result: its `main()` has to hand the transforms to `run_migration`."
        )
    return DryRunResult.model_validate(document)


def _refusals(broker: BrokerHandle) -> list[Finding]:
    """What the script tried and the broker refused, from the audit; a rendered script never tries."""
    tried = Counter(
        (entry["code"], entry.get("operation") or entry.get("path", "")) for entry in audited(broker, "refused")
    )
    return [
        Finding(
            rule="policy_violation",
            severity="problem",
            count=count,
            message=f"The script tried {operation} during the dry run; the broker refused it ({code}). A rendered script never does.",
        )
        for (code, operation), count in sorted(tried.items())
    ]


def _seal(run: RunDirectory, found: DryRunResult, forecast: Forecast) -> None:
    copy_untrusted(run.work, run.journal_path.name, run.scope_path, JOURNAL_LIMIT)
    for leftover in run.work.glob(f"{run.journal_path.name}*"):
        leftover.unlink()  # the live run begins a journal of its own
    document = {**found.model_dump(mode="json"), "forecast": forecast.model_dump(mode="json")}
    document["scope_sha256"] = hashlib.sha256(run.scope_path.read_bytes()).hexdigest()
    run.write_json("trusted", "dry.json", document)
