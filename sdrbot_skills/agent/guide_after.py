"""What the guide does after a tool has answered: tells of it, asks what comes next, or takes the next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage

from sdrbot_skills.agent import asides, plan_words, run_words
from sdrbot_skills.agent import guide_words as words
from sdrbot_skills.agent.admin_words import tell_admin
from sdrbot_skills.agent.guide_turns import Pending, call, document_of, say
from sdrbot_skills.agent.guide_words import Said
from sdrbot_skills.crm.admintools import crm_of


def after_tool(message: ToolMessage, pending: Pending, arguments: Pending) -> AIMessage:
    """What is said or done next. `arguments`: with what the tool was called; `pending`: what the person had been asked before."""
    document = document_of(message)
    if "error" in document:
        return _after_error(document["error"], message.name or "", pending, arguments)
    if message.name == "held_back":
        return say(run_words.tell_held(document, live=pending.get("kind") != "rehearsal"), pending)
    if crm_of(message.name or ""):
        return _after_admin(document, pending)
    if message.name in _GIVE_A_PLAN:
        return _after_plan(document, pending.get("question") if message.name == "answer_question" else None)
    after = _NEXT.get(message.name or "")
    return after(document) if after else say(Said(words.HELP), pending)


def _after_error(error: dict[str, Any], tool: str, pending: Pending, arguments: Pending) -> AIMessage:
    """What went wrong, and what was asked stays asked; a filter that was not understood may be said in another way."""
    told = words.tell_error(error)
    if tool == "propose_mapping" and arguments.get("where"):
        return say(Said(f"{told.text}\n{plan_words.ANOTHER_FILTER}"), {"kind": "filter", "call": arguments})
    if tool == "answer_question" and pending.get("kind") == "question":
        asked = plan_words.ask_question(pending["question"])
        return say(Said(f"{told.text}\n{asked.text}", asked.more), pending)
    closing = asides.still_asked(pending)
    return say(Said(f"{told.text}\n{closing}".strip(), told.more), pending)


def _after_admin(document: dict[str, Any], pending: Pending) -> AIMessage:
    """A look or a change in between: what was asked before it stays asked. Where nothing was, `undo` is about the change."""
    told = tell_admin(document)
    if not document.get("done") or pending.get("kind") in _STAYS_ASKED:
        closing = asides.still_asked(pending) if document.get("done") else ""
        return say(Said(f"{told.text}\n{closing}".strip(), told.more), pending)
    return say(told, {"kind": "rest", "run": document["run"]})


def _after_plan(document: dict[str, Any], before: dict[str, Any] | None) -> AIMessage:
    """`before`: the question that was just answered, which `back` asks again."""
    questions = document["questions"]
    if questions:
        waits = {"kind": "question", "plan": document["plan"], "question": questions[0], "before": before}
        return say(plan_words.tell_first(document, plan_words.ask_question(questions[0], len(questions))), waits)
    waits = {
        "kind": "mapping",
        "plan": document["plan"],
        "changes": bool(document["schema_changes"]),
        "before": before,
    }
    return say(plan_words.tell_first(document, plan_words.tell_mapping(document)), waits)


def _after_dry_run(document: dict[str, Any]) -> AIMessage:
    return say(run_words.tell_dry_run(document), {"kind": "rehearsal", "run": document["run"]})


def _after_request(document: dict[str, Any]) -> AIMessage:
    if document["started"]:
        return call("wait_for_run", run=document["run"])
    waits = {"kind": "rehearsal", "run": document["run"]}
    return say(Said("Not approved, so nothing was written. Say `yes` to see the approval again."), waits)


def _after_continue(document: dict[str, Any]) -> AIMessage:
    if document["continued"]:
        return call("wait_for_run", run=document["run"])
    return say(Said("The pilot stays as it is. Say `continue` or `undo`."), {"kind": "pilot", "run": document["run"]})


def _after_wait(document: dict[str, Any]) -> AIMessage:
    status, kind, run = document["status"], document["kind"], document["run"]
    if not document["at_rest"]:
        return call("wait_for_run", run_words.tell_waiting(document), run=run)
    if status == "pilot_done":
        return say(run_words.tell_pilot(document), {"kind": "pilot", "run": run})
    if status != "done":
        return say(run_words.tell_stopped(document), {"kind": "rest", "run": run})
    if kind == "schema" and not document["plan"]:
        return say(Said(f"{run}: {document['state']}."))
    if kind == "schema":
        return say(plan_words.tell_schema(), {"kind": "mapping", "plan": document["plan"], "changes": False})
    if kind == "undo":
        return say(run_words.tell_undone(document))
    return call("verify_run", run=run)


def _after_status(document: dict[str, Any]) -> AIMessage:
    """What the latest run waits for is what the next answer is about."""
    said = run_words.tell_status(document)
    if not document["runs"]:
        return say(said)
    last = document["runs"][-1]
    kind = {"rehearsed": "rehearsal", "approved": "rehearsal", "pilot_done": "pilot"}.get(last["status"], "rest")
    return say(said, {"kind": kind, "run": last["run"]})


def _ask_for_approval(document: dict[str, Any]) -> AIMessage:
    return call("request_live_run", run=document["run"])


_STAYS_ASKED = ("wish", "filter", "question", "mapping", "rehearsal")
_GIVE_A_PLAN = ("propose_mapping", "answer_question", "change_plan", "leave_out_schema_changes")
_NEXT: dict[str, Callable[[dict[str, Any]], AIMessage]] = {
    "prepare_schema_changes": _ask_for_approval,
    "dry_run": _after_dry_run,
    "retry_run": _after_dry_run,
    "delta_run": _after_dry_run,
    "request_live_run": _after_request,
    "continue_run": _after_continue,
    "resume_run": lambda document: call("wait_for_run", run=document["run"]),
    "wait_for_run": _after_wait,
    "verify_run": lambda document: call("report_run", run=document["run"]),
    "report_run": lambda document: say(run_words.tell_report(document), {"kind": "rest", "run": document["run"]}),
    "undo_run": _ask_for_approval,
    "status": _after_status,
}
