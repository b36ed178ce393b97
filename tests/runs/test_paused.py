"""A paused run: what it tells, and how its worker sleeps."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from sdrbot_skills.approval.fingerprint import Fingerprint
from sdrbot_skills.approval.record import mark_started, write_record
from sdrbot_skills.errors import Refused
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs import approving, going, worker
from sdrbot_skills.runs.directory import RunDirectory, create_run
from sdrbot_skills.runs.expiry import approval_has_passed
from sdrbot_skills.runs.moments import when
from sdrbot_skills.runs.paused import outlook
from sdrbot_skills.runs.run_broker import forecast_seconds
from sdrbot_skills.runs.state import Status

SIDE = {"connection": "a", "crm": "dummy", "account_id": "1", "account_name": "One", "environment": "lab"}
PLAN = Plan.model_validate({"source": SIDE, "target": SIDE, "objects": {}})
DIGESTS = dict.fromkeys((name for name in Fingerprint.model_fields if name.endswith("sha256")), "")
BOUND = Fingerprint.model_validate({**DIGESTS, "budgets": {}, "accounts": {}})


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDirectory:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    made = create_run(
        "migrate", source="a", target="b", target_account="One (1)", environment="lab", objects=["contacts"]
    )
    forecast = {"seconds": 100.0, "calendar_days": 3.0}
    made.write_json("trusted", "dry.json", {"counts": {"contacts": {"create": 400, "update": 0}}, "forecast": forecast})
    (made.work / "events.jsonl").write_text('{"event": "loaded", "object": "contacts", "records": 150}\n')
    return made


def test_a_paused_run_says_what_is_done_what_waits_and_when_it_goes_on(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(going, "is_at_work", lambda _: True)
    monkeypatch.setattr("sdrbot_skills.runs.paused.is_at_work", lambda _: True)
    run.move(Status.PAUSED, "The day's allowance is spent.", wake_at=time.time() + 7800, worker_pid=os.getpid())
    done, waits, goes_on, meanwhile = outlook(run)
    assert done == "Done so far: contacts 150 of 400."
    assert waits == "Waits: The day's allowance is spent."
    assert goes_on.startswith("Goes on by itself on ") and "(in 2 h 10 min)" in goes_on
    assert f"verify {run.id}" in meanwhile


def test_a_paused_run_without_a_process_says_how_to_carry_on(run: RunDirectory) -> None:
    run.move(Status.PAUSED, "The vendor is down.", wake_at=time.time() + 60)
    assert any(f"resume {run.id}" in line for line in outlook(run))
    assert not any("by itself" in line for line in outlook(run))


def test_a_run_that_is_not_paused_has_nothing_to_say(run: RunDirectory) -> None:
    assert outlook(run) == []


def test_a_span_is_told_as_people_tell_it() -> None:
    assert when(1_000_000.0 + 59 * 60, 1_000_000.0).endswith("(in 59 min)")
    assert when(1_000_000.0, 1_000_500.0).endswith("(in 0 min)")


def test_an_approval_lasts_as_long_as_the_days_the_run_will_wait(run: RunDirectory) -> None:
    assert forecast_seconds(run) == 3 * 86_400


def test_a_worker_that_wakes_after_the_time_shown_waits_for_the_person(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(run.path))
    _approved(run, ago=0)
    stretches = []

    def stretch(found: RunDirectory, *_: object) -> bool:
        stretches.append(1)
        found.move(Status.PAUSED, "spent", wake_at=time.time() + 3600 * len(stretches) * 7)
        return False

    monkeypatch.setattr(worker, "_one_stretch", stretch)
    monkeypatch.setattr(worker, "sealed_plan", lambda _: PLAN)
    for name in ("check_files", "check_sealed", "run_broker"):  # tests/runs/test_worker.py has these
        monkeypatch.setattr(worker, name, lambda *_: None)
    monkeypatch.setattr(worker, "_origin", lambda _: str(run.path))
    calendar = Calendar()
    worker.work(run, calendar)
    state = run.state()
    assert len(stretches) == 2, "after seven hours it goes on, after fourteen the twelve are over"
    assert (state.status, state.wake_at, state.worker_pid) == (Status.PAUSED, None, None)
    assert f"approve {run.id}" in str(state.reason) and f"resume {run.id}" in str(state.reason)


def _approved(run: RunDirectory, *, ago: float) -> None:
    record = write_record(run.sealed, BOUND, "terminal", 0.0, now=time.time() - ago)
    mark_started(run.sealed, record, now=time.time() - ago)


@pytest.mark.parametrize(("hours", "asked"), [(13, True), (11, False)])
def test_only_an_approval_that_has_passed_is_given_anew(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch, hours: int, asked: bool
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(run.path))
    _approved(run, ago=hours * 3600)
    run.move(Status.PAUSED, "spent")
    shown = SimpleNamespace(needs_passphrase=False)
    answer = SimpleNamespace(unsealed=None, channel="terminal")
    for name, stand_in in {
        "sealed_plan": lambda _: PLAN,
        "summary": lambda _: shown,
        "sealed_fingerprint": lambda _: BOUND,
    }.items():
        monkeypatch.setattr(approving, name, stand_in)
    monkeypatch.setattr("sdrbot_skills.approval.channels.terminal.ask", lambda *_, **__: answer)
    if not asked:
        with pytest.raises(Refused, match="nothing to approve"):
            approving.approve(run, console=Console(quiet=True))
        return
    assert approval_has_passed(run)
    approving.approve(run, console=Console(quiet=True))
    assert not approval_has_passed(run), "it counts as started, so that `resume` goes on"
    assert run.state().status == Status.PAUSED


class Calendar(worker.WallClock):
    """Time passes while somebody sleeps."""

    def __init__(self) -> None:
        self.slept_until: list[float] = []

    def now(self) -> float:
        return max([super().now(), *self.slept_until])

    def sleep_until(self, moment: float) -> None:
        self.slept_until.append(moment)


def test_a_worker_sleeps_until_it_is_time_and_goes_on(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
    wakes = [50.0, 90.0]

    def stretch(found: RunDirectory, *_: object) -> bool:
        if wakes:
            found.move(Status.PAUSED, "spent", wake_at=wakes.pop(0))
            return False
        found.move(Status.DONE)
        return True

    monkeypatch.setattr(worker, "_one_stretch", stretch)
    monkeypatch.setattr(worker, "sealed_plan", lambda _: PLAN)
    for name in ("check_files", "check_sealed", "run_broker"):  # tests/runs/test_worker.py has these
        monkeypatch.setattr(worker, name, lambda *_: None)
    monkeypatch.setattr(worker, "_origin", lambda _: str(run.path))
    calendar = Calendar()
    worker.work(run, calendar)
    assert calendar.slept_until == [50.0, 90.0]
    states = [step.status for step in run.state().history]
    assert states == ["prepared", "running", "paused", "running", "paused", "running", "done"]
    assert run.state().worker_pid is None
