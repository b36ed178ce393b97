"""A model that calls tools leads a whole migration: only the person's own prompt lets anything be written, and no customer's value reaches it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Command
from rich.console import Console

from sdrbot_skills.agent.graph import build_graph
from sdrbot_skills.runs import approving
from sdrbot_skills.runs.directory import all_runs, open_run
from sdrbot_skills.runs.state import Status
from tests.agent.conftest import CONTACTS, PLANTED, Practice
from tests.agent.scripted import ScriptedModel, call, calls

THREAD: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 200}
LOOK = """
import sys
from sdrbot_skills.auth.hubspot import get_client
for contact in get_client().crm.contacts.basic_api.get_page(limit=100, properties=["email", "lastname"]).results:
    print(contact.properties)
    with open("rows.txt", "a") as kept: kept.write(str(contact.properties))
    raise ValueError(contact.properties["lastname"])
"""
JUNK = [{"decisions": [{"type": "approve"}]}, "approve", ["approve", True], 1, {"type": "edit", "args": {"run": "x"}}]


def plays(model_box: list[ScriptedModel]) -> Iterator[AIMessage]:
    """The script: what it does next depends on what it was told."""

    def told() -> Any:
        return model_box[0].answer()

    yield call("status")
    yield call("discover_schema", connection="hubspot", object_name="contacts")
    yield call("propose_mapping", source="hubspot", target="salesforce", objects=["companies", "contacts"])
    plan = told()["plan"]
    while questions := told()["questions"]:
        choice = "suggested" if questions[0]["suggestion"] else next(iter(questions[0]["choices"]))
        yield call("answer_question", plan=plan, question=questions[0]["id"], answer=choice)
    yield call("prepare_schema_changes", plan=plan)
    yield call("leave_out_schema_changes", plan=plan)
    yield calls(("check_plan", {"plan": plan}), ("render_script", {"plan": plan}))
    yield calls(("read_file", {"path": "files/migration.py"}), ("read_file", {"path": plan}), ("list_files", {}))
    yield call("write_file", path="files/look.py", text=LOOK)
    yield call("execute_python", path="files/look.py")
    yield call("read_file", path="files/output/1/rows.txt")
    yield call("dry_run", plan=plan)
    run = told()["run"]
    for _ in JUNK:
        yield calls(("request_live_run", {"run": run}), ("request_live_run", {"run": run, "pilot": 1}))
        yield AIMessage("They did not approve.")
    yield call("request_live_run", run=run)
    yield call("wait_for_run", run=run)
    yield call("continue_run", run=run)
    yield AIMessage("They want to wait.")
    yield call("continue_run", run=run)
    yield call("wait_for_run", run=run)
    yield calls(("verify_run", {"run": run}), ("report_run", {"run": run}), ("retry_run", {"run": run}), ("status", {}))
    yield calls(
        *(("read_file", {"path": f"files/migrations/{run}/{name}"}) for name in ("report.json", "dry-run.json"))
    )
    yield AIMessage("All is proven.")


def approve_as_the_person(run_id: str, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{account}\n"))
    approving.approve(open_run(run_id), console=Console(file=io.StringIO()), channel="chat")


def test_a_whole_migration(practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box: list[ScriptedModel] = []
    box.append(ScriptedModel(messages=plays(box)))
    with SqliteSaver.from_conn_string(str(tmp_path / "sessions.sqlite")) as saver:
        graph = build_graph(box[0], checkpointer=saver)
        graph.invoke({"messages": [HumanMessage("migrate contacts and companies")]}, THREAD)
        run = next(run for run in all_runs())
        assert waits_for(graph) == {"ask": "approve", "run": run.id}
        for junk in JUNK:
            resume(graph, junk)
            resume(graph, junk)
            assert run.state().status == Status.REHEARSED and practice.leads_and_contacts() == []
            graph.invoke({"messages": [HumanMessage("ask again")]}, THREAD)
        approve_as_the_person(run.id, practice.account, monkeypatch)
        resume(graph, "look again")
        assert waits_for(graph) == {"ask": "continue", "run": run.id}
        resume(graph, "yes please")
        assert run.state().status == Status.PILOT_DONE
        graph.invoke({"messages": [HumanMessage("go on")]}, THREAD)
        resume(graph, True)
        messages = graph.get_state(THREAD).values["messages"]
    assert str(messages[-1].content) == "All is proven."
    assert run.state().status == Status.DONE
    assert run.state().verified == {"lost": 0, "duplicated": 0, "mismatched": 0, "links_missing": 0, "checked": 10}
    assert practice.leads_and_contacts() == sorted(row["lastname"] for row in CONTACTS[:-1])
    shown = "\n".join(box[0].shown).casefold()
    assert [word for word in PLANTED if word in shown] == []
    printed = next(message.artifact for message in messages if getattr(message, "name", "") == "execute_python")
    assert "ValueError: " in printed["message"] and "Wolfeschlegel" in printed["message"], "the person may see it"
    assert "valueerror: xxxxx" in shown, "the model was shown its shape"
    assert "the person switches it on" in shown and "privileged_mode_off" in shown


def waits_for(graph: Any) -> Any:
    return graph.get_state(THREAD).interrupts[0].value


def resume(graph: Any, value: Any) -> None:
    graph.invoke(Command(resume=value), THREAD)
