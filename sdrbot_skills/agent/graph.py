"""The conversation as a LangGraph graph: a model, the tools, and interruptions that only the face's own prompt can answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode

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

    The live gate is not in the graph: whoever resumes it says nothing more than "look again", and the tool then reads from the run
    whether a person approved.
    """
    offered = list(tools if tools is not None else workflow_tools(masked=masked))
    bound = model.bind_tools(offered)
    instructions = SystemMessage(skill_text())

    def think(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [bound.invoke([instructions, *_answered(list(state["messages"]))])]}

    def route(state: MessagesState) -> str:
        last = state["messages"][-1]
        return "act" if isinstance(last, AIMessage) and last.tool_calls else END

    graph = StateGraph(MessagesState)
    graph.add_node("think", think)
    graph.add_node("act", ToolNode(offered))
    graph.add_edge(START, "think")
    graph.add_conditional_edges("think", route, ["act", END])
    graph.add_edge("act", "think")
    return graph.compile(checkpointer=checkpointer)


def skill_text() -> str:
    """The skill without its front matter: what a model is told about its work."""
    text = (Path(skill_directory()) / "crm-migration" / "SKILL.md").read_text(encoding="utf-8")
    return text.split("---", 2)[2].strip()


def _answered(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The conversation with every tool call answered, as every provider demands: a call that was cut off is said to be cut off."""
    done = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    whole: list[BaseMessage] = []
    for message in messages:
        whole.append(message)
        if isinstance(message, AIMessage):
            for call in message.tool_calls:
                if call["id"] not in done:
                    whole.append(
                        ToolMessage(
                            "This call was interrupted; ask for the status.",
                            tool_call_id=call["id"],
                            name=call["name"],
                            status="error",
                        )
                    )
    return whole
