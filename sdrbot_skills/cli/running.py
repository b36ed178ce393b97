"""`dry-run`, `review`, `approve`, `live`, `continue`, `resume`, `verify`, `retry`, `delta`, `undo`, `schema`, `forget`: what happens to a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sdrbot_skills import planning
from sdrbot_skills.cli.next_steps import counted, next_steps, pilot_links
from sdrbot_skills.cli.output import console, exiting, print_json, table
from sdrbot_skills.cli.progress import follow
from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.model.results import Finding, VerifyResult
from sdrbot_skills.runs import (
    admin_calls,
    approving,
    deltas,
    directory,
    going,
    preparing,
    proving,
    rehearsing,
    retrying,
    schema_runs,
    undoing,
)
from sdrbot_skills.runs.auditing import BROKEN
from sdrbot_skills.runs.directory import RunDirectory, open_run
from sdrbot_skills.runs.leftover import left_over
from sdrbot_skills.runs.paused import outlook
from sdrbot_skills.runs.state import RunState, Status

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
RunId = Annotated[
    str, typer.Argument(metavar="RUN", help="The run; the beginning of its name will do.", show_default=False)
]
PlanFile = Annotated[Path, typer.Argument(help="The plan's YAML file.", show_default=False)]

QUARANTINED, PAUSED = 4, 5
SHOWN_DIFFERENCES = 20


def add_to(app: typer.Typer) -> None:
    """Mount the commands."""
    app.command("dry-run")(exiting(dry_run))
    app.command()(review)
    app.command()(approve)
    app.command()(exiting(live))
    app.command("continue")(exiting(carry_on))
    app.command()(exiting(resume))
    app.command()(exiting(verify))
    app.command()(exiting(retry))
    app.command()(exiting(delta))
    app.command()(exiting(undo))
    app.command()(exiting(schema))
    app.command()(exiting(forget))


def dry_run(
    plan_file: PlanFile,
    script: Annotated[Path | None, typer.Option(help="An edited script instead of the rendered one.")] = None,
    json: Json = False,
) -> int:
    """Run everything but the writing: the broker lets nothing be written, whatever the script does."""
    run = preparing.prepare(planning.load_plan(plan_file), script=script)
    summary = rehearsing.rehearse(run, None if json else console.print)
    return _show_rehearsal(run, summary, json)


def review(run: RunId) -> None:
    """Show what an approval of this run would approve."""
    approving.show(open_run(run), console)


def approve(
    run: RunId, page: Annotated[bool, typer.Option(help="Ask on a page in the browser instead of here.")] = False
) -> None:
    """Approve a run: type the target account's name (practice CRMs), or the passphrase (everything else)."""
    approving.approve(open_run(run), page=page, console=console)


def live(
    run: RunId,
    pilot: Annotated[int | None, typer.Option(help="Carry about this many telling records, then wait.", min=1)] = None,
    detach: Annotated[bool, typer.Option(help="Do not wait; the run goes on by itself.")] = False,
    json: Json = False,
) -> int:
    """Start an approved run for real."""
    return _go(open_run(run), json, detach, lambda found: going.start(found, pilot=pilot))


def carry_on(run: RunId, detach: Annotated[bool, typer.Option(help="Do not wait.")] = False, json: Json = False) -> int:
    """Go on after the pilot."""
    return _go(open_run(run), json, detach, going.carry_on)


def resume(run: RunId, detach: Annotated[bool, typer.Option(help="Do not wait.")] = False, json: Json = False) -> int:
    """Carry on a run that was interrupted, from its journal."""
    return _go(open_run(run), json, detach, going.resume)


def verify(run: RunId, json: Json = False) -> int:
    """Prove it: source read anew, target read back, and the ledger of what was sent, compared record by record."""
    result = proving.verify(open_run(run))
    broken = [finding.message for finding in result.findings if finding.rule == BROKEN]
    if json:
        objects = {name: counts.model_dump() for name, counts in result.objects.items()}
        print_json({**_figures(result), "objects": objects, "audit": broken})
    else:
        rows: list[list[Any]] = [
            [name, counts.checked, counts.lost, counts.duplicated, counts.mismatched, counts.links_missing]
            for name, counts in [*result.objects.items(), ("total", result.total)]
        ]
        table("Verified", ["object", "checked", "lost", "duplicated", "mismatched", "links missing"], rows)
        for difference in result.differences[:SHOWN_DIFFERENCES]:
            record = f"{difference.object} {difference.source_id or difference.target_id}"
            console.print(f"  {difference.kind.replace('_', ' ')}: {record}: {difference.message}", markup=False)
        if (more := len(result.differences) - SHOWN_DIFFERENCES) > 0:
            console.print(f"  and {more:,} more; `crm-migrate report {run}` lists them.", markup=False)
        for message in broken:
            console.print(f"  {message}", markup=False)
    return 0 if not broken and not any(_figures(result).values()) else 1


def retry(
    run: RunId,
    plan_file: Annotated[Path | None, typer.Option("--plan", help="The mended plan; the run's own otherwise.")] = None,
    json: Json = False,
) -> int:
    """Try the quarantined records of a run again, after the plan or the data was mended; a run of its own with its own approval."""
    child = retrying.prepare(open_run(run), plan_file)
    return _show_rehearsal(child, rehearsing.rehearse(child, None if json else console.print), json)


def delta(
    run: RunId,
    plan_file: Annotated[Path | None, typer.Option("--plan", help="The mended plan; the run's own otherwise.")] = None,
    json: Json = False,
) -> int:
    """Carry what came to the source, or changed there, since a run; a run of its own with its own approval. May be repeated."""
    child = deltas.prepare(open_run(run), plan_file)
    return _show_rehearsal(child, rehearsing.rehearse(child, None if json else console.print), json)


def undo(run: RunId, json: Json = False) -> int:
    """Take back what a run did, as a run of its own: created records go, changed ones get their old values, edited ones are spared."""
    child = undoing.prepare(open_run(run))
    summary = undoing.rehearse(child)
    if json:
        print_json({"run": child.id, **summary})
    elif admin_calls.is_call(child):
        for line in [
            *admin_calls.lines(child),
            f"Nothing is changed yet. `crm-migrate approve {child.id}`, then `live`.",
        ]:
            console.print(line, markup=False)
    else:
        table(
            "To take back",
            ["object", "delete", "restore", "unlink", "spare", "not possible"],
            [[name, *counts.values()] for name, counts in summary["counts"].items()],
        )
        console.print(f"Nothing is changed yet. `crm-migrate approve {child.id}`, then `crm-migrate live {child.id}`.")
    return 0


def schema(
    plan_file: PlanFile,
    decline: Annotated[
        bool,
        typer.Option("--decline", help="Make no field on the target: take the migration key and all new fields out."),
    ] = False,
    json: Json = False,
) -> int:
    """Prepare the schema changes of a plan as a run of its own (privileged mode); nothing is changed before `approve` and `live`."""
    if decline:
        return _decline(plan_file, json)
    run = schema_runs.prepare(planning.load_plan(plan_file))
    changes = schema_runs.describe(run)
    if json:
        print_json({"run": run.id, "changes": changes})
    else:
        table(
            "Schema changes",
            ["object", "field", "why"],
            [[change["object"], change["field"], change["reason"]] for change in changes],
        )
        console.print(f"Nothing is changed yet. `crm-migrate approve {run.id}`, then `crm-migrate live {run.id}`.")
    return 0


def _decline(plan_file: Path, json: bool) -> int:
    plan = planning.load_plan(plan_file)
    left_out = [f"{change.object}.{change.field.name}" for change in plan.schema_changes]
    planning.save_plan(planning.without_schema_changes(plan), plan_file)
    if json:
        print_json({"left_out": left_out})
        return 0
    console.print(f"Left out of {plan_file}: {', '.join(left_out) or 'nothing, it makes no field'}.", markup=False)
    if left_out:
        console.print(
            "Without a migration key a record whose answer is lost waits in quarantine, and records that no match field recognises "
            "are made anew by every run."
        )
    return 0


def forget(
    run: RunId, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, json: Json = False
) -> int:
    """Remove every customer value that a run kept here; counts stay. It can then not be proven, tried again or taken back any more."""
    found = open_run(run)
    if going.is_at_work(found):
        raise Refused(
            f"Run {found.id} is at work and needs what would be removed. Nothing was removed; let it end first.",
            code="at_work",
        )
    if not yes and (found.trusted / "live").is_dir():
        warning = f"Without its customer values run {found.id} can neither be proven nor tried again nor taken back."
        if json:
            raise ConfigurationError(f"{warning} `--yes` says that it may be so.")
        console.print(warning)
        if not typer.confirm("Remove them?"):
            console.print("Nothing was removed.")
            return Refused.exit_code
    directory.forget(found)
    if json:
        print_json({"run": found.id, "forgotten": True})
    else:
        console.print(
            "Customer values of the run are gone from this machine, the conversations that spoke of it too; its counts and its audit stay."
        )
    return 0


def _go(run: RunDirectory, json: bool, detach: bool, begin: Any) -> int:
    begin(run)
    state = run.state() if detach else follow(run, quiet=json)
    if json:
        document = run.read_json("trusted", "live.json") or {}
        print_json(
            {
                "run": run.id,
                "status": state.status,
                "reason": state.reason,
                "wake_at": state.wake_at,
                "counts": document.get("counts", {}),
                "left_over": left_over(run),
                "deep_links": pilot_links(run),
            }
        )
    else:
        console.print(f"[bold]{run.id}[/]: {state.plain}")
        for line in (*counted(run), *outlook(run), *left_over(run)):
            console.print(f"  {line}", markup=False)
        for line in next_steps(run):
            console.print(line, markup=False, soft_wrap=True)
    return _exit_code(state)


def _exit_code(state: RunState) -> int:
    if state.status == Status.FAILED:
        return 1
    if state.status == Status.PAUSED:
        return PAUSED
    return QUARANTINED if state.status == Status.DONE and state.quarantined else 0


def _show_rehearsal(run: RunDirectory, summary: dict[str, Any], json: bool) -> int:
    if json:
        print_json(summary)
        return 0
    rows = [[name, *counts.values()] for name, counts in summary["counts"].items()]
    table(
        f"Dry run {run.id}: nothing was written",
        ["object", "read", "create", "update", "skip", "quarantine", "links"],
        rows,
    )
    for finding in summary["findings"]:
        console.print(f"  {_finding_line(finding)}", markup=False)
    questions = len(planning.load_plan(run.plan_path).open_questions())
    if questions:
        console.print(
            f"{questions} question{'' if questions == 1 else 's'} of the plan without an answer: "
            "`crm-migrate answer` with the plan's file shows what is open; then a new dry run."
        )
    console.print(f"Next: `crm-migrate review {run.id}`, then `crm-migrate approve {run.id}`.", soft_wrap=True)
    return 0


def _finding_line(finding: dict[str, Any]) -> str:
    """How grave, where, what; the count only where it counts records."""
    return f"{finding['severity']}: {Finding.model_validate(finding).told}"


def _figures(result: VerifyResult) -> dict[str, int]:
    return {name: getattr(result.total, name) for name in ("lost", "duplicated", "mismatched", "links_missing")}
