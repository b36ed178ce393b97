"""From a plan (and perhaps an edited script) to a run: what will be shown, approved and run is copied into the run's sealed folder."""

from __future__ import annotations

from pathlib import Path

from sdrbot_skills import planning
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs.directory import RunDirectory, create_run, write_whole
from sdrbot_skills.runs.state import RunKind
from sdrbot_skills.script.render import render


def prepare(
    plan: Plan,
    *,
    script: Path | None = None,
    kind: RunKind = "migrate",
    parent: str | None = None,
    plan_file: str | None = None,
) -> RunDirectory:
    """Make a run of this plan. Without a script the installed templates render one."""
    if script is not None and not script.is_file():
        raise ConfigurationError(f"There is no script at {script}. `crm-migrate render PLAN` writes one.")
    body = script.read_bytes() if script else render(plan).encode()
    run = create_run(
        kind,
        source=plan.source.connection,
        target=plan.target.connection,
        target_account=f"{plan.target.account_name} ({plan.target.account_id})",
        environment=plan.target.environment.value,
        objects=list(plan.objects),
        parent=parent,
    )
    run.update(plan_file=plan_file)
    planning.save_plan(plan, run.plan_path)
    write_whole(run.script_path, body)
    run.copy_for_people("plan.yaml", run.plan_path.read_bytes())
    run.copy_for_people("script.py", body)
    return run


def sealed_plan(run: RunDirectory) -> Plan:
    """The plan of a run."""
    return planning.load_plan(run.plan_path)
