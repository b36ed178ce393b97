"""The conversation as a LangGraph graph: a model, the tools, and interruptions that only the face's own prompt can answer."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from pydantic import ValidationError

from sdrbot_skills.agent import admin_tools
from sdrbot_skills.agent.workflow import tools as workflow_tools
from sdrbot_skills.resources import skill_directory

Graph = CompiledStateGraph[Any, Any, Any, Any]


def build_graph(
    model: BaseChatModel,
    *,
    tools: Sequence[BaseTool] | None = None,
    masked: bool = True,
    checkpointer: BaseCheckpointSaver[Any] | None = None,
) -> Graph:
    """The graph of one conversation: `model` may be any LangChain chat model that can call tools, or the guide.

    Tool calls are carried out one after the other, each in a step (and checkpoint) of its own: where one asks the person, those before it are
    not repeated. The live gate is not in the graph: whoever resumes it says nothing more than "look again", and the tool then reads from
    the run whether a person approved.

    Admin tools come and go with privileged mode, so they are looked up at every turn; `tools` instead of the workflow's leaves them out.
    """
    fixed = list(tools if tools is not None else workflow_tools(masked=masked))

    def offered() -> list[BaseTool]:
        return fixed if tools is not None else [*fixed, *admin_tools.tools(masked=masked)]

    instructions = SystemMessage(skill_text())

    def think(state: MessagesState) -> dict[str, list[BaseMessage]]:
        bound = model.bind_tools(offered())
        return {"messages": [bound.invoke([instructions, *answered(state["messages"])])]}

    def act(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [_carry_out(offered(), waiting_calls(state["messages"])[0])]}

    def after_think(state: MessagesState) -> str:
        return "act" if waiting_calls(state["messages"]) else END

    def after_act(state: MessagesState) -> str:
        return "act" if waiting_calls(state["messages"]) else "think"

    graph = StateGraph(MessagesState)
    graph.add_node("think", think)
    graph.add_node("act", act)
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", after_think, ["act", END])
    graph.add_conditional_edges("act", after_act, ["act", "think"])
    return graph.compile(checkpointer=checkpointer)


def skill_text() -> str:
    """The skill without its front matter: what a model is told about its work."""
    text = (Path(skill_directory()) / "crm-migration" / "SKILL.md").read_text(encoding="utf-8")
    return text.split("---", 2)[2].strip()


def waiting_calls(messages: Sequence[BaseMessage]) -> list[ToolCall]:
    """The calls of the model's last turn that have no answer yet, in its order."""
    last = next(
        (index for index in reversed(range(len(messages))) if not isinstance(messages[index], ToolMessage)), None
    )
    return _unanswered(messages, last) if last is not None else []


def answered(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The conversation with every tool call answered, as every provider demands: a call that was cut off is said to be cut off."""
    whole: list[BaseMessage] = []
    for index, message in enumerate(messages):
        whole.append(message)
        for call in _unanswered(messages, index):
            whole.append(_failed(call, "This call was interrupted; ask for the status."))
    return whole


def _unanswered(messages: Sequence[BaseMessage], index: int) -> list[ToolCall]:
    """The calls of one message that the messages right after it do not answer."""
    message = messages[index]
    if not isinstance(message, AIMessage):
        return []
    answers = itertools.takewhile(lambda one: isinstance(one, ToolMessage), messages[index + 1 :])
    done = {one.tool_call_id for one in answers if isinstance(one, ToolMessage)}
    return [call for call in message.tool_calls if call["id"] not in done]


def _carry_out(tools: Sequence[BaseTool], call: ToolCall) -> ToolMessage:
    tool = next((one for one in tools if one.name == call["name"]), None)
    if tool is None:
        names = ", ".join(one.name for one in tools)
        why = admin_tools.why_not(call["name"]) or f"There is no tool {call['name']!r}. There are: {names}."
        return _failed(call, why)
    try:
        message: ToolMessage = tool.invoke({**call, "type": "tool_call"})
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return _failed(call, f"{call['name']} was not called: {problems}")
    return message


def _failed(call: ToolCall, text: str) -> ToolMessage:
    return ToolMessage(text, tool_call_id=call["id"] or "", name=call["name"], status="error")
