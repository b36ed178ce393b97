"""What a paused run tells the person: what is done, what waits and why, when it goes on, and what they may do meanwhile."""

from __future__ import annotations

from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.expiry import approval_has_passed
from sdrbot_skills.runs.going import at_rest, is_at_work, progress
from sdrbot_skills.runs.moments import when
from sdrbot_skills.runs.ordering import goes_by_cohorts
from sdrbot_skills.runs.state import Status

MEANWHILE = (
    "Meanwhile: work on in both CRMs as usual. Records that come to the source are left for a later run, edited ones are read anew. "
    "Leave the plan's fields, options and the migration key as they are. `crm-migrate verify {run}` looks at what is there so far."
)


def outlook(run: RunDirectory) -> list[str]:
    """Lines for the person; none for a run that is not paused."""
    state = run.state()
    if state.status != Status.PAUSED:
        return []
    done = _so_far(run)
    lines = [f"Done so far: {', '.join(done)}."] if done else []
    if goes_by_cohorts(run):
        lines.append("What is there is of use: each deal that has landed has its people and companies there.")
    lines.append(f"Waits: {state.reason or 'no reason given'}")
    if not is_at_work(run) and not approval_has_passed(run):
        lines.append(f"Its process is gone: `crm-migrate resume {run.id}` carries it on from its journal.")
    elif state.wake_at and is_at_work(run):
        lines.append(
            f"Goes on by itself {when(state.wake_at)}, if this machine is awake then, else when it wakes. Chat and terminal may be closed."
        )
    return [*lines, MEANWHILE.format(run=run.id)]


def waits_for(run: RunDirectory) -> str:
    """What a run waits for, in one line; of one at work, how far it is."""
    at_rest(run)  # notes a process that is gone
    state = run.state()
    if state.status == Status.RUNNING:
        return " · ".join([state.plain, *_so_far(run)])
    if state.status == Status.PAUSED and not is_at_work(run) and not approval_has_passed(run):
        return f"{state.plain}. Its process is gone: resume."
    return f"{state.plain}. Goes on {when(state.wake_at)}." if state.wake_at else state.plain


def _so_far(run: RunDirectory) -> list[str]:
    return [f"{name} {number:,} of {total:,}" for name, (number, total) in progress(run).items() if total]
