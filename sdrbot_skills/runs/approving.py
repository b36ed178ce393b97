"""Asking the person: what they are shown, and what their agreement starts."""

from __future__ import annotations

from rich.console import Console

from sdrbot_skills.approval.channels import terminal
from sdrbot_skills.approval.record import Channel, mark_started, validity, write_record
from sdrbot_skills.approval.summary import Account, ApprovalSummary, consent_as_root, render
from sdrbot_skills.broker.launch import start
from sdrbot_skills.credentials.model import ConnectionSpec
from sdrbot_skills.errors import PlanInvalid, Refused
from sdrbot_skills.model.plan import Plan, Side
from sdrbot_skills.model.results import DryRunResult, Forecast
from sdrbot_skills.runs import admin_calls, schema_runs
from sdrbot_skills.runs.binding import sealed_fingerprint
from sdrbot_skills.runs.brokers import find_source, reading_sources, unsealed_connections
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.expiry import approval_has_passed
from sdrbot_skills.runs.preparing import sealed_plan
from sdrbot_skills.runs.run_broker import forecast_seconds, run_spec
from sdrbot_skills.runs.state import CARRYING, Status

EMAILS = (
    "Not by us: records are written with notifications and assignment rules off, wherever the CRM lets a program say so. "
    "Automations of your own (workflows, flows) can still react to new records; ask their owner."
)

EMAILS_OF_UNDO = "Not by us. Automations of your own (workflows, flows) can react to records that are deleted or changed back; ask their owner."


def show(run: RunDirectory, console: Console) -> None:
    """Show what an approval would approve, without asking."""
    console.print(render(summary(run)))


def approve(run: RunDirectory, *, console: Console, page: bool = False, channel: Channel = "terminal") -> None:
    """Ask the person, and keep their approval with the run; a started run whose approval has passed may be approved anew.

    Where a passphrase was typed, the broker that got the unsealed credential waits for the start. Raises `Refused` where the person did not agree or
    there is nobody to ask.
    """
    state = run.state()
    anew = state.status in (Status.PAUSED, Status.FAILED, Status.PILOT_DONE) and approval_has_passed(run)
    if state.status not in (Status.REHEARSED, Status.APPROVED) and not anew:
        raise Refused(
            f"Run {run.id} is {state.plain}; there is nothing to approve. `crm-migrate status {run.id}` says what comes next.",
            code="nothing_to_approve",
        )
    plan = sealed_plan(run)
    _nothing_open(plan, run)
    shown = summary(run)
    if shown.needs_passphrase:
        _only_sealed(plan)

    def announce(address: str) -> None:
        console.print(f"Open this page, read it, and answer there: {address}", markup=False)

    def unseal(passphrase: str) -> list[ConnectionSpec]:
        return unsealed_connections(plan, passphrase)

    if page:
        from sdrbot_skills.approval.channels import page as page_channel  # a web server, which few approvals need

        answer = page_channel.ask(shown, unseal, announce)
    else:
        answer = terminal.ask(shown, unseal, console=console, channel=channel)
    if answer.unsealed is not None:
        start(run_spec(run, plan, connections=answer.unsealed, detached=True))
    record = write_record(run.sealed, sealed_fingerprint(run), answer.channel, forecast_seconds(run))
    if anew:
        mark_started(run.sealed, record)
        run.move(state.status, f"approved anew by {answer.channel}")
        step = "continue" if state.status == Status.PILOT_DONE else "resume"
        console.print(f"Approved. `crm-migrate {step} {run.id}` goes on.", markup=False)
        return
    run.move(Status.APPROVED, f"by {answer.channel}")
    console.print(
        "Approved." if channel == "chat" else f"Approved. `crm-migrate live {run.id}` starts it.", markup=False
    )


def summary(run: RunDirectory) -> ApprovalSummary:
    """The approval screen of a run, from its sealed files and its dry run alone."""
    plan, state = sealed_plan(run), run.state()
    dry = run.read_json("trusted", "dry.json")
    forecast = Forecast.model_validate(dry["forecast"]) if dry.get("forecast") else None
    found = DryRunResult.model_validate({key: value for key, value in dry.items() if key in DryRunResult.model_fields})
    environment = plan.target.environment.value
    return ApprovalSummary(
        run=run.id,
        kind=state.kind,
        source=_account(plan.source) if state.kind in CARRYING else None,
        target=_account(plan.target),
        counts=found.counts,
        changes=_changes(run),
        findings=found.findings,
        samples=found.samples,
        forecast=forecast,
        emails={"schema": "No.", "undo": EMAILS_OF_UNDO}.get(state.kind, EMAILS),
        way_back=_way_back(run),
        credentials=_credential_notes(plan),
        valid_hours=validity(forecast_seconds(run)) / 3600,
        fingerprint=run.read_json("sealed", "fingerprint.json")["digest"],
        typed_consent=consent_as_root(environment),
    )


def _account(side: Side) -> Account:
    return Account(crm=side.crm, name=side.account_name, id=side.account_id, environment=side.environment.value)


def _changes(run: RunDirectory) -> list[str]:
    kind = run.state().kind
    if admin_calls.is_call(run):
        return admin_calls.lines(run)
    if kind == "schema":
        verbs = {"create": "make", "delete": "remove"}
        return [
            f"{verbs[change['action']]} field {change['object']}.{change['field']} ({change['kind']}): {change['reason']}"
            for change in schema_runs.describe(run)
        ]
    if kind == "undo":
        preview: dict[str, dict[str, int]] = run.read_json("trusted", "preview.json")["counts"]
        return [f"{name}: {_would_undo(counts)}" for name, counts in preview.items()]
    return []


_UNDOING = {
    "deleted": "deletes {} that the run created",
    "restored": "gives {} the values from before the run",
    "unlinked": "takes away {} that the run linked",
    "spared": "leaves {} as they are, because somebody edited them since",
    "failed": "cannot take back {}; the reasons are listed",
}


def _would_undo(counts: dict[str, int]) -> str:
    """What an undo would do, in words; what it would not do is not said."""
    told = [words.format(f"{counts[word]:,}") for word, words in _UNDOING.items() if counts.get(word)]
    return "; ".join(told) or "nothing is left to take back"


def _way_back(run: RunDirectory) -> str:
    if admin_calls.is_call(run):
        return admin_calls.way_back(run)
    return {
        "schema": f"`crm-migrate undo {run.id}` removes the fields again.",
        "undo": "None: what is taken back has to be migrated again.",
    }.get(
        run.state().kind,
        f"`crm-migrate undo {run.id}` deletes what was created and restores what was changed; records edited since are spared and listed.",
    )


def _credential_notes(plan: Plan) -> list[str]:
    """One line for all the connections that the same is true of."""
    two = {source.name for source in reading_sources()}
    notes: dict[str, list[str]] = {}
    for name in dict.fromkeys((plan.source.connection, plan.target.connection)):
        source = find_source(name)
        if source.plain:
            notes.setdefault(f"kept in the clear in {source.where}; whoever has your shell has it.", []).append(name)
        if name not in two:
            notes.setdefault(
                "one credential for reading and writing: our broker alone enforces the dry run.", []
            ).append(name)
    return [f"{', '.join(names)}: {note}" for note, names in notes.items()]


def _only_sealed(plan: Plan) -> None:
    for side in (plan.source, plan.target):
        source = find_source(side.connection)
        if source.plain:
            raise Refused(
                f"{side.connection} is a {side.environment.value} account and its credential lies in the clear in {source.where}. "
                f"Seal it first: `crm-migrate setup --seal {side.connection}`. Nothing was approved.",
                code="plain_credential",
            )


def _nothing_open(plan: Plan, run: RunDirectory) -> None:
    blocking = [question for question in plan.open_questions() if question.blocks]
    if blocking and run.state().kind in CARRYING:
        raise PlanInvalid(
            [f"question {question.id} has to be answered before the approval: {question.text}" for question in blocking]
        )
