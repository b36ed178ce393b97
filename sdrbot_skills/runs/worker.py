"""`python -m sdrbot_skills.runs.worker RUN`: the process a live run lives in, detached from chat, host and terminal.

It holds the lock of the target account, starts broker and sandbox, sleeps through a spent daily budget and goes on by itself.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from sdrbot_skills.broker.launch import BrokerHandle
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.results import LiveResult
from sdrbot_skills.runs import admin_calls, schema_runs, undoing
from sdrbot_skills.runs.binding import check_files, check_sealed
from sdrbot_skills.runs.brokers import find_source
from sdrbot_skills.runs.directory import RunDirectory, open_run
from sdrbot_skills.runs.expiry import approval_has_passed, approved_until
from sdrbot_skills.runs.labels import in_words
from sdrbot_skills.runs.leave import ask_leave, tell
from sdrbot_skills.runs.lock import account_lock
from sdrbot_skills.runs.moments import when
from sdrbot_skills.runs.notifying import notify
from sdrbot_skills.runs.preparing import sealed_plan
from sdrbot_skills.runs.run_broker import run_broker
from sdrbot_skills.runs.sandboxed import brief, explain, kept_brief, run_script
from sdrbot_skills.runs.state import Status

NAP_SECONDS = 5.0
LONGEST_SLEEP = 3600.0
PRODUCT_CODE = {"schema": schema_runs.carry_out, "undo": undoing.carry_out}
"""What is done by our own code instead of a script, by kind of run."""


class WallClock:
    """The time of day, and sleeping by it."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    def sleep_until(self, moment: float) -> None:
        """Sleep in short naps, so that a laptop that slept wakes into the right time."""
        while (left := moment - self.now()) > 0:
            time.sleep(min(NAP_SECONDS, left))


def work(run: RunDirectory, clock: WallClock | None = None, leave: Callable[[], bool] = lambda: True) -> None:
    """Take the account, open the broker, ask for leave; with it carry the run on until it rests, and the state says how.

    Raises `MigrationError`; the run's state is only touched once there is leave.
    """
    plan = sealed_plan(run)
    with account_lock(plan.target.crm, _origin(plan), plan.target.account_id, run.id):
        check_files(run)
        broker = run_broker(run, plan)
        if leave():
            _carry_on(run, plan, broker, clock or WallClock())
        else:
            _put_away(broker)


def _carry_on(run: RunDirectory, plan: Plan, broker: BrokerHandle, clock: WallClock) -> None:
    """Until the run is done, the pilot is done, a person is needed, or it fails."""
    try:
        run.move(Status.RUNNING, worker_pid=os.getpid())
        while not _one_stretch(run, plan, broker):
            notify(run)
            clock.sleep_until(run.state().wake_at or clock.now() + LONGEST_SLEEP)
            if not _still_approved(run, clock.now()):
                return
            run.move(Status.RUNNING)
            check_sealed(run)
            broker = run_broker(run, plan)
    except MigrationError as error:
        run.move(Status.FAILED, kept_brief(run, error))
        raise
    finally:
        run.update(worker_pid=None)
        notify(run)


def _origin(plan: Plan) -> str:
    return find_source(plan.target.connection).origin


def _still_approved(run: RunDirectory, now: float) -> bool:
    """Whether the time that was shown at the approval has not passed. Else the run waits for the person, who is told how to go on."""
    if not approval_has_passed(run, now):
        return True
    run.move(
        Status.PAUSED,
        f"the approval was good {when(approved_until(run) or now, now)}; `crm-migrate approve {run.id}` gives it anew, "
        f"then `crm-migrate resume {run.id}` goes on",
    )
    return False


def _put_away(broker: BrokerHandle) -> None:
    """End it; one that waits with an unsealed credential is kept until the run is done."""
    if not broker.detached:
        broker.stop()


def _one_stretch(run: RunDirectory, plan: Plan, broker: BrokerHandle) -> bool:
    """One stretch of work; whether the run is at rest now (`False`: it paused and goes on by itself)."""
    state = run.state()
    if state.kind in PRODUCT_CODE:
        carry_out = admin_calls.carry_out if admin_calls.is_call(run) else PRODUCT_CODE[state.kind]
        with broker:
            check_sealed(run)
            carry_out(run, broker)
        run.move(Status.DONE)
        return True
    try:
        check_sealed(run)
        only = run.read_json("sealed", "only.json")
        error = explain(run_script(run, broker, "live", pilot=state.pilot, only=only))
    finally:
        _put_away(broker)
    document = run.read_json("work", "live.json")
    if error or document is None:
        raise error or MigrationError(
            "The script ended without a result; `resume` carries the run on from its journal."
        )
    result = LiveResult.model_validate(document)
    document["findings"] = [one.model_dump(mode="json") for one in in_words(result.findings, plan)]
    run.write_json("trusted", "live.json", document)
    quarantined = sum(counts.quarantine for counts in result.counts.values())
    if result.state == "paused":
        run.move(Status.PAUSED, result.reason or "waits", wake_at=result.wake_at, quarantined=quarantined)
        return False
    if result.state == "pilot_done":
        run.move(Status.PILOT_DONE, quarantined=quarantined)
        return True
    broker.stop()
    run.move(Status.DONE, quarantined=quarantined)
    return True


def main() -> int:
    """The worker's process."""
    asked = False

    def leave() -> bool:
        nonlocal asked
        asked = True
        return ask_leave()

    try:
        work(open_run(sys.argv[1]), leave=leave)
    except MigrationError as error:
        if not asked:
            tell(error)
        sys.stderr.write(f"{brief(error)}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
