"""A summary and a fingerprint to approve, and a place for the installation's key."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sdrbot_skills.approval.fingerprint import Fingerprint
from sdrbot_skills.approval.summary import Account, ApprovalSummary
from sdrbot_skills.errors import Refused
from sdrbot_skills.model.results import Finding, Forecast, LaneForecast, ObjectCounts, Sample

NOW = 1_800_000_000.0
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRM_MIGRATE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def fingerprint() -> Fingerprint:
    return Fingerprint(
        script_sha256="a" * 64,
        plan_sha256="b" * 64,
        policy_sha256="c" * 64,
        environment_sha256="d" * 64,
        dry_run_sha256="e" * 64,
        touched_schema_sha256="f" * 64,
        scope_sha256="0" * 64,
        budgets={"Contact": {"create": 100, "update": 20}},
        accounts={"target": {"crm": "salesforce", "id": "00D1", "environment": "production"}},
        created_at=NOW,
    )


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / "r1" / "sealed"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def summary() -> ApprovalSummary:
    lane = LaneForecast(calls={"read": 12}, total_calls=12, seconds=5, calendar_days=0.1, allowance_left=9000)
    return ApprovalSummary(
        run="r1",
        source=Account(crm="HubSpot", name="Acme", id="42", environment="production"),
        target=Account(crm="Salesforce", name="Acme GmbH", id="00D1", environment="production"),
        counts={"contacts": ObjectCounts(read=1200, create=1000, update=180, quarantine=20)},
        findings=[Finding(rule="too_long", severity="warning", count=3, message="3 job titles are cut")],
        samples=[
            Sample(
                object="contacts",
                source_id="7",
                decision="create",
                before={"email": "x@example.com", "city": "<b>Köln</b>"},
                after={"Email": "x@example.com"},
            )
        ],
        forecast=Forecast(source=lane, target=lane, seconds=5400, calendar_days=0.1),
        emails="No. The target sends no e-mail for records made through its API.",
        way_back="Undo deletes the 1,000 created records and restores 180.",
        credentials=["one credential: our broker alone enforces the dry run"],
        fingerprint="deadbeef",
    )


@pytest.fixture
def lab_summary(summary: ApprovalSummary) -> ApprovalSummary:
    return summary.model_copy(update={"target": summary.target.model_copy(update={"environment": "lab"})})


@pytest.fixture
def unseal() -> Callable[[str], str]:
    def open_with(passphrase: str) -> str:
        if passphrase != PASSPHRASE:
            raise Refused("That passphrase does not open it.", code="wrong_passphrase")
        return "the credential"

    return open_with
