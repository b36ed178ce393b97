"""What a chat has kept of a run goes with the run's customer values."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, MessagesState, StateGraph

from sdrbot_skills.agent.chat import saved_sessions
from sdrbot_skills.runs.conversations import SESSIONS, forget_conversations
from sdrbot_skills.runs.directory import create_run, forget
from sdrbot_skills.runs.home import state_directory

CUSTOMER = "Ursula Meier <ursula@example.com>"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def talk(session: str, message: HumanMessage | ToolMessage) -> None:
    """A session as the chat keeps one: a question in full beside the masked text that the model read."""
    with saved_sessions() as saver:
        graph = StateGraph(MessagesState)
        graph.add_node("say", lambda state: {"messages": [AIMessage("noted")]})
        graph.add_edge(START, "say")
        graph.add_edge("say", END)
        config: RunnableConfig = {"configurable": {"thread_id": session}}
        graph.compile(checkpointer=saver).invoke(MessagesState(messages=[message]), config)


def sessions() -> set[str]:
    with sqlite3.connect(state_directory() / SESSIONS) as file:
        found = {row[0] for row in file.execute("SELECT DISTINCT thread_id FROM checkpoints")}
    file.close()
    return found


def test_forget_takes_the_conversations_that_spoke_of_the_run() -> None:
    run = create_run("migrate", source="a", target="b", target_account="B", environment="lab", objects=["contacts"])
    run.update(plan_file="files/plans/mine.yaml")
    told = {"plan": "files/plans/mine.yaml", "questions": [{"text": f"Is {CUSTOMER} the same?"}]}
    talk("planning", ToolMessage("masked", artifact=told, tool_call_id="1"))
    talk("watching", HumanMessage(f"how far is {run.id}? and {CUSTOMER}?"))
    talk("another", HumanMessage("what is connected?"))
    forget(run)
    assert sessions() == {"another"}
    for path in state_directory().glob(f"{SESSIONS}*"):
        assert CUSTOMER.encode() not in path.read_bytes(), path.name


def test_nothing_to_forget_is_fine() -> None:
    assert forget_conversations(["a run"]) == 0
    (state_directory() / SESSIONS).touch()
    assert forget_conversations(["a run"]) == 0
