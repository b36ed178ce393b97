"""Another try of the records that are in quarantine: a run of its own, with its own dry run and approval."""

from __future__ import annotations

from pathlib import Path

from sdrbot_skills import planning
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.runs import preparing
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.outcome import outcome


def prepare(parent: RunDirectory, plan_file: Path | None = None) -> RunDirectory:
    """A run over the parent's quarantined records, by a mended plan or, without one, the parent's own."""
    rows = outcome(parent).quarantine
    if not rows:
        raise ConfigurationError(f"Run {parent.id} has nothing in quarantine.")
    only: dict[str, list[str]] = {}
    for row in rows:
        only.setdefault(row["object"], []).append(row["source_id"])
    if plan_file is None:
        plan, script = preparing.sealed_plan(parent), parent.script_path
    else:
        plan, script = planning.load_plan(plan_file), None
    child = preparing.prepare(plan, script=script, kind="retry", parent=parent.id)
    child.write_json("sealed", "only.json", only)
    return child
