"""The worker carries on what was approved, and nothing else: it asks at the moment it starts to work, not only when it was started."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdrbot_skills import planning
from sdrbot_skills.approval.record import mark_started, write_record
from sdrbot_skills.errors import Refused
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs import worker
from sdrbot_skills.runs.binding import seal_fingerprint
from sdrbot_skills.runs.directory import RunDirectory, create_run
from sdrbot_skills.runs.sandboxed import Ended, explain
from sdrbot_skills.runs.state import Status
from sdrbot_skills.sandbox import Outcome

SIDE = {"connection": "a", "crm": "hubspot", "account_id": "1", "account_name": "One", "environment": "lab"}
PLAN = Plan.model_validate({"source": SIDE, "target": {**SIDE, "account_id": "2"}, "objects": {}})


class Reached(Exception):
    """The script would have been run now."""


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

    def reached(_: RunDirectory) -> None:
        raise Reached

    monkeypatch.setattr(worker, "waiting_broker", reached)
    return made


def approve(run: RunDirectory, *, started: bool = True) -> None:
    record = write_record(run.sealed, seal_fingerprint(run, PLAN), "terminal", 0.0)
    if started:
        mark_started(run.sealed, record)


@pytest.mark.parametrize("given", ["nothing", "an approval"])
def test_a_worker_that_was_started_by_hand_does_nothing(run: RunDirectory, given: str) -> None:
    """`python -m sdrbot_skills.runs.worker RUN` went live with a run that nobody had approved."""
    if given == "an approval":
        approve(run, started=False)
    with pytest.raises(Refused) as refused:
        worker.work(run)
    assert refused.value.code == "not_approved"
    assert run.state().status == Status.FAILED


def test_an_approved_and_started_run_is_carried_on(run: RunDirectory) -> None:
    approve(run)
    with pytest.raises(Reached):
        worker.work(run)


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
def test_what_is_edited_while_a_run_sleeps_is_not_run(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch, part: str, name: str, code: str
) -> None:
    """Between two stretches, a night apart, the script could be exchanged: only `resume` looked at it again."""
    approve(run)
    path = run.path / part / name
    if name == "plan.yaml":
        changed = PLAN.model_copy(update={"limits": PLAN.limits.model_copy(update={"share": 0.5})})
        planning.save_plan(changed, path)
    elif name.endswith(".json"):
        path.write_text(json.dumps({**json.loads(path.read_text()), "Lead": {"create": 9}}))
    else:
        path.write_bytes(path.read_bytes() + b"# more\n")
    with pytest.raises(Refused) as refused:
        worker.work(run)
    assert refused.value.code == code
    assert run.state().status == Status.FAILED


def test_what_a_script_said_last_is_for_the_person_alone(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A traceback with a customer in it went into the run's state, from there to a model, and into the worker's log."""
    ended = Ended(Outcome(1, None, None), ["Traceback", "ValueError: geheim@leakington.example"], 1.0, run.work)

    def stretch(*_: object) -> bool:
        error = explain(ended)
        assert error is not None and "leakington" in str(error)
        raise error

    monkeypatch.setattr(worker, "_one_stretch", stretch)
    monkeypatch.setattr("sys.argv", ["worker", run.id])
    assert worker.main() == 1
    reason = run.state().reason or ""
    assert "exit code 1" in reason and "last-words.txt" in reason
    assert "leakington" in (run.trusted / "last-words.txt").read_text()
    (run.trusted / "last-words.txt").unlink()
    assert "leakington" not in capsys.readouterr().err
    assert not [path for path in run.path.rglob("*") if path.is_file() and b"leakington" in path.read_bytes()]
