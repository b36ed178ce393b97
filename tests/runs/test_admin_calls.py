"""An admin call of two requests that is interrupted: what was answered is not sent again, and what may have been carried out neither."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from sdrbot_skills.approval.record import mark_started, read_record
from sdrbot_skills.errors import ConfigurationError, OutcomeUnknown, Refused
from sdrbot_skills.lab.processes import Emulator, running
from sdrbot_skills.model.schema import Account, Environment
from sdrbot_skills.runs import admin_calls, approving, privileged, worker
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.state import Status

FIELDS, RIGHTS = "/tooling/sobjects/CustomField$", "/sobjects/FieldPermissions$"
SCORE = {"object_name": "Contact", "field_label": "Score", "field_type": "Number"}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running("salesforce") as emulator:
        yield emulator


@pytest.fixture
def salesforce(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / ".data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    for name, value in emulator.env.items():
        monkeypatch.setenv(name, value)
    facts = emulator.account
    account = Account(crm="salesforce", id=facts["id"], name=facts["name"], environment=Environment.LAB)
    privileged.switch_on("salesforce", account)
    return emulator


def approved(emulator: Emulator, name: str, monkeypatch: pytest.MonkeyPatch) -> RunDirectory:
    run = admin_calls.prepare("salesforce_admin_create_field", {**SCORE, "field_name": name})
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{emulator.account['name']}\n"))
    approving.approve(run, console=Console(file=io.StringIO()))
    record = read_record(run.sealed)
    assert record is not None
    mark_started(run.sealed, record)
    return run


def test_it_goes_on_after_the_request_that_was_answered(salesforce: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    run = approved(salesforce, "First", monkeypatch)
    no_rights = [{"errorCode": "INSUFFICIENT_ACCESS_OR_READONLY", "message": "not you", "fields": []}]
    salesforce.fault("status", status=403, body=no_rights, path=RIGHTS)
    with pytest.raises(ConfigurationError, match="not you"):
        worker.work(run)
    assert run.state().status == Status.FAILED
    worker.work(run)
    assert run.state().status == Status.DONE
    with pytest.raises(ConfigurationError, match="already has a custom field"):
        admin_calls.prepare("salesforce_admin_create_field", {**SCORE, "field_name": "First"})
    assert admin_calls.look("salesforce_admin_get_field", {"object_name": "Contact", "field_name": "First__c"})


def test_what_is_in_doubt_is_not_sent_again(salesforce: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    run = approved(salesforce, "Second", monkeypatch)
    salesforce.fault("reset", when="after_commit", path=FIELDS)
    for said in ("no answer", "is not known"):
        with pytest.raises(OutcomeUnknown, match=said):
            worker.work(run)
    assert run.state().status == Status.FAILED


def test_without_privileged_mode_an_approved_call_is_not_carried_out(
    salesforce: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = approved(salesforce, "Third", monkeypatch)
    privileged.switch_off()
    with pytest.raises(Refused) as refused:
        worker.work(run)
    assert refused.value.code == "privileged_mode_off"
