"""What a rendered script's `main` calls: inside a run, the engine; by hand, a dry run or a word on how to get one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sdrbot_skills.crm.registry import connect
from sdrbot_skills.errors import ConfigurationError, MigrationError, PlanInvalid
from sdrbot_skills.model.job import JOB_VARIABLE, Job
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.results import DryRunResult, LiveResult
from sdrbot_skills.script.compare import ensure_same
from sdrbot_skills.script.maps import FieldMaps, Maps, ValueMaps

Transforms = Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]


def run_migration(*, plan_sha256: str, field_maps: FieldMaps, value_maps: ValueMaps, transforms: Transforms) -> None:
    """Compare the script with the sealed plan, run the engine, and end the process with the exit code of what happened.

    The job file named by `CRM_MIGRATE_JOB` says what to do. Without one nothing but a dry run can be started, and the dry run is
    started by the command line, whose broker refuses every write.
    """
    try:
        job_file = os.environ.get(JOB_VARIABLE)
        if job_file is None:
            sys.exit(_by_hand(Path(sys.argv[0]).resolve()))
        _run(Path(job_file), plan_sha256, Maps(field_maps, value_maps), transforms)
    except MigrationError as error:
        _say(str(error), sys.stderr)
        sys.exit(error.exit_code)


def load_job(path: Path) -> Job:
    """The job that the host wrote."""
    return Job.model_validate_json(path.read_bytes())


def load_sealed_plan(path: Path) -> Plan:
    """The sealed plan, as YAML or JSON (which YAML reads too)."""
    return Plan.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))


def _run(job_file: Path, plan_sha256: str, maps: Maps, transforms: Transforms) -> None:
    from sdrbot_skills.engine import run  # a script started by hand needs no engine

    job = load_job(job_file)
    plan = load_sealed_plan(job.plan)
    ensure_same(plan, plan_sha256, maps)
    missing = [word for word in plan.objects if word not in transforms]
    if missing:
        raise PlanInvalid([f"{word}: the script hands over no transform function for it" for word in missing])
    result = run(
        job, plan, connect(plan.source.connection), connect(plan.target.connection), transforms, report=_report
    )
    for line in _summary(result):
        _say(line)


def _report(event: object) -> None:
    """One line of progress; the host draws its bar from the events the engine keeps in the work folder."""
    if line := event if isinstance(event, str) else str(getattr(event, "line", event)):
        _say(line)


def _summary(result: DryRunResult | LiveResult) -> list[str]:
    lines = []
    for word, counts in result.counts.items():
        parts = [f"{number} {name}" for name, number in counts.model_dump().items() if number and name != "read"]
        lines.append(f"{word}: {counts.read} read" + "".join(f", {part}" for part in parts))
    if isinstance(result, LiveResult) and result.reason:
        lines.append(f"{result.state}: {result.reason}")
    return lines


def _by_hand(script: Path) -> int:
    command = shutil.which("crm-migrate")
    plan = _plan_beside(script)
    if command is None or plan is None:
        where = str(plan) if plan else "plan.yaml"
        raise ConfigurationError(
            "A migration script is run by its host, which gives it accounts to talk to. Nothing was read or written. "
            f"For a dry run: crm-migrate dry-run {where} --script {script}"
        )
    _say(f"Dry run of {plan.name} with this script; nothing is written.")
    return subprocess.run([command, "dry-run", str(plan), "--script", str(script)], check=False).returncode


def _plan_beside(script: Path) -> Path | None:
    """The plan in the script's own folder: the one with its name, else the only YAML file there."""
    named = [path for path in (script.with_suffix(".yaml"), script.with_name("plan.yaml")) if path.is_file()]
    others = sorted(script.parent.glob("*.yaml"))
    found = named or (others if len(others) == 1 else [])
    return found[0] if found else None


def _say(line: str, stream: Any = None) -> None:
    print(line, file=stream or sys.stdout, flush=True)  # the script's own output, shown by the host
