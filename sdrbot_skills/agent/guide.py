"""The guide: a chat model without a network that walks the skill's steps, so that the product works on a fresh machine without a key.

It reads the conversation, decides the next tool call or question, and remembers what it asked in its own message. What it does not understand it
answers with what it can understand; it never guesses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from sdrbot_skills import planning
from sdrbot_skills.agent import asides, plan_words, run_words
from sdrbot_skills.agent import guide_words as words
from sdrbot_skills.agent.admin_grammar import admin_call
from sdrbot_skills.agent.grammar import is_no, is_yes, pick, put_right, read_wish
from sdrbot_skills.agent.guide_after import after_tool
from sdrbot_skills.agent.guide_turns import MORE, PENDING, Pending, call, document_of, remembered, say
from sdrbot_skills.agent.guide_words import Said
from sdrbot_skills.runs import privileged


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


def next_turn(messages: Sequence[BaseMessage]) -> AIMessage:
    """What the guide says or does next."""
    last, pending = messages[-1], remembered(messages, PENDING) or {}
    if isinstance(last, ToolMessage):
        return after_tool(last, pending, _arguments(messages))
    text = str(last.content) if isinstance(last, HumanMessage) else ""
    said = _reply(text, pending, messages)
    if not said.tool_calls and said.additional_kwargs.get(PENDING) == pending and pending:
        said.additional_kwargs.setdefault(MORE, remembered(messages, MORE))  # what was shortened is still on the screen
    return said


def _reply(text: str, pending: Pending, messages: Sequence[BaseMessage]) -> AIMessage:
    word = text.strip().lower().rstrip("?!.")
    if word in {"", "help"}:
        return say(Said(words.HELP), pending)
    if word in {"more", "all"} and (more := remembered(messages, MORE)):
        return say(Said(more), pending)
    if word == "more":
        return say(Said("There is nothing more to that."), pending)
    if word == "status":
        return call("status")
    if named := _OF_A_RUN.fullmatch(text.strip()):
        return call(_STEPS[named[1].lower()], run=named[2])
    mode = privileged.current()
    if asked := admin_call(text, mode.crm if mode else None):
        return say(Said(asked), pending) if isinstance(asked, str) else call(asked[0], **asked[1])
    wish = read_wish(put_right(text)[0])
    if wish.source and wish.target:
        return _reply_to_wish(text, {})
    if (topic := asides.aside(text)) and (said := _reply_to_aside(topic, pending, messages)):
        return said
    if pending.get("kind") in _CHANGEABLE and planning.is_edit(text) and (plan := _plan_of(pending, messages)):
        return call("change_plan", plan=plan, change=text.strip())
    return _REPLIES.get(pending.get("kind", ""), _reply_to_wish)(text, pending)


def _reply_to_aside(topic: str, pending: Pending, messages: Sequence[BaseMessage]) -> AIMessage | None:
    """None where the step itself knows better: `undo` after a run."""
    kind, run = pending.get("kind", ""), pending.get("run")
    if topic == "undo":
        return None if kind in ("pilot", "rest") else say(Said(asides.NOTHING_TO_UNDO), pending)
    if topic == "leave":
        return None if kind in ("pilot", "rest") else say(Said(asides.LEFT))
    if topic == "status":
        return call("status")
    if topic == "held" and run:
        return call("held_back", run=run)
    if topic == "long":
        return say(Said(f"{_forecast(messages)} {asides.still_asked(pending)}".strip()), pending)
    if kind == "question":
        asked = plan_words.ask_question(pending["question"])
        opening = asides.NEXT[kind] if topic != "why" else plan_words.why_asked(pending["question"])
        return say(Said(f"{opening}\n{asked.text}", asked.more), pending)
    return say(Said(f"{asides.NEXT.get(kind, asides.NEXT[''])}\n{asides.still_asked(pending)}".strip()), pending)


def _forecast(messages: Sequence[BaseMessage]) -> str:
    """What the last dry run foretold."""
    for message in reversed(messages):
        document = document_of(message) if isinstance(message, ToolMessage) else {}
        if document.get("forecast"):
            return run_words.how_long(document["forecast"])
    return asides.NOT_KNOWN_YET


def _plan_of(pending: Pending, messages: Sequence[BaseMessage]) -> str | None:
    """The plan that is spoken of: the one asked about, or the last that something was done with."""
    called = [call["args"] for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]
    return pending.get("plan") or next((args["plan"] for args in reversed(called) if "plan" in args), None)


def _arguments(messages: Sequence[BaseMessage]) -> Pending:
    """With what the tool was called that has just answered."""
    asked = next(message for message in reversed(messages) if isinstance(message, AIMessage))
    return asked.tool_calls[0]["args"] if asked.tool_calls else {}


# -- replies to a person --------------------------------------------------------------------------------------------------


def _reply_to_wish(text: str, pending: Pending) -> AIMessage:
    known = pending.get("wish", "")
    text, changed = put_right(text)
    chosen = pick(text, pending.get("choices", [])) or text
    asked = {"from": "from ", "to": "to "}.get(pending.get("asks", ""), "")
    sentence = f"{known} {'' if chosen.lower().startswith(asked) else asked}{chosen}".strip()
    wish = read_wish(sentence)
    if wish == read_wish(known):
        return say(Said(words.NOT_UNDERSTOOD + (pending["question"] if known else words.HELP)), pending)
    told = "".join(f"I read {typed!r} as {meant}. " for typed, meant in changed.items())
    if not (wish.source and wish.target and wish.objects):
        asks, choices, question = plan_words.ask_for_missing(wish)
        waits = {"kind": "wish", "wish": sentence, "asks": asks, "choices": choices, "question": question}
        return say(Said(told + question), waits)
    return call("propose_mapping", told, source=wish.source, target=wish.target, objects=wish.objects, where=wish.where)


def _reply_to_filter(text: str, pending: Pending) -> AIMessage:
    """Another way to say which records, after one that was not understood."""
    if text.strip().lower() in {"all", "every record", "everything", "no filter", "all of them"}:
        return call("propose_mapping", **{**pending["call"], "where": []})
    where = read_wish(f"only {text}").where
    if not where or is_yes(text) or is_no(text):
        return say(Said(plan_words.ANOTHER_FILTER), pending)
    return call("propose_mapping", **{**pending["call"], "where": where})


def _reply_to_question(text: str, pending: Pending) -> AIMessage:
    question = pending["question"]
    if text.strip().lower() in {"back", "go back"} and (before := pending.get("before")):
        return say(plan_words.ask_question(before), {**pending, "question": before, "before": None})
    suggestion = question["suggestion"]
    answer = suggestion if is_yes(text) else pick(text, plan_words.question_choices(question))
    if answer == plan_words.SUGGESTED:
        answer = suggestion
    if answer is None and question["free"] and not is_yes(text) and not text.strip().isdigit():
        answer = text.strip()
    if answer is None:
        asked = plan_words.ask_question(question)
        return say(Said(f"That is none of the answers. {asked.text}", asked.more), pending)
    return call("answer_question", plan=pending["plan"], question=question["id"], answer=answer)


def _reply_to_mapping(text: str, pending: Pending) -> AIMessage:
    word = text.strip().lower()
    if word in {"back", "go back"} and (before := pending.get("before")):
        waits = {"kind": "question", "plan": pending["plan"], "question": before}
        return say(plan_words.ask_question(before), waits)
    if pending["changes"]:
        way = pick(word, ["key", "without"])
        if way == "key":
            return call("prepare_schema_changes", plan=pending["plan"])
        if way == "without":
            return call("leave_out_schema_changes", plan=pending["plan"])
        return say(Said(f"{words.NOT_UNDERSTOOD}{plan_words.KEY_OR_WITHOUT}{words.CHANGE_IT}"), pending)
    if is_yes(text) or word in {"dry run", "dry-run"}:
        return call("dry_run", plan=pending["plan"])
    if is_no(text):
        return say(
            Said(f"Nothing was written. The plan is in {pending['plan']}. `yes` does the dry run; {words.CHANGE_IT}"),
            pending,
        )
    return say(
        Said(
            f"{words.NOT_UNDERSTOOD}`yes` does the dry run, `more` shows every field, `no` leaves it. {words.CHANGE_IT}"
        ),
        pending,
    )


def _reply_to_rehearsal(text: str, pending: Pending) -> AIMessage:
    if is_yes(text):
        return call("request_live_run", run=pending["run"])
    if is_no(text):
        return say(
            Said(
                f"Nothing was written. The dry run is kept as {pending['run']}; say `yes` when you want to approve it."
            ),
            pending,
        )
    return say(
        Said(
            f"{words.NOT_UNDERSTOOD}`yes` shows the approval, `no` leaves it, `more` shows all that was found. {words.CHANGE_IT}"
        ),
        pending,
    )


def _reply_to_pilot(text: str, pending: Pending) -> AIMessage:
    word = text.strip().lower()
    if word.startswith("undo"):
        return call("undo_run", run=pending["run"])
    if is_yes(text):
        return call("continue_run", run=pending["run"])
    return say(
        Said("The pilot stays as it is. Say `continue` to carry the rest, `undo` to take the pilot back, or `status`."),
        pending,
    )


def _reply_to_rest(text: str, pending: Pending) -> AIMessage:
    """After a run that is done, stopped or paused: the person may act on it, or wish for something else."""
    word = text.strip().lower()
    if word in _STEPS:
        return call(_STEPS[word], run=pending["run"])
    return _reply_to_wish(text, {})


_STEPS = {
    "undo": "undo_run",
    "retry": "retry_run",
    "delta": "delta_run",
    "resume": "resume_run",
    "continue": "continue_run",
    "wait": "wait_for_run",
    "report": "verify_run",
}
_OF_A_RUN = re.compile(rf"({'|'.join(_STEPS)}) (?:run )?(\d{{8}}-\d{{6}}-\w+)", re.IGNORECASE)
_CHANGEABLE = ("question", "mapping", "rehearsal")
_REPLIES: dict[str, Callable[[str, Pending], AIMessage]] = {
    "filter": _reply_to_filter,
    "question": _reply_to_question,
    "mapping": _reply_to_mapping,
    "rehearsal": _reply_to_rehearsal,
    "pilot": _reply_to_pilot,
    "rest": _reply_to_rest,
}
