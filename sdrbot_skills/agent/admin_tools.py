"""The admin tools as LangChain tools: there only while privileged mode is on, and only those of the CRM it is on for.

A change is prepared, put to the person in their own prompt (the same interruption as any other approval), and only then carried out, as a
run of its own. What the tool returns was read or answered by the CRM; what is a person's is masked.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolCallId, StructuredTool
from langgraph.config import get_config
from langgraph.types import interrupt
from pydantic import create_model

from sdrbot_skills.agent.masking import mask_people
from sdrbot_skills.agent.workflow import LONGEST, Answer, bounded, explained
from sdrbot_skills.crm.admintools import AnyTool, crm_of
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.runs import admin_calls, going
from sdrbot_skills.runs.directory import RunDirectory, all_runs
from sdrbot_skills.runs.state import Status

LOOK_SECONDS = 0.2
EMPTY: tuple[Any, ...] = (None, False, "", 0, [], {})
NAMED = ("name", "api_name", "slug", "full_name", "label", "id")
PATIENCE = 120.0
"""Seconds in which a change of a schema is carried out; it goes on by itself where it takes longer."""


def tools(*, masked: bool = True) -> list[BaseTool]:
    """The tools of the account that privileged mode is on for; none while it is off."""
    return [_tool(name, one, masked) for name, one in admin_calls.toolbox().tools.items()]


def why_not(name: str) -> str | None:
    """Why an admin tool of that name cannot be called now; None for what is no such name."""
    if not crm_of(name):
        return None
    try:
        admin_calls.tool(name)
    except MigrationError as error:
        return str(error)
    return None


@functools.cache
def _tool(name: str, one: AnyTool, masked: bool) -> BaseTool:
    work = functools.partial(_change if one.changes else _look, name)
    told = f"{one.description}\n\nThe person is asked before anything is changed." if one.changes else one.description
    parameters = create_model(name, __base__=one.parameters, call_id=(Annotated[str, InjectedToolCallId], ...))
    return StructuredTool.from_function(
        _answering(work, masked),
        name=name,
        description=told,
        args_schema=parameters,
        response_format="content_and_artifact",
        metadata={"scope": "privileged", "changes": one.changes},
    )


def _answering(work: Callable[[str, dict[str, Any]], Any], masked: bool) -> Callable[..., Answer]:
    def answer(call_id: str, **arguments: Any) -> Answer:
        try:
            document = work(call_id, arguments)
        except (MigrationError, OSError) as error:
            document = {"error": explained(error)}
        shown = mask_people(document) if masked else document
        return bounded(_text(fitted(shown))), document

    return answer


def fitted(document: dict[str, Any]) -> dict[str, Any]:
    """A long list of findings so that it can be told at once: without what is empty, and of the last ones the names alone."""
    found = document.get("found")
    if not isinstance(found, list) or len(_text(document)) <= LONGEST:
        return document
    brief = [{key: value for key, value in entry.items() if value not in EMPTY} for entry in found]
    room, told = LONGEST * 2 // 3, []
    while brief and (room := room - len(_text(brief[0])) - 2) > 0:
        told.append(brief.pop(0))
    names = [str(next((entry[key] for key in NAMED if key in entry), "?")) for entry in brief]
    return {"found": told, "of": len(found), "empty_values_left_out": True, "only_named": " ".join(names)}


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, default=str)


def _look(name: str, _: str, arguments: dict[str, Any]) -> Any:
    return {"found": admin_calls.look(name, arguments)}


def _change(name: str, call_id: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Everything up to the interruption happens again when the graph goes on: the run is the one this very call has prepared before."""
    asked_by = f"{_session()}/{call_id}"
    run = _prepared(asked_by, name, arguments) or admin_calls.prepare(name, arguments, asked_by=asked_by)
    if run.state().status == Status.REHEARSED:
        interrupt({"ask": "approve", "run": run.id})  # what comes back is not looked at: the run's own record decides
    if run.state().status == Status.APPROVED:
        going.start(run)
    elif run.state().status == Status.REHEARSED:
        return {"run": run.id, "done": False, "why": "The person did not approve. Nothing was changed."}
    _wait(run)
    state = run.state()
    done = state.status == Status.DONE
    return {
        "run": run.id,
        "done": done,
        "state": state.plain,
        "says": admin_calls.sealed_call(run)["says"],
        "result": admin_calls.result(run),
        "way_back": admin_calls.way_back(run) if done else None,
    }


def _wait(run: RunDirectory) -> None:
    until = time.monotonic() + PATIENCE
    while not going.at_rest(run) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)


def _prepared(asked_by: str, name: str, arguments: dict[str, Any]) -> RunDirectory | None:
    for run in reversed(list(all_runs())):
        state = run.state()
        if state.asked_by == asked_by and state.status not in (Status.DONE, Status.FAILED):
            call = admin_calls.sealed_call(run)
            if (call["tool"], call["arguments"]) == (name, admin_calls.tool(name).checked(arguments)):
                return run
    return None


def _session() -> str:
    """Calls are numbered anew in each conversation by some models."""
    return str(get_config().get("configurable", {}).get("thread_id", ""))
