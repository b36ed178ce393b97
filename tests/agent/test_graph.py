"""The graph with tools of its own: order, interruptions, wrong calls, and what a resume may carry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt

from sdrbot_skills.agent.graph import answered, build_graph, skill_text, waiting_calls
from tests.agent.scripted import ScriptedModel, call, calls

THREAD: Any = {"configurable": {"thread_id": "t"}}


def a_graph(script: Iterator[AIMessage], *tools: BaseTool) -> Any:
    return build_graph(ScriptedModel(messages=script), tools=tools, checkpointer=InMemorySaver())


def said(graph: Any) -> list[str]:
    return [str(message.text) for message in graph.get_state(THREAD).values["messages"]]


def test_calls_of_one_turn_are_carried_out_once_and_in_order_around_an_interruption() -> None:
    done: list[str] = []

    def note(word: str) -> str:
        """Note a word."""
        done.append(word)
        return word

    def ask() -> str:
        """Ask the person."""
        return str(interrupt({"ask": "approve", "run": "r"}))

    script = iter([calls(("note", {"word": "a"}), ("ask", {}), ("note", {"word": "b"})), AIMessage("done")])
    graph = a_graph(script, StructuredTool.from_function(note), StructuredTool.from_function(ask))
    graph.invoke({"messages": [HumanMessage("go")]}, THREAD)
    assert done == ["a"] and graph.get_state(THREAD).interrupts
    graph.invoke(Command(resume="yes"), THREAD)
    assert done == ["a", "b"]
    assert said(graph)[-1] == "done"


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        (call("nosuch"), "no tool 'nosuch'"),
        (call("note"), "was not called: word: Field required"),
        (call("note", word={"a": 1}), "was not called: word"),
    ],
)
def test_a_wrong_call_is_answered_and_not_carried_out(wrong: AIMessage, answer: str) -> None:
    def note(word: str) -> str:
        """Note a word."""
        raise AssertionError("was called")

    graph = a_graph(iter([wrong, AIMessage("I see")]), StructuredTool.from_function(note))
    graph.invoke({"messages": [HumanMessage("go")]}, THREAD)
    assert answer in said(graph)[-2] and said(graph)[-1] == "I see"


def test_ids_used_again_in_a_later_turn_are_calls_of_their_own() -> None:
    done: list[str] = []

    def note(word: str) -> str:
        """Note a word."""
        done.append(word)
        return word

    script = iter([call("note", word="a"), call("note", word="b"), AIMessage("done")])
    a_graph(script, StructuredTool.from_function(note)).invoke({"messages": [HumanMessage("go")]}, THREAD)
    assert done == ["a", "b"]


def test_a_call_that_was_cut_off_is_answered_for_the_provider() -> None:
    messages = [HumanMessage("go"), call("dry_run"), HumanMessage("hello?")]
    assert waiting_calls(messages) == []
    inserted = answered(messages)[2]
    assert isinstance(inserted, ToolMessage) and inserted.status == "error" and "interrupted" in str(inserted.content)


def test_the_model_is_told_the_skill() -> None:
    assert skill_text().startswith("# CRM migration") and "never" in skill_text()
