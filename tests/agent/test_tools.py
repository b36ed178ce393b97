"""What the tools offer a model, and what they do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdrbot_skills.agent.workflow import LONGEST, tools
from sdrbot_skills.runs import going
from sdrbot_skills.runs.directory import RunDirectory, create_run
from sdrbot_skills.runs.state import Status

FORBIDDEN = (
    "approv",
    "live",
    "mode",
    "sandbox",
    "unsafe",
    "force",
    "confirm",
    "passphrase",
    "credential",
    "token",
    "mask",
)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)


def test_no_parameter_approves_goes_live_or_opens_the_sandbox() -> None:
    offered = {tool.name: tool.get_input_jsonschema().get("properties", {}) for tool in tools()}
    assert len(offered) >= 20
    for name, parameters in offered.items():
        for parameter in parameters:
            assert not any(word in parameter.lower() for word in FORBIDDEN), f"{name}({parameter})"
    names = set(offered)
    assert not {"approve", "approve_run", "live", "shell", "bash"} & names


def test_a_pilot_cannot_be_left_out() -> None:
    schema = next(tool for tool in tools() if tool.name == "request_live_run").get_input_jsonschema()
    assert schema["properties"]["pilot"] == {
        "default": 20,
        "maximum": 200,
        "minimum": 1,
        "title": "Pilot",
        "type": "integer",
    }


def test_every_tool_says_what_it_is_for() -> None:
    for tool in tools():
        assert len(tool.description) > 20, tool.name


def answer(name: str, **arguments: object) -> str:
    tool = next(tool for tool in tools() if tool.name == name)
    return str(tool.invoke({"name": name, "args": arguments, "id": "1", "type": "tool_call"}).content)


def test_a_failure_is_an_answer() -> None:
    assert "There is no run" in json.loads(answer("wait_for_run", run="nosuch"))["error"]["message"]
    assert json.loads(answer("read_file", path=".env"))["error"]["code"] == "outside_workspace"
    assert json.loads(answer("execute_python", path="files/none.py"))["error"]["kind"] == "ConfigurationError"


def test_an_answer_is_bounded() -> None:
    Path("files").mkdir()
    for number in range(400):
        Path(f"files/{'n' * 60}-{number}").touch()
    assert len(answer("list_files")) < LONGEST + 100


def a_run(status: Status) -> RunDirectory:
    run = create_run(
        "migrate", source="hubspot", target="salesforce", target_account="Acme", environment="lab", objects=["contacts"]
    )
    run.move(status)
    return run


@pytest.mark.parametrize("status", [Status.RUNNING, Status.PILOT_DONE, Status.PAUSED, Status.DONE])
def test_a_run_that_was_started_is_not_started_again(status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(going, "start", lambda *_, **__: pytest.fail("started twice"))
    assert json.loads(answer("request_live_run", run=a_run(status).id))["started"] is True


@pytest.mark.parametrize("status", [Status.PREPARED, Status.FAILED])
def test_a_run_without_a_dry_run_is_not_offered_for_approval(status: Status) -> None:
    assert json.loads(answer("request_live_run", run=a_run(status).id))["started"] is False


def test_a_status_without_a_record_starts_nothing() -> None:
    """`approved` in the state is not an approval: the record is read."""
    run = a_run(Status.APPROVED)
    assert json.loads(answer("request_live_run", run=run.id))["error"]["code"] == "not_approved"
    assert run.state().status == Status.APPROVED
