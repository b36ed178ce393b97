"""What a run really took, from its audit and its history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdrbot_skills.runs.actuals import actuals, seconds_at_work
from sdrbot_skills.runs.directory import create_run
from sdrbot_skills.runs.state import RunState, Status, Step

LINES = [
    {"event": "read", "connection": "zohocrm", "status": 200},
    {"event": "read", "connection": "pipedrive", "status": 200},
    {"event": "intent", "connection": "pipedrive", "send": 1},
    {"event": "outcome", "send": 1, "status": 200},
    {"event": "intent", "connection": "pipedrive", "send": 1},
    {"event": "ended"},
]


def test_calls_are_counted_per_side_and_an_answer_is_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_MIGRATE_HOME", str(tmp_path))
    run = create_run(
        "migrate", source="zohocrm", target="pipedrive", target_account="A (1)", environment="lab", objects=["contacts"]
    )
    assert actuals(run) == {}
    (run.trusted / "live").mkdir()
    text = "\n".join(map(json.dumps, LINES))
    (run.trusted / "live" / "audit.jsonl").write_text(f'{text}\n{{"event": "re')
    assert actuals(run) == {"source_calls": 1, "target_calls": 3, "seconds": 0}


def test_waiting_for_a_person_is_no_work() -> None:
    steps = [(0, "rehearsed"), (90, "running"), (92, "running"), (95, "pilot_done"), (995, "running"), (1000, "done")]
    history = [Step(at=at, status=Status(status)) for at, status in steps]
    state = RunState(
        id="r", source="a", target="b", target_account="b", environment="lab", objects=[], created_at=0, history=history
    )
    assert seconds_at_work(state) == 10
