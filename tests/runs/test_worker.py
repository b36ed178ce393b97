"""The worker carries on what was approved, and nothing else: it asks at the moment it starts to work, not only when it was started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sdrbot_skills import planning
from sdrbot_skills.approval.record import mark_started, write_record
from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs import worker
from sdrbot_skills.runs.binding import seal_fingerprint
from sdrbot_skills.runs.directory import RunDirectory, create_run
from sdrbot_skills.runs.leave import beginning
from sdrbot_skills.runs.sandboxed import Ended, explain
from sdrbot_skills.runs.state import Status
from sdrbot_skills.sandbox import Outcome

SIDE = {"connection": "a", "crm": "hubspot", "account_id": "1", "account_name": "One", "environment": "lab"}
PLAN = Plan.model_validate({"source": SIDE, "target": {**SIDE, "account_id": "2"}, "objects": {}})


PAUSED = {"state": "paused", "reason": "the day's allowance is spent", "wake_at": 2.0, "counts": {}, "findings": []}


class Broker:
    """A broker of the worker's own."""

    detached = False
    stopped = 0

    def stop(self) -> None:
        Broker.stopped += 1


class Night(worker.WallClock):
    """Somebody does something while the run sleeps."""

    def __init__(self, what: Callable[[], object]) -> None:
        self._what = what

    def now(self) -> float:
        return 1.0

    def sleep_until(self, moment: float) -> None:
        self._what()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDirectory:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(worker, "_origin", lambda _: "https://api.hubapi.com")
    made = create_run("migrate", source="a", target="a", target_account="One (2)", environment="lab", objects=[])
    planning.save_plan(PLAN, made.plan_path)
    made.script_path.write_bytes(b"print('approved')\n")
    made.scope_path.write_bytes(b"scope")
    made.write_json("sealed", "budget.json", {"Contact": {"create": 1}})
    made.write_json("trusted", "dry.json", {"counts": {}, "forecast": None})
    return made


@pytest.fixture
def stretches(run: RunDirectory, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stretches of work so far; each ends in a pause."""
    done: list[str] = []

    def run_script(*_: object, **__: object) -> Ended:
        done.append(run.script_path.read_text())
        run.write_json("work", "live.json", PAUSED)
        return Ended(Outcome(0, None, None), [], 1.0, run.work)

    monkeypatch.setattr(Broker, "stopped", 0)
    monkeypatch.setattr(worker, "run_broker", lambda *_: Broker())
    monkeypatch.setattr(worker, "run_script", run_script)
    return done


def approve(run: RunDirectory, *, started: bool = True) -> None:
    record = write_record(run.sealed, seal_fingerprint(run, PLAN), "terminal", 0.0)
    if started:
        mark_started(run.sealed, record)


@pytest.mark.parametrize("given", ["nothing", "an approval"])
def test_a_worker_that_was_started_by_hand_does_nothing(run: RunDirectory, stretches: list[str], given: str) -> None:
    """`python -m sdrbot_skills.runs.worker RUN` went live with a run that nobody had approved."""
    if given == "an approval":
        approve(run, started=False)
    with pytest.raises(Refused) as refused:
        worker.work(run)
    assert refused.value.code == "not_approved"
    assert stretches == []


def test_without_leave_nothing_is_done_and_the_broker_is_put_away(run: RunDirectory, stretches: list[str]) -> None:
    approve(run)
    worker.work(run, leave=lambda: False)
    assert (stretches, Broker.stopped, run.state().status) == ([], 1, Status.PREPARED)


def test_a_worker_whose_starter_has_ended_has_no_leave(run: RunDirectory) -> None:
    """Ctrl-C while both accounts are looked at: the worker must not go on alone."""
    read, write = os.pipe()
    os.close(read)
    code = "import sys; from sdrbot_skills.runs.leave import ask_leave; sys.exit(0 if ask_leave() else 7)"
    ended = subprocess.run([sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=write, check=False)
    os.close(write)
    assert ended.returncode == 7


def test_what_keeps_a_worker_from_asking_reaches_whoever_started_it(run: RunDirectory) -> None:
    """It has its own words, code and kind; the state of the run is as before."""
    approve(run)
    with pytest.raises(ConfigurationError, match="no connection called 'a'"), beginning(run):
        raise AssertionError("there is no account to ask for")
    assert run.state().status == Status.PREPARED


def test_an_approved_and_started_run_is_carried_on(run: RunDirectory, stretches: list[str]) -> None:
    approve(run)

    def revoke() -> None:
        raise Refused("enough", code="enough")

    with pytest.raises(Refused, match="enough"):
        worker.work(run, Night(revoke))
    assert stretches == ["print('approved')\n"] and Broker.stopped == 1


@pytest.mark.parametrize("when", ["before it began", "while it slept"])
@pytest.mark.parametrize(
    ("part", "name", "code"),
    [
        ("sealed", "script.py", "changed_script"),
        ("sealed", "plan.yaml", "changed_plan"),
        ("sealed", "scope.sqlite", "changed_scope"),
        ("sealed", "budget.json", "changed_budget"),
        ("trusted", "dry.json", "changed_dry_run"),
    ],
)
def test_what_was_edited_is_not_run(
    run: RunDirectory, stretches: list[str], when: str, part: str, name: str, code: str
) -> None:
    """Between two stretches, a night apart, the script could be exchanged: only `resume` looked at it again."""
    approve(run)

    def edit() -> None:
        path = run.path / part / name
        if name == "plan.yaml":
            changed = PLAN.model_copy(update={"limits": PLAN.limits.model_copy(update={"share": 0.5})})
            planning.save_plan(changed, path)
        elif name.endswith(".json"):
            path.write_text(json.dumps({**json.loads(path.read_text()), "Lead": {"create": 9}}))
        else:
            path.write_bytes(path.read_bytes() + b"# more\n")

    if when == "before it began":
        edit()
    with pytest.raises(Refused) as refused:
        worker.work(run, Night(edit))
    assert refused.value.code == code
    slept = when == "while it slept"
    assert (len(stretches), run.state().status) == ((1, Status.FAILED) if slept else (0, Status.PREPARED))


def test_what_a_script_said_last_is_for_the_person_alone(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A traceback with a customer in it went into the run's state, from there to a model, and into the worker's log."""
    ended = Ended(Outcome(1, None, None), ["Traceback", "ValueError: geheim@leakington.example"], 1.0, run.work)

    def stretch(*_: object) -> bool:
        error = explain(ended)
        assert error is not None and "leakington" in str(error)
        raise error

    approve(run)
    monkeypatch.setattr(worker, "run_broker", lambda *_: Broker())
    monkeypatch.setattr(worker, "_one_stretch", stretch)
    monkeypatch.setattr(worker, "ask_leave", lambda: True)
    monkeypatch.setattr("sys.argv", ["worker", run.id])
    assert worker.main() == 1
    reason = run.state().reason or ""
    assert "exit code 1" in reason and "last-words.txt" in reason
    assert "leakington" in (run.trusted / "last-words.txt").read_text()
    (run.trusted / "last-words.txt").unlink()
    assert "leakington" not in capsys.readouterr().err
    assert not [path for path in run.path.rglob("*") if path.is_file() and b"leakington" in path.read_bytes()]
