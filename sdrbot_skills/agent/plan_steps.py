"""The steps up to a plan as functions that a model may call: proposing, answering, changing, checking, and the script of it.

Each gives a document of plain data. What a parameter means is in the docstring, which is what a model is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sdrbot_skills import planning
from sdrbot_skills.agent import workspace
from sdrbot_skills.model.plan import FieldMapping, Filter, Plan, Question
from sdrbot_skills.runs import answering, binding, brokers, proposing
from sdrbot_skills.runs.directory import all_runs
from sdrbot_skills.runs.state import Status
from sdrbot_skills.script.render import render_again

SHOWN_FIELDS = 20
SHOWN_MAPPINGS = 60


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
    changed = answering.answer(asked, question, suggestion if suggestion and answer == "suggested" else answer)
    planning.save_plan(changed, path)
    return _plan_document(changed, path)


def change_plan(plan: str, change: str) -> dict[str, Any]:
    """Change a plan as the person said: `leave out FIELD`, `move FIELD to FIELD`, `only created after 2024`, `only FIELD = VALUE`, `every record`; for one
    object alone `contacts: leave out FIELD`. Returns the plan, and in `changed` what is different now."""
    path = workspace.inside(plan)
    made = planning.load_plan(path)
    with brokers.reading(made.source.connection, made.target.connection) as (ours, theirs):
        changed = planning.edit(made, change, ours, theirs)
    planning.save_plan(changed, path)
    return {**_plan_document(changed, path), "changed": _differences(made, changed)}


def check_plan(plan: str) -> dict[str, Any]:
    """Check a plan against both accounts as they are now; every problem is named."""
    made = planning.load_plan(workspace.inside(plan))
    with brokers.reading(made.source.connection, made.target.connection) as (ours, theirs):
        planning.check(made, *binding.plan_schemas(made, ours, theirs), *binding.plan_links(made, ours, theirs))
    return {"ok": True, "open_questions": [question.id for question in made.open_questions()]}


def render_script(plan: str, path: str = "files/migration.py") -> dict[str, Any]:
    """Render the migration script of a plan; rendering again keeps edited `transform_...` functions."""
    made, target = planning.load_plan(workspace.inside(plan)), workspace.inside(path)
    kept = target.read_text(encoding="utf-8") if target.exists() else None
    target.parent.mkdir(parents=True, exist_ok=True)
    rendered = render_again(made, kept)
    target.write_text(rendered.text, encoding="utf-8")
    return {"script": path, "kept": rendered.kept, "warnings": rendered.warnings}


def leave_out_schema_changes(plan: str) -> dict[str, Any]:
    """Where the person wants no custom field on the target: go on without the migration key and without what new fields would have held."""
    path = workspace.inside(plan)
    changed = planning.without_schema_changes(planning.load_plan(path))
    planning.save_plan(changed, path)
    return _plan_document(changed, path)


def _plan_document(plan: Plan, path: Path) -> dict[str, Any]:
    changes = [] if _made_already(path) else plan.schema_changes
    return {
        "plan": workspace.shown(path),
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
        state.kind == "schema" and state.status == Status.DONE and state.plan_file == workspace.shown(path)
        for state in states
    )


def _mapping(plan: Plan, name: str) -> dict[str, Any]:
    part = plan.objects[name]
    return {
        "from": part.source,
        "to": part.target,
        "where": [_condition(one) for one in part.filter],
        "fields": [
            {"from": entry.source, "to": entry.target, "why": entry.reason, "confidence": entry.confidence}
            for entry in _least_sure(part.fields)
        ],
        "fields_in_all": len(part.fields),
        "links": [link.object for link in part.links],
    }


def _differences(before: Plan, after: Plan) -> list[str]:
    """What a change made of each object's fields and filter, a line each."""
    lines = []
    for name, entry in after.objects.items():
        was, now = ({one.target: one for one in plan.objects[name].fields} for plan in (before, after))
        lines += [f"{name}: {_pair(one)} is left out" for target, one in was.items() if target not in now]
        for target, one in now.items():
            if target not in was or was[target].source != one.source:
                others = [
                    other.target for other in entry.fields if other is not one and set(other.source) & set(one.source)
                ]
                also = f", and still → {', '.join(others)} too" if others else ""
                lines.append(f"{name}: {_pair(one)}{also}")
        if entry.filter != before.objects[name].filter:
            lines.append(f"{name}: {' and '.join(map(_condition, entry.filter)) or 'every record'}")
    return lines


def _pair(mapping: FieldMapping) -> str:
    return f"{' + '.join(mapping.source) or '(made)'} → {mapping.target}"


def _condition(one: Filter) -> str:
    return f"{one.field} {one.op.value} {one.value}"


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
