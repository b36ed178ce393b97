"""Running a script: in a run it hands the engine what it needs, by hand it can be a dry run and nothing more."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills.model.job import JOB_VARIABLE, Job
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.results import DryRunResult, ObjectCounts
from sdrbot_skills.script import runner
from sdrbot_skills.script.parts import take_apart
from sdrbot_skills.script.render import render
from tests.script.plans import plan


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "plan.json").write_text(plan().model_dump_json(by_alias=True), encoding="utf-8")
    path = tmp_path / "job.json"
    path.write_text(
        Job(run="r1", mode="dry", plan=tmp_path / "plan.json", work=tmp_path).model_dump_json(), encoding="utf-8"
    )
    monkeypatch.setenv(JOB_VARIABLE, str(path))
    return path


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the engine was called with."""
    calls: list[tuple[Any, ...]] = []

    def run(*arguments: Any, report: Any = None) -> DryRunResult:
        calls.append(arguments)
        report("reading object=companies")
        return DryRunResult(counts={"companies": ObjectCounts(read=3, create=2, quarantine=1)})

    monkeypatch.setattr("sdrbot_skills.engine.run", run)
    monkeypatch.setattr(runner, "connect", lambda name: f"adapter of {name}")
    return calls


def start(script: str) -> None:
    """Run a script in this process, as `python script.py` would."""
    exec(compile(script, "script", "exec"), {"__name__": "__main__"})  # the script is what is tested


def test_the_engine_gets_job_plan_adapters_and_transforms(
    job: Path, engine: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    start(render(plan()))
    ((given_job, given_plan, source, target, transforms),) = engine
    assert given_job.run == "r1" and isinstance(given_plan, Plan) and given_plan == plan()
    assert (source, target) == ("adapter of hubspot", "adapter of salesforce")
    assert capsys.readouterr().out.splitlines() == [
        "reading object=companies",
        "companies: 3 read, 2 create, 1 quarantine",
    ]
    made = transforms["contacts"](
        {"email": ["ann@example.com"], "hs_lead_status": "NEW", "createdate": "2026-01-01T00:00:00.000Z"}
    )
    assert made == {
        "Email": ["ann@example.com"],
        "Backup_Email__c": ["ann@example.com"],
        "LastName": "(no name)",
        "Company": "example.com",
        "Status": "Open - Not Contacted",
        "Due__c": "2026-01-31",
        "LeadSource": "HubSpot",
    }


def test_a_script_that_differs_from_its_plan_ends_before_anything_is_opened(
    job: Path, engine: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    script = render(plan()).replace('"name": "Name"', '"name": "Site"')
    with pytest.raises(SystemExit) as ended:
        start(script)
    assert ended.value.code == 2 and engine == []
    assert "the plan says 'Name', the script says 'Site'" in capsys.readouterr().err


def test_a_missing_transform_ends_the_run(job: Path, engine: list[tuple[Any, ...]]) -> None:
    parts = take_apart(render(plan()))
    with pytest.raises(SystemExit):
        runner.run_migration(
            plan_sha256=parts.plan_sha256 or "",
            field_maps=parts.maps.fields,
            value_maps=parts.maps.values,
            transforms={},
        )
    assert engine == []


def by_hand(folder: Path, path: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != JOB_VARIABLE} | {"PATH": path}
    command = [sys.executable, str(folder / "script.py")]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_by_hand_it_tells_how_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(render(plan()), encoding="utf-8")
    done = by_hand(tmp_path, path="")
    assert done.returncode == 2
    assert "crm-migrate dry-run plan.yaml --script" in done.stderr and "Nothing was read or written" in done.stderr


def test_by_hand_it_starts_a_dry_run_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(render(plan()), encoding="utf-8")
    (tmp_path / "plan.yaml").write_text("version: 1", encoding="utf-8")
    command = tmp_path / "bin" / "crm-migrate"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\necho "called: $@"\nexit 7\n', encoding="utf-8")
    command.chmod(command.stat().st_mode | stat.S_IEXEC)
    done = by_hand(tmp_path, path=str(command.parent))
    assert done.returncode == 7
    assert f"called: dry-run {tmp_path / 'plan.yaml'} --script {tmp_path / 'script.py'}" in done.stdout
