"""What a run did, in counts, and which command leads on from where it is."""

from __future__ import annotations

from sdrbot_skills.runs import admin_calls, schema_runs
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.outcome import carried_links
from sdrbot_skills.runs.state import CARRYING, RunState, Status

SHOWN_LINKS = 6


def counted(run: RunDirectory) -> list[str]:
    """Per object what became of its records; of a schema run what it made or removed. None before it went live."""
    done = run.read_json("trusted", "live.json")
    if done is None:
        return []
    if run.state().kind == "schema":
        return _schema_changes(run)
    told = {
        name: ", ".join(f"{word.replace('_', ' ')} {number:,}" for word, number in counts.items() if number)
        for name, counts in done["counts"].items()
    }
    return [f"{name}: {figures or 'nothing to do'}" for name, figures in told.items()]


def _schema_changes(run: RunDirectory) -> list[str]:
    if admin_calls.is_call(run):
        return [str(admin_calls.sealed_call(run)["says"])]
    words = {"create": "made", "delete": "removed"}
    return [f"{words[one['action']]} {one['object']}.{one['field']}" for one in schema_runs.describe(run)]


def next_steps(run: RunDirectory) -> list[str]:
    """Lines for the person: what to look at, then the command. None where a run is at work, or at its end."""
    state = run.state()
    if state.status == Status.PILOT_DONE:
        return _after_the_pilot(run)
    if state.status == Status.DONE:
        return _after_the_end(run, state)
    commands = {
        Status.PREPARED: "Next: prepare it anew; its dry run was not finished.",
        Status.REHEARSED: f"Next: `crm-migrate review {run.id}`, then `crm-migrate approve {run.id}`.",
        Status.APPROVED: f"Next: `crm-migrate live {run.id}`.",
        Status.FAILED: f"Next: mend what it names, then `crm-migrate resume {run.id}`; nothing is lost or done twice.",
    }
    return [commands[state.status]] if state.status in commands else []


def pilot_links(run: RunDirectory) -> list[str]:
    """After a pilot, pages of records to look at in the target; none otherwise."""
    return carried_links(run, limit=SHOWN_LINKS) if run.state().status == Status.PILOT_DONE else []


def _after_the_pilot(run: RunDirectory) -> list[str]:
    links = pilot_links(run)
    return [
        *(["Look at these records in the target:"] if links else []),
        *(f"  {link}" for link in links),
        f"Next: `crm-migrate continue {run.id}` carries the rest, `crm-migrate undo {run.id}` takes the pilot back.",
    ]


def _after_the_end(run: RunDirectory, state: RunState) -> list[str]:
    if state.kind == "schema":
        return [] if state.parent else [_after_a_schema_change(run)]
    if state.kind not in CARRYING:
        return []
    report = f"`crm-migrate report {state.id}`"
    return [
        f"Next: {report}." if state.verified else f"Next: `crm-migrate verify {state.id}` proves it, then {report}."
    ]


def _after_a_schema_change(run: RunDirectory) -> str:
    if admin_calls.is_call(run):
        return f"The way back: {admin_calls.way_back(run)}"
    return f"Next: `crm-migrate dry-run` with the plan's file; `crm-migrate undo {run.id}` removes the fields again."
