"""Looking as functions that a model may call: accounts, runs and schemas, and data by a script that can write nowhere.

Each gives a document of plain data. What a parameter means is in the docstring, which is what a model is told.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from sdrbot_skills import planning
from sdrbot_skills.agent import workspace
from sdrbot_skills.planning.fieldfilter import FieldFilter
from sdrbot_skills.runs import brokers, executing, privileged, snapshots
from sdrbot_skills.runs.directory import all_runs

SHOWN_RUNS = 20
MOST_OBJECTS = 60
MOST_FIELDS = 80
MOST_OPTIONS = 100


def status() -> dict[str, Any]:
    """Connected accounts, runs with what each waits for, and whether privileged mode is on."""
    mode = privileged.current()
    runs = [
        {"run": run.id, "kind": state.kind, "plan": state.plan_file, "status": state.status.value, "state": state.plain}
        for run in all_runs()
        for state in [run.state()]
    ]
    return {
        "connections": [{"name": source.name, "crm": source.crm} for source in brokers.sources()],
        "runs": runs[-SHOWN_RUNS:],
        "privileged_mode": mode.banner if mode else "off",
    }


def discover_schema(
    connection: str,
    object_name: str | None = None,
    fields: list[str] | None = None,
    like: str = "",
    filled: bool = False,
    complete: bool = False,
) -> dict[str, Any]:
    """Read the schema of a CRM: its objects with their counts, or the fields of one object with types, options, lengths and fill rates. `fields`: only
    these, with every option; `like`: only those whose name or label holds this; `filled`: only those that some record has; `complete`: read-only and
    empty ones too. At most 80 fields are given; `hidden` says how many more there are, which `like` and `fields` reach."""
    only = FieldFilter(names=tuple(fields or ()), like=like, filled=filled)
    with brokers.reading(connection) as (crm,):
        if object_name is None:
            found = planning.discover_connection(crm, complete=complete)
            left = len(found.objects) - MOST_OBJECTS
            return {
                **_brief(found.model_copy(update={"objects": found.objects[:MOST_OBJECTS]})),
                "hidden": max(0, left),
            }
        return _brief(planning.discover_object(crm, object_name, complete=complete, only=only, most=MOST_FIELDS))


def schema_changes(connection: str, object_name: str | None = None) -> dict[str, Any]:
    """What changed in a CRM's schema since the person last kept it (`crm-migrate discover CONNECTION --save`); `breaks` may stop a plan that relies on it."""
    compared = snapshots.compare(connection, object_name)
    shown = [change.model_dump(exclude_defaults=True) for change in compared.changes[:MOST_FIELDS]]
    return {"since": compared.before.taken_at.isoformat(), "changes": shown, "more": len(compared.changes) - len(shown)}


def execute_python(path: str) -> dict[str, Any]:
    """Run a Python script of `files/` or `generated/` in the sandbox: it can read every connected CRM and write to none, sees /files and /generated
    read-only, and may leave files in its current directory (copied to `files/output/<n>/`). For looking at data, never for moving it."""
    ended = executing.execute(workspace.inside(path))
    return {
        "ok": ended.outcome.ok,
        "exit_code": ended.outcome.exit_code,
        "stopped_by": ended.outcome.killed_by,
        "message": "\n".join(ended.lines),
        "files": ended.files,
    }


def _brief(overview: BaseModel) -> dict[str, Any]:
    """Without what is as usual: a model reads every word. Long lists of options are cut."""
    document: dict[str, Any] = overview.model_dump(mode="json", exclude_defaults=True)
    for field in document.get("fields", ()):
        if len(field.get("options", ())) > MOST_OPTIONS:
            field["options"] = field["options"][:MOST_OPTIONS]
    return document
