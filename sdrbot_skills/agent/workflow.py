"""The steps of a migration as LangChain tools: structured, bounded, masked.

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

from sdrbot_skills import planning
from sdrbot_skills.agent import look_steps, plan_steps, run_steps, workspace
from sdrbot_skills.agent.masking import Words, hide, mask_document, words_of
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.runs.directory import open_run
from sdrbot_skills.runs.preparing import sealed_plan

LONGEST = 12_000
Answer = tuple[str, Any]

_STEPS: tuple[Callable[..., Any], ...] = (
    look_steps.status,
    look_steps.discover_schema,
    look_steps.schema_changes,
    plan_steps.propose_mapping,
    plan_steps.answer_question,
    plan_steps.change_plan,
    plan_steps.check_plan,
    plan_steps.render_script,
    run_steps.prepare_schema_changes,
    plan_steps.leave_out_schema_changes,
    run_steps.dry_run,
    run_steps.request_live_run,
    run_steps.continue_run,
    run_steps.resume_run,
    run_steps.wait_for_run,
    run_steps.verify_run,
    run_steps.report_run,
    run_steps.held_back,
    run_steps.retry_run,
    run_steps.delta_run,
    run_steps.undo_run,
    look_steps.execute_python,
    workspace.list_files,
    workspace.write_file,
    workspace.edit_file,
)


def tools(*, masked: bool = True) -> list[BaseTool]:
    """The workflow and file tools. `masked=False` shows a model true values; only the person's own setting may ask for it."""
    return [_tool(step, masked) for step in (*_STEPS, _reading(masked))]


def _tool(step: Callable[..., Any], masked: bool) -> BaseTool:
    @functools.wraps(step)
    def answer(*args: Any, **kwargs: Any) -> Answer:
        try:
            document = step(*args, **kwargs)
        except (MigrationError, OSError) as error:
            document = {"error": explained(error)}
        shown = mask_document(document, _known(kwargs)) if masked else document
        text = shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False, default=str)
        return bounded(text), document

    return StructuredTool.from_function(
        answer, name=step.__name__, description=step.__doc__, response_format="content_and_artifact"
    )


def _reading(masked: bool) -> Callable[[str, int], str]:
    def read_file(path: str, offset: int = 0) -> str:
        """The text of a file of `files/` or `generated/` from a character offset, at most 10,000 characters."""
        text = workspace.read_text(path, masked=masked)
        return workspace.page(hide(text, _personal_names()) if masked else text, offset)

    return read_file


def explained(error: MigrationError | OSError) -> dict[str, Any]:
    """A failure as a document."""
    return {"kind": type(error).__name__, "code": getattr(error, "code", None), "message": str(error)}


def bounded(text: str) -> str:
    """A text cut to what a model is given at once."""
    return text if len(text) <= LONGEST else text[:LONGEST] + f"… ({len(text):,} characters; ask for less)"


def _known(arguments: dict[str, Any]) -> Words:
    """Words that may stay in a message: what the model itself said, the script it runs, and the names in the plan it speaks of."""
    texts = [str(value) for value in arguments.values()]
    try:
        plan = None
        if "plan" in arguments:
            plan = planning.load_plan(workspace.inside(arguments["plan"]))
        elif "run" in arguments:
            plan = sealed_plan(open_run(arguments["run"]))
        elif "path" in arguments:
            texts.append(workspace.read_text(arguments["path"], masked=True))
    except (MigrationError, OSError):
        plan = None  # the step itself says what is wrong with the argument
    return words_of(*texts, *(_structure(plan) if plan else ())) - words_of(*_personal_names())


def _structure(plan: Plan) -> list[str]:
    """The names of accounts, objects and fields in a plan."""
    found = [plan.source.account_name, plan.target.account_name]
    for word, entry in plan.objects.items():
        found += [word, entry.source, entry.target, *entry.source_fields(), *(one.target for one in entry.fields)]
    return found


def _personal_names() -> set[str]:
    """What the plans of this workspace name of people and of values seen in records."""
    names: set[str] = set()
    for path in [*Path("files/plans").glob("*.yaml"), *Path("files/migrations").glob("*/plan.yaml")]:
        try:
            plan = planning.load_plan(path)
        except MigrationError:
            continue  # somebody is editing it; its reader is told what is wrong when it is used
        for question in plan.questions:
            if question.personal:
                names |= {*question.source_names, *question.source_names.values()}
    return names
