"""What the terminal says after a run: what became of it, and which command leads on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills.cli import next_steps as steps
from sdrbot_skills.cli.next_steps import counted, next_steps, pilot_links
from sdrbot_skills.runs.directory import RunDirectory, create_run
from sdrbot_skills.runs.state import RunKind, Status


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_MIGRATE_HOME", str(tmp_path / "state"))


def _run(kind: RunKind, status: Status, **changes: Any) -> RunDirectory:
    run = create_run(
        kind, source="hubspot", target="salesforce", target_account="Acme", environment="lab", objects=["contacts"]
    )
    run.move(status, **changes)
    return run


@pytest.mark.parametrize(
    ("kind", "status", "changes", "command"),
    [
        ("migrate", Status.REHEARSED, {}, "approve"),
        ("migrate", Status.APPROVED, {}, "live"),
        ("delta", Status.FAILED, {}, "resume"),
        ("migrate", Status.DONE, {}, "verify"),
        ("retry", Status.DONE, {"verified": {"lost": 0}}, "report"),
    ],
)
def test_the_next_command_names_the_run(kind: RunKind, status: Status, changes: dict[str, Any], command: str) -> None:
    run = _run(kind, status, **changes)
    (line,) = next_steps(run)
    assert f"`crm-migrate {command} {run.id}`" in line


@pytest.mark.parametrize(("kind", "status"), [("migrate", Status.RUNNING), ("undo", Status.DONE)])
def test_nothing_is_asked_of_a_person_where_nothing_is_to_do(kind: RunKind, status: Status) -> None:
    assert next_steps(_run(kind, status)) == []


def test_an_undo_says_what_it_took_back() -> None:
    run = _run("undo", Status.DONE)
    run.write_json("trusted", "live.json", {"counts": {"contacts": {"deleted": 1998, "restored": 0}, "deals": {}}})
    assert counted(run) == ["contacts: deleted 1,998", "deals: nothing to do"]


def test_after_a_pilot_there_are_pages_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "carried_links", lambda run, limit: ["https://crm.example/1"])
    run = _run("migrate", Status.PILOT_DONE)
    assert pilot_links(run) == ["https://crm.example/1"]
    _, page, line = next_steps(run)
    assert page.strip() == "https://crm.example/1" and f"`crm-migrate continue {run.id}`" in line
    assert pilot_links(_run("migrate", Status.DONE)) == []
