"""News of a run for a person who is elsewhere; and finding the run again from there."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sdrbot_skills.cli import app
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.runs import notifying
from sdrbot_skills.runs.directory import RunDirectory, create_run, open_anywhere
from sdrbot_skills.runs.state import Status

SECRET = "a customer's name and a token"
SCRIPT = "import json, os, sys; open(sys.argv[1], 'a').write(json.dumps([sys.argv[2:], dict(os.environ)]) + chr(10))"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDirectory:
    monkeypatch.chdir(tmp_path)
    for name in ("CRM_MIGRATE_HOME", "DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", SECRET)
    return create_run(
        "migrate", source="a", target="b", target_account="One (1)", environment="lab", objects=["contacts"]
    )


def set_command(words: str) -> None:
    told = CliRunner().invoke(app, ["setup", "--notify", words])
    assert told.exit_code == 0, told.output


def test_the_persons_command_is_told_name_and_state_and_nothing_else(run: RunDirectory, tmp_path: Path) -> None:
    (tmp_path / "tell.py").write_text(SCRIPT)
    set_command(f"{sys.executable} {tmp_path / 'tell.py'} {tmp_path / 'told'}")
    for status, wake_at in (
        (Status.RUNNING, None),
        (Status.PAUSED, 5.0),
        (Status.PAUSED, None),
        (Status.PILOT_DONE, None),
        (Status.DONE, None),
        (Status.FAILED, None),
    ):
        run.move(status, SECRET, wake_at=wake_at)
        notifying.notify(run)
    text = (tmp_path / "told").read_text()
    told = [json.loads(line)[0] for line in text.splitlines()]
    assert told == [[run.id, state] for state in ("paused", "needs_you", "needs_you", "done", "failed")]
    assert SECRET not in text

    set_command("")
    notifying.notify(run)
    assert (tmp_path / "told").read_text() == text


def test_a_notice_that_cannot_be_given_stops_nothing(run: RunDirectory, capfd: pytest.CaptureFixture[str]) -> None:
    set_command("false")
    run.move(Status.DONE)
    notifying.notify(run)
    assert "exit code 1" in capfd.readouterr().err


def test_a_command_that_is_not_there_is_not_taken(run: RunDirectory) -> None:
    with pytest.raises(ConfigurationError, match="no-such-program"):
        notifying.set_command("no-such-program --x")
    assert notifying.command() == []


def test_the_desktop_is_told_where_there_is_one(
    run: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "bin" / "notify-send"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path / "shown"}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    run.move(Status.DONE, SECRET)
    notifying.notify(run)
    assert not (tmp_path / "shown").exists(), "nobody looks at a machine without a display"
    monkeypatch.setenv("DISPLAY", ":0")
    notifying.notify(run)
    assert (tmp_path / "shown").read_text() == f"--app-name=crm-migrate crm-migrate Run {run.id} is done.\n"


def test_a_run_is_found_from_any_folder(run: RunDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run.move(Status.PAUSED, "the day's allowance is spent", wake_at=5.0)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert open_anywhere(run.id[:-1]).path == run.path
    with pytest.raises(ConfigurationError):
        open_anywhere("20000101")
    told = CliRunner().invoke(app, ["status", run.id, "--follow", "--json"])
    assert told.exit_code == 0 and json.loads(told.output)["status"] == "paused", "its process is gone, so nobody waits"
    monkeypatch.chdir(tmp_path)
    listed = json.loads(CliRunner().invoke(app, ["runs", "--json"]).output)["runs"]
    assert [one["waits_for"] for one in listed] == [
        "paused: the day's allowance is spent. Its process is gone: resume."
    ]
