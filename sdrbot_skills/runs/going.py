"""Starting, continuing and resuming an approved run; what is checked before, and how to follow it."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from sdrbot_skills.approval.fingerprint import Fingerprint
from sdrbot_skills.approval.record import ApprovalRecord, check_resume, check_start, mark_started, read_record
from sdrbot_skills.errors import Refused
from sdrbot_skills.runs.binding import current_fingerprint, filed_fingerprint, touched_changes
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.leave import beginning
from sdrbot_skills.runs.state import Status
from sdrbot_skills.runs.unsealing import ensure_unsealed
from sdrbot_skills.sandbox.reading import read_untrusted_tail

STARTING_SECONDS = 60.0
DEFAULT_PILOT = 20
LONGEST_EVENTS = 9 * 1024 * 1024
Check = Callable[[ApprovalRecord, Fingerprint, float], None]
"""Raises `Refused` where an approval does not cover what is there now."""


def start(run: RunDirectory, *, pilot: int | None = None) -> None:
    """The first live start. Raises `Refused` naming what is missing or what changed since the approval. Production starts with a pilot by default."""
    state = run.state()
    if state.status not in (Status.APPROVED, Status.REHEARSED, Status.PREPARED):
        raise Refused(
            f"Run {run.id} is {state.plain}. `continue` goes on after a pilot, `resume` after an interruption.",
            code="already_started",
        )
    if pilot is None and state.environment == "production" and state.kind == "migrate":
        pilot = DEFAULT_PILOT
    _begin(run, check_start, pilot)


def carry_on(run: RunDirectory) -> None:
    """Go on after the pilot."""
    state = run.state()
    if state.status != Status.PILOT_DONE:
        raise Refused(
            f"Run {run.id} is {state.plain}; only a run whose pilot is done can be continued. `crm-migrate status {run.id}` says what comes next.",
            code="no_pilot",
        )
    _begin(run, check_resume, None)


def resume(run: RunDirectory) -> None:
    """Carry on from the journal after an interruption; a run at work is only followed."""
    state = run.state()
    if is_at_work(run):
        return
    if state.status not in (Status.APPROVED, Status.RUNNING, Status.PAUSED, Status.FAILED):
        raise Refused(
            f"Run {run.id} is {state.plain}; there is nothing to resume. `crm-migrate status {run.id}` says what comes next.",
            code="nothing_to_resume",
        )
    _begin(run, check_resume, run.state().pilot)


def is_at_work(run: RunDirectory) -> bool:
    """Whether the run's worker is alive."""
    return _is_worker(run.state().worker_pid, run)


def at_rest(run: RunDirectory) -> bool:
    """Whether the run waits for somebody: done, failed, pilot done, or paused."""
    pid = run.state().worker_pid
    alive = _is_worker(pid, run)
    state = run.state()  # read after the look: it holds what a worker wrote before it ended
    if state.status != Status.RUNNING:
        return True
    if alive or state.worker_pid != pid:
        return False
    if pid is None and time.time() - state.history[-1].at <= STARTING_SECONDS:
        return False
    run.move(Status.FAILED, "its process was ended from outside")
    return True


def progress(run: RunDirectory) -> dict[str, tuple[int, int | None]]:
    """Per object how many records are loaded, and of how many. What the script writes is only shown, never believed."""
    planned = (run.read_json("trusted", "dry.json") or {"counts": {}})["counts"]
    done: Counter[str] = Counter()
    for line in read_untrusted_tail(run.work, "events.jsonl", limit=LONGEST_EVENTS):
        try:
            event = json.loads(line)
            if event.get("event") == "loaded":
                done[str(event["object"])] += int(event["records"])
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # a half-written or forged line says nothing
    return {
        name: (done[name], counts["create"] + counts["update"])
        for name, counts in planned.items()
        if "create" in counts
    }


def _begin(run: RunDirectory, check: Check, pilot: int | None) -> None:
    """Look whether the approval covers the run: its files before anything is opened, both accounts through the broker that will carry it. Then go."""
    record = _record(run)
    check(record, filed_fingerprint(run, record), time.time())
    ensure_unsealed(run)
    with beginning(run) as begun:
        _check(check, run, record)
        if record.started_at is None:
            mark_started(run.sealed, record)
        run.update(pilot=pilot)
        run.move(Status.RUNNING, "starting", worker_pid=begun.pid)
        begun.go()


def _check(check: Check, run: RunDirectory, record: ApprovalRecord) -> None:
    """Whether the approval still covers the run; where a schema changed under it, the refusal names each change."""
    try:
        check(record, current_fingerprint(run), time.time())
    except Refused as error:
        if error.code != "changed_touched_schema":
            raise
        changes = touched_changes(run)
        raise Refused("\n".join([str(error), *(f"  - {change}" for change in changes)]), code=error.code) from error


def _record(run: RunDirectory) -> ApprovalRecord:
    record = read_record(run.sealed)
    if record is None:
        raise Refused(
            f"Run {run.id} has no approval. `crm-migrate review {run.id}` shows it, `crm-migrate approve {run.id}` approves it.",
            code="not_approved",
        )
    return record


def _is_worker(pid: int | None, run: RunDirectory) -> bool:
    if pid is None:
        return False
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):  # no such system folder, or no such process
        return _alive(pid)
    # A process that is just becoming the worker has no command line yet; one that has ended and was not fetched has none any more.
    return run.id.encode() in command if command else not _ended(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _ended(pid: int) -> bool:
    """Whether a process is a zombie; the state stands behind the name, which may hold anything (the manual page proc_pid_stat)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
