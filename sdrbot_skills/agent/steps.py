"""The steps of a migration as functions that a model may call. None approves, picks live mode, or switches the sandbox off.

Each gives a document of plain data. What a parameter means is in the docstring, which is what a model is told.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from langgraph.types import interrupt
from pydantic import BaseModel, Field

from sdrbot_skills import planning
from sdrbot_skills.agent import workspace
from sdrbot_skills.model.plan import FieldMapping, Plan, Question
from sdrbot_skills.planning.fieldfilter import FieldFilter
from sdrbot_skills.runs import (
    binding,
    brokers,
    deltas,
    executing,
    going,
    preparing,
    privileged,
    proposing,
    proving,
    rehearsing,
    retrying,
    schema_runs,
    snapshots,
    undoing,
)
from sdrbot_skills.runs.directory import all_runs, open_run
from sdrbot_skills.runs.leftover import changed_meanwhile, left_over
from sdrbot_skills.runs.outcome import carried_links, outcome
from sdrbot_skills.runs.state import Status
from sdrbot_skills.script.render import render_again
from sdrbot_skills.web.report import report

LOOK_SECONDS = 0.2
SHOWN_RUNS = 20
SHOWN_DIFFERENCES = 20
SHOWN_LINKS = 6
SHOWN_FIELDS = 20
SHOWN_HELD = 3
SHOWN_MAPPINGS = 60
MOST_OBJECTS = 60
MOST_FIELDS = 80
MOST_OPTIONS = 100

Pilot = Annotated[int, Field(ge=1, le=200)]
Seconds = Annotated[int, Field(ge=0, le=120)]


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


def _brief(overview: BaseModel) -> dict[str, Any]:
    """Without what is as usual: a model reads every word. Long lists of options are cut."""
    document: dict[str, Any] = overview.model_dump(mode="json", exclude_defaults=True)
    for field in document.get("fields", ()):
        if len(field.get("options", ())) > MOST_OPTIONS:
            field["options"] = field["options"][:MOST_OPTIONS]
    return document


def propose_mapping(source: str, target: str, objects: list[str], where: list[str] | None = None) -> dict[str, Any]:
    """Propose a plan from one connection to another. `objects`: companies, contacts, deals, or `contacts:leads`. `where`: filters in words,
    such as `created this year`. Returns the plan's path, the mapping, and questions to put to the person."""
    proposed = proposing.propose(source, target, objects, where or [])
    plan = proposed.plan
    path = _free(f"{plan.source.connection}-to-{plan.target.connection}")
    planning.save_plan(plan, path)
    blind = [one for found in proposed.blind.values() for one in found]
    return {
        **_plan_document(plan, path),
        "cannot_see": [f"{one.subject}: {one.message} {one.cure}".strip() for one in blind],
        "stays_behind": {entry.object: [line.label for line in entry.unused][:SHOWN_FIELDS] for entry in proposed.gaps},
    }


def answer_question(plan: str, question: str, answer: str) -> dict[str, Any]:
    """Put the person's answer to a question into the plan; `suggested` takes the suggestion. Never answer for the person."""
    path = workspace.inside(plan)
    asked = planning.load_plan(path)
    suggestion = next((one.suggestion for one in asked.questions if one.id == question), None)
    changed = planning.answer(asked, question, suggestion if suggestion and answer == "suggested" else answer)
    planning.save_plan(changed, path)
    return _plan_document(changed, path)


def change_plan(plan: str, change: str) -> dict[str, Any]:
    """Change a plan as the person said: `leave out FIELD`, `move FIELD to FIELD`, `only created after 2024`, `only FIELD = VALUE`, `every record`; for one
    object alone `contacts: leave out FIELD`."""
    path = workspace.inside(plan)
    made = planning.load_plan(path)
    with brokers.reading(made.source.connection, made.target.connection) as (ours, theirs):
        changed = planning.edit(made, change, ours, theirs)
    planning.save_plan(changed, path)
    return _plan_document(changed, path)


def check_plan(plan: str) -> dict[str, Any]:
    """Check a plan against both accounts as they are now; every problem is named."""
    made = planning.load_plan(workspace.inside(plan))
    with brokers.reading(made.source.connection, made.target.connection) as (ours, theirs):
        planning.check(made, *binding.plan_schemas(made, ours, theirs))
    return {"ok": True, "open_questions": [question.id for question in made.open_questions()]}


def render_script(plan: str, path: str = "files/migration.py") -> dict[str, Any]:
    """Render the migration script of a plan; rendering again keeps edited `transform_...` functions."""
    made, target = planning.load_plan(workspace.inside(plan)), workspace.inside(path)
    kept = target.read_text(encoding="utf-8") if target.exists() else None
    target.parent.mkdir(parents=True, exist_ok=True)
    rendered = render_again(made, kept)
    target.write_text(rendered.text, encoding="utf-8")
    return {"script": path, "kept": rendered.kept, "warnings": rendered.warnings}


def prepare_schema_changes(plan: str) -> dict[str, Any]:
    """Prepare the custom fields a plan needs as a run of its own. Needs privileged mode, which only the person can switch on (`/setup`)."""
    run = schema_runs.prepare(planning.load_plan(workspace.inside(plan)), plan_file=plan)
    return {"run": run.id, "changes": schema_runs.describe(run)}


def leave_out_schema_changes(plan: str) -> dict[str, Any]:
    """Where the person wants no custom field on the target: go on without the migration key and without what new fields would have held."""
    path = workspace.inside(plan)
    changed = planning.without_schema_changes(planning.load_plan(path))
    planning.save_plan(changed, path)
    return _plan_document(changed, path)


def dry_run(plan: str, script: str | None = None) -> dict[str, Any]:
    """Run everything but the writing. Returns counts, findings and forecast; the broker lets nothing be written. `script`: an edited one."""
    made, edited = planning.load_plan(workspace.inside(plan)), workspace.inside(script) if script else None
    run = preparing.prepare(made, script=edited, plan_file=plan)
    return rehearsing.rehearse(run)


def request_live_run(run: str, pilot: Pilot = 20) -> dict[str, Any]:
    """Ask the person to approve a run and start it with a pilot of so many records. The person answers in their own prompt; this only learns
    what they decided."""
    found = open_run(run)
    if found.state().status == Status.REHEARSED:
        interrupt({"ask": "approve", "run": found.id})  # what comes back is not looked at: the run's own record decides
    state = found.state()
    if state.status in (Status.RUNNING, Status.PILOT_DONE, Status.PAUSED, Status.DONE):
        return {"run": found.id, "started": True, "state": state.plain}
    if state.status != Status.APPROVED:
        return {"run": found.id, "started": False, "why": "The person did not approve.", "state": state.plain}
    going.start(found, pilot=pilot if state.kind == "migrate" else None)
    return {"run": found.id, "started": True, "state": found.state().plain}


def continue_run(run: str) -> dict[str, Any]:
    """After the pilot: ask the person whether to go on, and go on if they say so."""
    found = open_run(run)
    if found.state().status == Status.PILOT_DONE:
        if interrupt({"ask": "continue", "run": found.id}) is not True:
            return {"run": found.id, "continued": False, "why": "The person wants to wait, or to undo."}
        going.carry_on(found)
    return {"run": found.id, "continued": True, "state": found.state().plain}


def resume_run(run: str) -> dict[str, Any]:
    """Carry on a run that was interrupted, from its journal; nothing is sent twice. The approval has to cover it still."""
    found = open_run(run)
    going.resume(found)
    return {"run": found.id, "resumed": True, "state": found.state().plain}


def wait_for_run(run: str, seconds: Seconds = 60) -> dict[str, Any]:
    """Wait until a run is at rest (pilot done, done, paused or failed), at most so many seconds; `at_rest` says whether it is. Returns its
    counts, and after a pilot deep links to look at. A run goes on whether or not somebody waits."""
    found, until = open_run(run), time.monotonic() + seconds
    while not (resting := going.at_rest(found)) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    state = found.state()
    live = found.read_json("trusted", "live.json") or {}
    return {
        "run": found.id,
        "kind": state.kind,
        "plan": state.plan_file,
        "status": state.status.value,
        "at_rest": resting,
        "state": state.plain,
        "progress": going.progress(found),
        "counts": live.get("counts", {}),
        "taken_back": live.get("total"),
        "left_over": left_over(found),
        "deep_links": carried_links(found, limit=SHOWN_LINKS) if state.status == Status.PILOT_DONE else [],
    }


def verify_run(run: str) -> dict[str, Any]:
    """Prove a run: lost, duplicated, mismatched and links missing, in total and per object."""
    found = open_run(run)
    document = proving.verify(found).model_dump(mode="json")
    differences = document.pop("differences")
    return {
        "run": found.id,
        **document,
        "differences": differences[:SHOWN_DIFFERENCES],
        "more_differences": max(0, len(differences) - SHOWN_DIFFERENCES),
    }


def report_run(run: str) -> dict[str, Any]:
    """Write the report and return its five lines and where it lies."""
    found = open_run(run)
    made = report(found)
    meanwhile = changed_meanwhile(found.id, made.document["counts"], made.document["findings"])
    return {
        "run": found.id,
        "lines": made.lines,
        "meanwhile": meanwhile,
        "html": _shown(made.html),
        "quarantined": found.state().quarantined,
    }


def held_back(run: str) -> dict[str, Any]:
    """Why records of a run were held back (quarantined): per rule how many, in which object and field, why, and a few of their ids."""
    found = open_run(run)
    groups: dict[tuple[str, str, str], dict[str, Any]] = {}
    for entry in outcome(found).quarantine:
        key = (entry["object"], entry["rule"], entry["field"] or "")
        group = groups.setdefault(
            key,
            {"object": key[0], "field": key[2], "rule": key[1], "message": entry["message"], "count": 0, "records": []},
        )
        group["count"] += 1
        if group["count"] <= SHOWN_HELD:
            group["records"].append(entry["link"] or entry["source_id"])
    return {"run": found.id, "held_back": sorted(groups.values(), key=lambda one: -int(one["count"]))}


def retry_run(run: str) -> dict[str, Any]:
    """Prepare another try of the quarantined records, as a run of its own."""
    return rehearsing.rehearse(retrying.prepare(open_run(run)))


def delta_run(run: str) -> dict[str, Any]:
    """Prepare carrying what came to the source, or changed there, since a run that is done: a run of its own with a dry run and an approval."""
    return rehearsing.rehearse(deltas.prepare(open_run(run)))


def undo_run(run: str) -> dict[str, Any]:
    """Prepare taking back a run, as a run of its own that the person has to approve (`request_live_run`)."""
    child = undoing.prepare(open_run(run))
    return {"run": child.id, **undoing.rehearse(child)}


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


def _plan_document(plan: Plan, path: Path) -> dict[str, Any]:
    changes = [] if _made_already(path) else plan.schema_changes
    return {
        "plan": _shown(path),
        "source": f"{plan.source.account_name} ({plan.source.connection})",
        "target": f"{plan.target.account_name} ({plan.target.connection})",
        "target_connection": plan.target.connection,
        "mapping": {name: _mapping(plan, name) for name in plan.objects},
        "questions": [_question(question) for question in plan.open_questions()],
        "schema_changes": [
            {"object": change.object, "field": change.field.name, "why": change.reason}
            for change in changes[:SHOWN_MAPPINGS]
        ],
        "schema_changes_in_all": len(changes),
    }


def _made_already(path: Path) -> bool:
    """Whether a run has made the fields of this plan; a dry run looks at the target itself."""
    states = [run.state() for run in all_runs()]
    return any(
        state.kind == "schema" and state.status == Status.DONE and state.plan_file == _shown(path) for state in states
    )


def _mapping(plan: Plan, name: str) -> dict[str, Any]:
    part = plan.objects[name]
    return {
        "from": part.source,
        "to": part.target,
        "where": [f"{one.field} {one.op.value} {one.value}" for one in part.filter],
        "fields": [
            {"from": entry.source, "to": entry.target, "why": entry.reason, "confidence": entry.confidence}
            for entry in _least_sure(part.fields)
        ],
        "fields_in_all": len(part.fields),
        "links": [link.object for link in part.links],
    }


def _least_sure(fields: Sequence[FieldMapping]) -> Sequence[FieldMapping]:
    """All mappings where they are few; of a wide object those that somebody should look at."""
    if len(fields) <= SHOWN_MAPPINGS:
        return fields
    return sorted(fields, key=lambda entry: entry.confidence or 0.0)[:SHOWN_MAPPINGS]


def _question(question: Question) -> dict[str, Any]:
    shown = question.model_dump(include={"id", "text", "choices", "free", "suggestion", "blocks", "personal"})
    return {**shown, "names": [*question.source_names, *question.source_names.values()] if question.personal else []}


def _free(name: str) -> Path:
    """The first free place for a plan of this name: a plan that somebody answered questions for is never written over."""
    folder = workspace.inside("files/plans")
    folder.mkdir(parents=True, exist_ok=True)
    taken = {
        int(found[1])
        for path in folder.iterdir()
        if (found := re.fullmatch(rf"{re.escape(name)}-(\d+)\.yaml", path.name))
    }
    return folder / f"{name}-{max(taken, default=0) + 1}.yaml"


def _shown(path: Path) -> str:
    return str(path.resolve().relative_to(Path.cwd().resolve()))
