"""Admin tools in the conversation: there while privileged mode is on, gone when it is off, and nothing changes before the person says so."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from rich.console import Console
from typer.testing import CliRunner, Result

from sdrbot_skills import lab
from sdrbot_skills.agent import admin_tools
from sdrbot_skills.agent.conversation import Conversation
from sdrbot_skills.agent.graph import build_graph
from sdrbot_skills.agent.guide import GuideModel
from sdrbot_skills.cli import app
from sdrbot_skills.crm import registry
from sdrbot_skills.errors import ConfigurationError, Refused, SchemaDrift
from sdrbot_skills.model.schema import Account, Environment
from sdrbot_skills.runs import admin_calls, approving, going, privileged
from sdrbot_skills.runs.directory import all_runs, open_run
from sdrbot_skills.runs.state import Status
from tests.agent.scripted import ScriptedModel, call, calls
from tests.runs.at_once import at_once

THREAD: Any = {"configurable": {"thread_id": "t"}, "recursion_limit": 200}
TIER = {
    "object_type": "contacts",
    "name": "tier",
    "label": "Tier",
    "property_type": "enumeration",
    "field_type": "select",
    "options": "Gold, Silver",
}
EVERY_TOOL = [name for crm in registry.crm_names() for name in registry.admin_toolbox(crm).tools]


@pytest.fixture(scope="module")
def emulator() -> Iterator[lab.Emulator]:
    with lab.running("hubspot", search_lag=0.0) as running:
        yield running


@pytest.fixture
def hubspot(emulator: lab.Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> lab.Emulator:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".data"))
    for name, value in emulator.env.items():
        monkeypatch.setenv(name, value)
    emulator.reset()
    return emulator


def property_of(emulator: lab.Emulator, name: str) -> int:
    """The status that the emulator itself answers for a property of contacts."""
    headers = {"Authorization": f"Bearer {emulator.env['HUBSPOT_ACCESS_TOKEN']}"}
    return httpx.get(
        f"{emulator.base_url}/crm/v3/properties/contacts/{name}", headers=headers, trust_env=False
    ).status_code


def switch_on(emulator: lab.Emulator) -> None:
    account = Account(
        crm="hubspot", id=emulator.account["id"], name=emulator.account["name"], environment=Environment.LAB
    )
    privileged.switch_on("hubspot", account)


def test_off_no_tool_is_offered_and_every_one_is_refused(hubspot: lab.Emulator) -> None:
    model = ScriptedModel(messages=iter([calls(*((name, {}) for name in EVERY_TOOL)), AIMessage("I may not.")]))
    messages = build_graph(model).invoke({"messages": [HumanMessage("go")]}, {"recursion_limit": 1000})["messages"]
    answers = [message for message in messages if isinstance(message, ToolMessage)]
    assert len(answers) == len(EVERY_TOOL) > 80
    assert all(one.status == "error" and "privileged mode only" in str(one.content) for one in answers)
    assert not set(model.bound) & set(EVERY_TOOL)
    for name in EVERY_TOOL:
        with pytest.raises(Refused, match="/setup privileged"):
            admin_calls.tool(name)
    assert list(all_runs()) == []


def test_on_only_the_tools_of_that_account_are_there(hubspot: lab.Emulator) -> None:
    switch_on(hubspot)
    offered = {tool.name for tool in admin_tools.tools()}
    assert offered == {name for name in EVERY_TOOL if name.startswith("hubspot_admin_")}
    assert "another CRM" in str(admin_tools.why_not("salesforce_admin_list_users"))
    assert admin_tools.why_not("hubspot_admin_list_owners") is None
    privileged.switch_on("hubspot", Account(crm="hubspot", id="another", name="Other", environment=Environment.LAB))
    with pytest.raises(Refused) as refused:
        admin_calls.look("hubspot_admin_list_objects", {})
    assert refused.value.code == "privileged_mode_off", "the account that answers is not the one it is on for"


def plays() -> Iterator[AIMessage]:
    yield call("hubspot_admin_list_owners", include_archived=True)
    yield call("hubspot_admin_create_property", **TIER)
    yield AIMessage("They did not approve.")
    yield call("hubspot_admin_create_property", **TIER)
    yield call("hubspot_admin_create_property", **TIER | {"name": "other", "kind": "x"})
    yield AIMessage("Done.")
    yield call("hubspot_admin_create_property", **TIER)
    yield AIMessage("It is gone.")


def test_a_model_changes_the_schema_only_through_the_persons_prompt(
    hubspot: lab.Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_on(hubspot)
    model = ScriptedModel(messages=plays())
    graph = build_graph(model, checkpointer=InMemorySaver())
    graph.invoke({"messages": [HumanMessage("make a tier")]}, THREAD)
    (run,) = all_runs()
    assert graph.get_state(THREAD).interrupts[0].value == {"ask": "approve", "run": run.id}
    graph.invoke(Command(resume={"decisions": [{"type": "approve"}]}), THREAD)
    assert run.state().status == Status.REHEARSED and property_of(hubspot, "tier") == 404
    owners = artifacts(graph)[0]["found"]
    assert owners and not [one for one in owners if one["email"] in "".join(model.shown)], "people are masked"

    graph.invoke({"messages": [HumanMessage("again")]}, THREAD)
    shown = approve_as_the_person(run.id, hubspot.account["name"], monkeypatch)
    assert "Makes the property Tier (tier, enumeration/select) of contacts." in shown
    assert "sends POST /crm/v3/properties/contacts" in shown and "hubspot_admin_delete_property" in shown
    graph.invoke(Command(resume="look again"), THREAD)
    assert property_of(hubspot, "tier") == 200 and run.state().status == Status.DONE
    messages = graph.get_state(THREAD).values["messages"]
    made = next(one for one in artifacts(graph) if one.get("done"))
    assert made["done"] and [option["value"] for option in made["result"]["options"]] == ["Gold", "Silver"]
    wrong = [str(one.content) for one in messages if isinstance(one, ToolMessage)][-1]
    assert "kind" in wrong and "hubspot_admin_create_property was not called" in wrong
    assert [run.state().status for run in all_runs()] == [Status.DONE], "the call with a wrong parameter left nothing"

    privileged.switch_off()
    graph.invoke({"messages": [HumanMessage("and now?")]}, THREAD)
    assert "hubspot_admin_create_property" not in model.bound
    assert "privileged mode only" in str(graph.get_state(THREAD).values["messages"][-2].content)


def test_what_changed_meanwhile_is_not_sent(hubspot: lab.Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_on(hubspot)
    where = {"object_type": "contacts", "property_name": "hs_lead_status"}
    run = admin_calls.prepare("hubspot_admin_add_options", {**where, "options": "FAIR"})
    approve_as_the_person(run.id, hubspot.account["name"], monkeypatch)
    headers = {"Authorization": f"Bearer {hubspot.env['HUBSPOT_ACCESS_TOKEN']}"}
    options = [{"label": "New", "value": "NEW"}, {"label": "Added meanwhile", "value": "MEANWHILE"}]
    url = f"{hubspot.base_url}/crm/v3/properties/contacts/hs_lead_status"
    httpx.patch(url, json={"options": options}, headers=headers, trust_env=False).raise_for_status()
    monkeypatch.setattr(going, "beginning", at_once)
    with pytest.raises(SchemaDrift, match="the account changed since"):
        going.start(run)
    assert run.state().status == Status.FAILED
    left = httpx.get(url, headers=headers, trust_env=False).json()["options"]
    assert [option["value"] for option in left] == ["NEW", "MEANWHILE"]


def test_the_guide_takes_a_request_in_words_through_the_chat(
    hubspot: lab.Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    graph = build_graph(GuideModel(), checkpointer=InMemorySaver())
    talk = Conversation(graph, "t", Console(file=screen, width=300), masked=False)
    monkeypatch.setattr(going, "beginning", at_once)
    account = hubspot.account["name"]
    typed = [
        "somebody else",
        account,
        "",
        account,
        account,
    ]  # the mode, no and yes; the change, no and yes; its undoing
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(typed) + "\n"))
    create = "create field Customer tier of contacts as choice with Gold, Silver"
    assert talk.turn(create) and "privileged mode only" not in told(screen), "without a CRM it is no request"
    assert talk.turn(f"{create} in hubspot")
    assert "is there in privileged mode only" in told(screen)
    assert talk.turn("/setup privileged") and "stays off" in told(screen) and privileged.current() is None
    assert talk.turn("/setup privileged hubspot")
    assert f"Privileged mode is for {account} (hubspot, account {hubspot.account['id']}, lab) alone" in told(screen)
    assert talk.turn("list fields of contacts")
    assert "found:" in (said := told(screen)) and f"PRIVILEGED MODE for {account}" in said
    assert talk.turn(create) and "did not approve" in told(screen) and property_of(hubspot, "customer_tier") == 404
    assert talk.turn(create) and "Done. Makes the property Customer tier" in told(screen)
    assert property_of(hubspot, "customer_tier") == 200
    assert talk.turn("undo")
    assert "TAKES SOMETHING AWAY: Removes the property Customer tier" in (said := told(screen)) and "done." in said
    assert property_of(hubspot, "customer_tier") == 404
    mode = privileged.current()
    assert mode is not None
    ended = mode.model_copy(update={"until": 1.0})
    (Path(".crm-migrate") / "privileged.json").write_text(ended.model_dump_json())
    monkeypatch.setattr(talk, "_mode", ended)
    assert talk.turn("list owners in hubspot")
    assert "has run out" in (said := told(screen)) and "privileged mode only" in said
    assert talk.turn("/setup standard")


def test_the_command_line_looks_and_asks(hubspot: lab.Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def admin(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, ["admin", *words], input=typed)

    monkeypatch.setattr(going, "beginning", at_once)
    off = admin()
    assert isinstance(off.exception, Refused) and "setup --privileged" in str(off.exception)
    switch_on(hubspot)
    assert "hubspot_admin_create_pipeline" in admin("--json").stdout
    assert "companyinformation" in admin("hubspot_admin_list_property_groups", "object_type=companies").stdout
    wrong = admin("hubspot_admin_get_property", "object_type")
    assert isinstance(wrong.exception, ConfigurationError) and "KEY=VALUE" in str(wrong.exception)
    pairs = [f"{key}={value}" for key, value in TIER.items()]
    done = admin("hubspot_admin_create_property", *pairs, "--json", typed=f"{hubspot.account['name']}\n")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["result"]["label"] == "Tier"
    assert property_of(hubspot, "tier") == 200


def test_a_long_list_is_told_whole_by_name() -> None:
    entries = [{"name": f"property_{n}", "label": f"Property {n}", "unique": False, "options": 0} for n in range(400)]
    told = admin_tools.fitted({"found": entries})
    assert len(json.dumps(told)) < 14_000 and told["of"] == 400
    assert told["found"][0] == {"name": "property_0", "label": "Property 0"}
    assert len(told["found"]) + len(told["only_named"].split()) == 400
    assert admin_tools.fitted({"found": entries[:3]}) == {"found": entries[:3]}


def told(screen: io.StringIO) -> str:
    """What came on the screen since this was asked before."""
    text = screen.getvalue()
    screen.seek(0)
    screen.truncate()
    return text


def artifacts(graph: Any) -> list[Any]:
    """What the tools answered in full."""
    messages = graph.get_state(THREAD).values["messages"]
    return [message.artifact for message in messages if getattr(message, "artifact", None)]


def approve_as_the_person(run_id: str, account: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{account}\n"))
    screen = io.StringIO()
    approving.approve(open_run(run_id), console=Console(file=screen, width=400), channel="chat")
    return screen.getvalue()
