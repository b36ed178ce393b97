"""Whatever was changed since the approval, the start is refused by its name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sdrbot_skills.approval.fingerprint import Fingerprint
from sdrbot_skills.approval.record import (
    HOUR,
    ApprovalRecord,
    check_resume,
    check_start,
    installation_key,
    mark_started,
    read_record,
    write_record,
)
from sdrbot_skills.errors import Refused
from tests.approval.conftest import NOW
from tests.approval.test_fingerprint import TAMPERED


@pytest.fixture
def record(sealed: Path, fingerprint: Fingerprint) -> ApprovalRecord:
    return write_record(sealed, fingerprint, "terminal", forecast_seconds=600, now=NOW)


def refusal(call: object, *arguments: object) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments)  # type: ignore[operator]
    assert caught.value.exit_code == 3
    return caught.value


def test_an_untouched_run_starts(sealed: Path, record: ApprovalRecord, fingerprint: Fingerprint) -> None:
    read = read_record(sealed)
    assert read == record
    check_start(record, fingerprint, NOW + HOUR)


def test_no_approval_is_none(sealed: Path) -> None:
    assert read_record(sealed) is None


@pytest.mark.parametrize(("part", "value", "name"), TAMPERED)
def test_what_changed_is_refused_by_its_name(
    record: ApprovalRecord, sealed: Path, fingerprint: Fingerprint, part: str, value: object, name: str
) -> None:
    changed = fingerprint.model_copy(update={part: value})
    assert refusal(check_start, record, changed, NOW).code == f"changed_{name}"
    started = mark_started(sealed, record, now=NOW)
    if name != "environment":
        assert refusal(check_resume, started, changed, NOW).code == f"changed_{name}"


def test_a_started_run_outlives_an_updated_package(
    record: ApprovalRecord, sealed: Path, fingerprint: Fingerprint
) -> None:
    updated = fingerprint.model_copy(update={"environment_sha256": "1" * 64})
    check_resume(mark_started(sealed, record, now=NOW), updated, NOW)


def test_everything_that_changed_is_told(record: ApprovalRecord, fingerprint: Fingerprint) -> None:
    changed = fingerprint.model_copy(update={"script_sha256": "1" * 64, "budgets": {}})
    message = str(refusal(check_start, record, changed, NOW))
    assert "script" in message and "numbers of records" in message


class TestTime:
    def test_24_hours_to_the_first_start(self, sealed: Path, fingerprint: Fingerprint) -> None:
        record = write_record(
            sealed, fingerprint.model_copy(update={"created_at": NOW + 20 * HOUR}), "page", 0, now=NOW
        )
        check_start(record, fingerprint, NOW + 24 * HOUR)
        assert refusal(check_start, record, fingerprint, NOW + 24 * HOUR + 1).code == "approval_expired"

    def test_a_stale_dry_run(self, sealed: Path, fingerprint: Fingerprint) -> None:
        record = write_record(sealed, fingerprint, "page", 0, now=NOW + 20 * HOUR)
        assert refusal(check_start, record, fingerprint, NOW + 25 * HOUR).code == "stale_dry_run"

    def test_an_approval_from_the_future(self, record: ApprovalRecord, fingerprint: Fingerprint) -> None:
        assert refusal(check_start, record, fingerprint, NOW - 2 * HOUR).code == "approval_expired"

    def test_a_started_run_needs_no_second_dry_run(self, sealed: Path, fingerprint: Fingerprint) -> None:
        record = write_record(sealed, fingerprint, "page", forecast_seconds=20 * HOUR, now=NOW)
        started = mark_started(sealed, record, now=NOW + HOUR)
        check_resume(started, fingerprint, NOW + 41 * HOUR)
        assert refusal(check_resume, started, fingerprint, NOW + 41 * HOUR + 1).code == "approval_expired"

    def test_at_least_twelve_hours(self, sealed: Path, record: ApprovalRecord, fingerprint: Fingerprint) -> None:
        started = mark_started(sealed, record, now=NOW)
        assert started.valid_until == NOW + 12 * HOUR
        check_resume(started, fingerprint, NOW + 12 * HOUR)


def test_one_first_start(sealed: Path, record: ApprovalRecord, fingerprint: Fingerprint) -> None:
    mark_started(sealed, record, now=NOW)
    again = read_record(sealed)
    assert again is not None
    assert refusal(check_start, again, fingerprint, NOW).code == "already_started"


def test_a_run_that_was_never_started_cannot_be_resumed(record: ApprovalRecord, fingerprint: Fingerprint) -> None:
    assert refusal(check_resume, record, fingerprint, NOW).code == "not_started"


@pytest.mark.parametrize(
    "change", [{"run": "r2"}, {"valid_seconds": 1e9}, {"approved_at": NOW + 1}, {"who": "boss"}, {"signature": "00"}]
)
def test_a_changed_record(sealed: Path, record: ApprovalRecord, change: dict[str, object]) -> None:
    file = sealed / "approval.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert refusal(read_record, sealed).code == "tampered_record"


def test_a_changed_fingerprint_in_the_record(sealed: Path, record: ApprovalRecord) -> None:
    file = sealed / "approval.json"
    file.write_text(file.read_text().replace("a" * 64, "1" * 64))
    assert refusal(read_record, sealed).code == "tampered_record"


def test_a_forged_record(sealed: Path, record: ApprovalRecord, home: Path) -> None:
    """Signed properly, but with a key of the forger's own."""
    key = home / "approval.key"
    mine = key.read_bytes()
    key.write_bytes(b"x" * 32)
    write_record(sealed, record.fingerprint, "page", 0, now=NOW)
    key.write_bytes(mine)
    assert refusal(read_record, sealed).code == "tampered_record"


def test_rubbish(sealed: Path) -> None:
    (sealed / "approval.json").write_text("{}")
    assert refusal(read_record, sealed).code == "tampered_record"


def test_the_approval_of_another_run(sealed: Path, record: ApprovalRecord) -> None:
    other = sealed.parent.parent / "r2" / "sealed"
    shutil.copytree(sealed, other)
    assert refusal(read_record, other).code == "other_run"


def test_files_are_private(sealed: Path, record: ApprovalRecord, home: Path) -> None:
    assert (sealed / "approval.json").stat().st_mode & 0o777 == 0o600
    assert (home / "approval.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in sealed.iterdir()] == ["approval.json"]
    assert [path.name for path in home.iterdir()] == ["approval.key"]


def test_a_key_that_others_can_read_signs_nothing(sealed: Path, record: ApprovalRecord, home: Path) -> None:
    (home / "approval.key").chmod(0o644)
    assert "readable by others" in str(refusal(installation_key))
