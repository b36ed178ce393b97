"""The steps of a migration as LangChain tools: structured, bounded, masked. No tool approves, picks live mode, or switches the sandbox off.

Each returns a short text for the model and the full document as the message's artifact, for the face that draws it. A failure is an answer too:
the model reads what happened, and nothing is half done.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool
from langgraph.types import interrupt

from sdrbot_skills import planning
from sdrbot_skills.agent import workspace
from sdrbot_skills.agent.masking import mask_document, mask_message
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs import (
    binding,
    brokers,
    going,
    preparing,
    privileged,
    proposing,
    proving,
    rehearsing,
    retrying,
    schema_runs,
    undoing,
)
from sdrbot_skills.runs.directory import all_runs, open_run
from sdrbot_skills.runs.outcome import carried_links
from sdrbot_skills.runs.state import Status
from sdrbot_skills.runs.waiting import wait
from sdrbot_skills.script.render import render
from sdrbot_skills.web.report import report

LONGEST = 12_000
Answer = tuple[str, Any]


def status() -> Any:
    """Connected accounts, runs with what each waits for, and whether privileged mode is on."""
    mode = privileged.current()
    connections = [{"name": source.name, "crm": source.crm} for source in brokers.sources()]
    runs = [{"run": run.id, "kind": run.state().kind, "state": run.state().plain} for run in all_runs()]
    return {"connections": connections, "runs": runs[-20:], "privileged_mode": mode.banner if mode else "off"}


def discover_schema(connection: str, object_name: str | None = None, complete: bool = False) -> Any:
    """Read the schema of a CRM: its objects, or the fields of one object with types, options, lengths, counts and fill rates."""
    with brokers.reading(connection) as (crm,):
        found = (
            planning.discover_object(crm, object_name, complete=complete)
            if object_name
            else planning.discover_connection(crm)
        )
    return found.model_dump(mode="json")


def propose_mapping(source: str, target: str, objects: list[str], where: list[str] | None = None) -> Any:
    """Propose a plan from one connection to another. `objects`: companies, contacts, deals, or `contacts:leads`. `where`: filters in words, such as `created this year`.
    Returns the plan's path, the mapping, and questions to put to the person."""
    plan = proposing.propose(source, target, objects, where or [])
    path = workspace.inside(f"files/plans/{plan.source.connection}-to-{plan.target.connection}.yaml")
    path.parent.mkdir(parents=True, exist_ok=True)
    planning.save_plan(plan, path)
    return _plan_document(plan, path)


def answer_question(plan: str, question: str, answer: str) -> Any:
    """Put the person's answer to a question into the plan. Never answer for the person."""
    path = workspace.inside(plan)
    changed = planning.answer(planning.load_plan(path), question, answer)
    planning.save_plan(changed, path)
    return _plan_document(changed, path)


def check_plan(plan: str) -> Any:
    """Check a plan against both accounts as they are now; every problem is named."""
    made = planning.load_plan(workspace.inside(plan))
    with brokers.reading(made.source.connection, made.target.connection) as (ours, theirs):
        planning.check(made, *binding.plan_schemas(made, ours, theirs), *binding.plan_links(made, ours, theirs))
    return {"ok": True, "open_questions": [question.id for question in made.open_questions()]}


def render_script(plan: str, path: str = "files/migration.py") -> Any:
    """Render the migration script of a plan; rendering again keeps edited `transform_...` functions."""
    made, target = planning.load_plan(workspace.inside(plan)), workspace.inside(path)
    kept = target.read_text(encoding="utf-8") if target.exists() else None
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(render(made, keep=kept), encoding="utf-8")
    return {"script": path}


def prepare_schema_changes(plan: str) -> Any:
    """Prepare the custom fields a plan needs as a run of its own. Needs privileged mode, which only the person can switch on (`/setup`)."""
    run = schema_runs.prepare(planning.load_plan(workspace.inside(plan)), plan_file=plan)
    return {"run": run.id, "changes": schema_runs.describe(run)}


def dry_run(plan: str, script: str | None = None) -> Any:
    """Run everything but the writing. Returns counts, findings and forecast; the broker lets nothing be written."""
    made, edited = planning.load_plan(workspace.inside(plan)), workspace.inside(script) if script else None
    run = preparing.prepare(made, script=edited, plan_file=plan)
    return rehearsing.rehearse(run)


def request_live_run(run: str, pilot: int = 20) -> Any:
    """Ask the person to approve a run and start it with a pilot. The person answers in their own prompt; this tool only learns what they decided."""
    found = open_run(run)
    if found.state().status in (Status.REHEARSED, Status.PREPARED):
        interrupt({"ask": "approve", "run": found.id})
    if found.state().status != Status.APPROVED:
        return {"run": found.id, "started": False, "why": "The person did not approve."}
    going.start(found, pilot=pilot if found.state().kind == "migrate" and pilot > 0 else None)
    return {"run": found.id, "started": True}


def continue_run(run: str) -> Any:
    """After the pilot: ask the person whether to go on, and go on if they say so."""
    found = open_run(run)
    if interrupt({"ask": "continue", "run": found.id}) is not True:
        return {"run": found.id, "continued": False, "why": "The person wants to wait, or to undo."}
    going.carry_on(found)
    return {"run": found.id, "continued": True}


def wait_for_run(run: str) -> Any:
    """Wait until a run is at rest (pilot done, done, paused or failed) and return its counts, and deep links to look at after a pilot."""
    found = open_run(run)
    state = wait(found)
    live = found.read_json("trusted", "live.json") or {}
    return {
        "run": found.id,
        "kind": state.kind,
        "plan": state.plan_file,
        "status": state.status.value,
        "state": state.plain,
        "counts": live.get("counts", {}),
        "deep_links": carried_links(found, limit=20) if state.status == Status.PILOT_DONE else [],
    }


def verify_run(run: str) -> Any:
    """Prove a run: lost, duplicated, mismatched and links missing, in total and per object."""
    return proving.verify(open_run(run)).model_dump(mode="json")


def report_run(run: str) -> Any:
    """Write the report and return its five lines and where it lies."""
    made = report(open_run(run))
    return {"lines": made.lines, "html": str(made.html)}


def retry_run(run: str) -> Any:
    """Prepare another try of the quarantined records, as a run of its own."""
    child = retrying.prepare(open_run(run))
    return rehearsing.rehearse(child)


def undo_run(run: str) -> Any:
    """Prepare taking back a run, as a run of its own that the person has to approve (`request_live_run`)."""
    child = undoing.prepare(open_run(run))
    return {"run": child.id, **undoing.rehearse(child)}


_STEPS: tuple[Callable[..., Any], ...] = (
    status,
    discover_schema,
    propose_mapping,
    answer_question,
    check_plan,
    render_script,
    prepare_schema_changes,
    dry_run,
    request_live_run,
    continue_run,
    wait_for_run,
    verify_run,
    report_run,
    retry_run,
    undo_run,
)
_FILES: tuple[Callable[..., Any], ...] = (workspace.read_file, workspace.write_file, workspace.edit_file)


def tools(*, masked: bool = True) -> list[BaseTool]:
    """The workflow and file tools. `masked=False` shows a model true values; only the person's own setting may ask for it."""
    return [_tool(step, masked) for step in (*_STEPS, *_FILES)]


def _tool(step: Callable[..., Any], masked: bool) -> BaseTool:
    @functools.wraps(step)
    def answer(*args: Any, **kwargs: Any) -> Answer:
        try:
            document = step(*args, **kwargs)
        except (MigrationError, OSError) as error:
            document = {
                "error": {
                    "kind": type(error).__name__,
                    "code": getattr(error, "code", None),
                    "message": mask_message(str(error)),
                }
            }
        shown = mask_document(document) if masked else document
        text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, default=str)
        return (
            text if len(text) <= LONGEST else text[:LONGEST] + f"… ({len(text):,} characters; ask for less)"
        ), document

    return StructuredTool.from_function(
        answer, name=step.__name__, description=step.__doc__, response_format="content_and_artifact"
    )


def _plan_document(plan: Plan, path: Path) -> dict[str, Any]:
    mapping = {
        name: [
            {"from": entry.source, "to": entry.target, "why": entry.reason, "confidence": entry.confidence}
            for entry in part.fields
        ]
        for name, part in plan.objects.items()
    }
    return {
        "plan": str(path.relative_to(Path.cwd().resolve())),
        "mapping": mapping,
        "questions": [question.model_dump(mode="json") for question in plan.open_questions()],
        "schema_changes": [
            {"object": change.object, "field": change.field.name, "why": change.reason}
            for change in plan.schema_changes
        ],
    }
