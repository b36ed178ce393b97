"""The guide: a chat model without a network that walks the skill's steps, so that the product works on a fresh machine without a key.

It reads the conversation, decides the next tool call or question, and remembers what it asked in its own message. What it does not understand it
answers with what it can understand; it never guesses.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from sdrbot_skills.agent.grammar import is_no, is_yes, pick, read_wish
from sdrbot_skills.agent.guide_words import (
    HELP,
    ask_for_missing,
    ask_question,
    tell_dry_run,
    tell_error,
    tell_mapping,
    tell_pilot,
    tell_report,
    tell_schema,
)

PENDING = "guide_waits_for"


class GuideModel(BaseChatModel):
    """A deterministic chat model; bind it to the workflow tools like any other."""

    @property
    def _llm_type(self) -> str:
        return "crm-migrate-guide"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> GuideModel:
        """The guide knows the workflow tools by name; there is nothing to bind."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=next_turn(messages))])


def next_turn(messages: list[BaseMessage]) -> AIMessage:
    """What the guide says or does next."""
    last = messages[-1]
    if isinstance(last, ToolMessage):
        return _after_tool(last, _document(last))
    if not isinstance(last, HumanMessage):
        return _say(HELP)
    text = str(last.content)
    if text.strip().lower() in {"help", "?"}:
        return _say(HELP, _pending(messages))
    pending = _pending(messages)
    wish = read_wish(text)
    if wish.source and wish.target:
        pending = {}
    return _REPLIES.get(pending.get("kind", ""), _reply_to_wish)(text, pending)


# -- replies to a person --------------------------------------------------------------------------------------------------


def _reply_to_wish(text: str, pending: dict[str, Any]) -> AIMessage:
    known = pending.get("wish", "")
    sentence = f"{known} {text}".strip()
    wish = read_wish(sentence)
    bare = read_wish(f"from {text}") if not wish.source else read_wish(f"to {text}")
    if known and (not wish.source or not wish.target):
        sentence = f"{known} {'from' if not wish.source else 'to'} {text}"
        wish = wish.merged(bare)
    if not (wish.source or wish.target or wish.objects):
        return _say(HELP)
    if not (wish.source and wish.target and wish.objects):
        return _say(ask_for_missing(wish), {"kind": "wish", "wish": sentence})
    return _call("propose_mapping", source=wish.source, target=wish.target, objects=wish.objects, where=wish.where)


def _reply_to_question(text: str, pending: dict[str, Any]) -> AIMessage:
    question = pending["question"]
    choices = list(question["choices"])
    answer = question["suggestion"] if is_yes(text) and question["suggestion"] else pick(text, choices)
    if answer is None and question["free"] and text.strip():
        answer = text.strip()
    if answer is None:
        return _say("That is none of the answers. " + ask_question(question), pending)
    return _call("answer_question", plan=pending["plan"], question=question["id"], answer=answer)


def _reply_to_mapping(text: str, pending: dict[str, Any]) -> AIMessage:
    if text.strip().lower() in {"key", "with key", "migration key"}:
        return _call("prepare_schema_changes", plan=pending["plan"])
    if is_yes(text) or text.strip().lower() in {"dry run", "dry-run"}:
        return _call("dry_run", plan=pending["plan"])
    if is_no(text):
        return _say(
            f"Nothing was changed. The plan is in {pending['plan']}; edit it and say `yes` for the dry run.", pending
        )
    return _say("Say `yes` for the dry run, `key` to make the migration key first, or `no`.", pending)


def _reply_to_rehearsal(text: str, pending: dict[str, Any]) -> AIMessage:
    if is_yes(text):
        return _call("request_live_run", run=pending["run"])
    if is_no(text):
        return _say(
            f"Nothing was written. The dry run is kept as {pending['run']}; say `yes` when you want to approve it.",
            pending,
        )
    return _say("Say `yes` to see the approval, or `no` to leave it.", pending)


def _reply_to_pilot(text: str, pending: dict[str, Any]) -> AIMessage:
    if text.strip().lower().startswith("undo"):
        return _call("undo_run", run=pending["run"])
    if is_yes(text):
        return _call("continue_run", run=pending["run"])
    return _say(
        "The pilot stays as it is. Say `continue` to carry the rest, or `undo` to take the pilot back.", pending
    )


_REPLIES: dict[str, Callable[[str, dict[str, Any]], AIMessage]] = {
    "question": _reply_to_question,
    "mapping": _reply_to_mapping,
    "rehearsal": _reply_to_rehearsal,
    "pilot": _reply_to_pilot,
}


# -- after a tool ---------------------------------------------------------------------------------------------------------


def _after_tool(message: ToolMessage, document: dict[str, Any]) -> AIMessage:
    if "error" in document:
        return _say(tell_error(document["error"]))
    after = _NEXT.get(message.name or "")
    return after(document) if after else _say(HELP)


def _after_plan(document: dict[str, Any]) -> AIMessage:
    if document["questions"]:
        question = document["questions"][0]
        return _say(ask_question(question), {"kind": "question", "plan": document["plan"], "question": question})
    return _say(tell_mapping(document), {"kind": "mapping", "plan": document["plan"]})


def _after_dry_run(document: dict[str, Any]) -> AIMessage:
    return _say(tell_dry_run(document), {"kind": "rehearsal", "run": document["run"]})


def _after_request(document: dict[str, Any]) -> AIMessage:
    if document["started"]:
        return _call("wait_for_run", run=document["run"])
    return _say(
        "Not approved, so nothing was written. Say `yes` to see the approval again.",
        {"kind": "rehearsal", "run": document["run"]},
    )


def _after_continue(document: dict[str, Any]) -> AIMessage:
    if document["continued"]:
        return _call("wait_for_run", run=document["run"])
    return _say("The pilot stays as it is. Say `continue` or `undo`.", {"kind": "pilot", "run": document["run"]})


def _after_wait(document: dict[str, Any]) -> AIMessage:
    if document["status"] == "pilot_done":
        return _say(tell_pilot(document), {"kind": "pilot", "run": document["run"]})
    if document["status"] == "done" and document["kind"] in ("migrate", "retry"):
        return _call("verify_run", run=document["run"])
    if document["status"] == "done" and document["kind"] == "schema":
        return _say(tell_schema(document), {"kind": "mapping", "plan": document["plan"]})
    return _say(f"Run {document['run']}: {document['state']}.")


_NEXT: dict[str, Callable[[dict[str, Any]], AIMessage]] = {
    "propose_mapping": _after_plan,
    "answer_question": _after_plan,
    "prepare_schema_changes": lambda document: _call("request_live_run", run=document["run"]),
    "dry_run": _after_dry_run,
    "request_live_run": _after_request,
    "continue_run": _after_continue,
    "wait_for_run": _after_wait,
    "verify_run": lambda document: _call("report_run", run=document["run"]),
    "report_run": lambda document: _say(tell_report(document)),
    "undo_run": lambda document: _call("request_live_run", run=document["run"]),
}


def _pending(messages: list[BaseMessage]) -> dict[str, Any]:
    for message in reversed(messages):
        if isinstance(message, AIMessage) and not message.tool_calls:
            return dict(message.additional_kwargs.get(PENDING, {}))
    return {}


def _document(message: ToolMessage) -> dict[str, Any]:
    """The tool's full document where the message carries it; its text otherwise."""
    found = message.artifact if message.artifact is not None else message.content
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except ValueError:
            return {"error": {"message": found}}
    return found if isinstance(found, dict) else {}


def _say(text: str, pending: dict[str, Any] | None = None) -> AIMessage:
    return AIMessage(content=text, additional_kwargs={PENDING: pending} if pending else {})


def _call(tool: str, **arguments: Any) -> AIMessage:
    return AIMessage(content="", tool_calls=[{"name": tool, "args": arguments, "id": f"guide-{uuid.uuid4().hex[:12]}"}])
