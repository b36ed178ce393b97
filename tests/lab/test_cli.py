"""`lab up`, `status`, `fault` and `down` as a person or a script calls them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from sdrbot_skills.lab.cli import app

RUNNER = CliRunner()


def lab(*arguments: str) -> Result:
    return RUNNER.invoke(app, list(arguments), catch_exceptions=False)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CRM_MIGRATE_HOME", str(tmp_path))
    yield tmp_path
    lab("down", "--all")


def up(*arguments: str) -> dict[str, Any]:
    result = lab("up", "--crm", "hubspot", "--json", *arguments)
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_up_tells_exactly_what_a_client_needs(home: Path) -> None:
    told = up()
    assert set(told) == {"hubspot"}
    assert set(told["hubspot"]) == {"base_url", "account", "env"}
    assert set(told["hubspot"]["env"]) == {"HUBSPOT_ACCESS_TOKEN", "HUBSPOT_BASE_URL"}
    assert told["hubspot"]["env"]["HUBSPOT_BASE_URL"] == told["hubspot"]["base_url"]
    assert httpx.get(told["hubspot"]["base_url"] + "/__lab__", trust_env=False).json()["lab"] is True
    assert up() == told
    second = up("--name", "second")
    assert set(second["hubspot"]["env"]) == {"HUBSPOT_ACCESS_TOKEN__SECOND", "HUBSPOT_BASE_URL__SECOND"}
    assert second["hubspot"]["account"]["id"] != told["hubspot"]["account"]["id"]
    assert len(json.loads(lab("status", "--json").stdout)) == 2
    assert (home / "lab" / "second" / "state.json").stat().st_mode & 0o077 == 0


def test_down_ends_the_processes_and_temporary_data() -> None:
    up()
    (facts,) = json.loads(lab("status", "--json").stdout)
    assert Path(facts["data"]).exists()
    assert lab("down").exit_code == 0
    assert not Path(facts["data"]).exists()
    assert json.loads(lab("status", "--json").stdout) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(facts["base_url"], trust_env=False)


def test_kept_data_is_there_again(tmp_path: Path) -> None:
    for expected in (201, 409):
        told = up("--data", str(tmp_path / "kept"))["hubspot"]
        headers = {"Authorization": f"Bearer {told['env']['HUBSPOT_ACCESS_TOKEN']}"}
        body = {"properties": {"email": "a@x.example"}}
        url = f"{told['base_url']}/crm/v3/objects/contacts"
        assert httpx.post(url, headers=headers, json=body, trust_env=False).status_code == expected
        lab("down")


def test_the_demo_is_there_when_up_returns() -> None:
    told = up("--seed", "demo")["hubspot"]
    counters = httpx.get(told["base_url"] + "/__lab__/counters", trust_env=False).json()
    assert counters["writes/contacts/inserted"] == 2000


def test_faults_are_set_listed_and_cleared() -> None:
    up()
    assert lab("fault", "set", "hubspot", '{"action": "latency", "ms": 1}').exit_code == 0
    assert [fault["action"] for fault in json.loads(lab("fault", "list", "hubspot").stdout)] == ["latency"]
    assert lab("fault", "clear", "hubspot").exit_code == 0
    assert json.loads(lab("fault", "list", "hubspot").stdout) == []
    assert lab("fault", "set", "hubspot", '{"action": "explode"}').exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", "--crm", "excel"),
        ("up", "--crm", "hubspot", "--environment", "sandbox"),
        ("up", "--crm", "hubspot", "--empty", "--seed", "demo"),
        ("fault", "list", "hubspot"),
    ],
)
def test_what_cannot_be_done_exits_with_2_and_says_why(arguments: tuple[str, ...]) -> None:
    result = lab(*arguments)
    assert result.exit_code == 2
    assert result.stderr.strip()


def test_nothing_is_started_where_its_state_cannot_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_MIGRATE_HOME", "/proc/nowhere")
    monkeypatch.setattr("sdrbot_skills.lab.cli.start", lambda *_, **__: pytest.fail("a practice CRM was started"))
    assert isinstance(CliRunner().invoke(app, ["up", "--crm", "attio"]).exception, OSError)
