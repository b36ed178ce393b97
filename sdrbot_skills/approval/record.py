"""The record of an approval: what was agreed to, by whom, until when; and whether it still covers a start.

The record is signed with a key of this installation that no sandbox sees and that lies outside every run's folder. It cannot be
carried to another run, and it opens nothing: the credential is unsealed by the passphrase, not by this file.
"""

from __future__ import annotations

import getpass
import hashlib
import hmac
import json
import os
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, ValidationError

from sdrbot_skills.approval.fingerprint import Fingerprint, compare
from sdrbot_skills.approval.private_file import create_private, write_private
from sdrbot_skills.errors import Refused

Channel = Literal["terminal", "page", "chat", "elicitation"]

HOUR = 3600.0
FIRST_START_WITHIN = 24 * HOUR
DRY_RUN_GOOD_FOR = 24 * HOUR
SHORTEST_VALIDITY = 12 * HOUR
RECORD_NAME = "approval.json"


class ApprovalRecord(BaseModel):
    """Times are epoch seconds. Unstarted, the approval covers a first start until `start_by`; started, it holds until `valid_until`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    fingerprint: Fingerprint
    who: str
    channel: Channel
    approved_at: float
    valid_seconds: float
    started_at: float | None = None
    signature: str = ""

    @property
    def start_by(self) -> float:
        return self.approved_at + FIRST_START_WITHIN

    @property
    def valid_until(self) -> float | None:
        """None before the first start."""
        return None if self.started_at is None else self.started_at + self.valid_seconds


def validity(forecast_seconds: float) -> float:
    """How long a started run keeps its approval: twice the forecast, at least twelve hours."""
    return max(SHORTEST_VALIDITY, 2 * forecast_seconds)


def write_record(
    sealed_dir: Path, fingerprint: Fingerprint, channel: Channel, forecast_seconds: float, *, now: float | None = None
) -> ApprovalRecord:
    """Write the approval of the run whose folder holds `sealed_dir`."""
    record = ApprovalRecord(
        run=_run_of(sealed_dir),
        fingerprint=fingerprint,
        who=getpass.getuser(),
        channel=channel,
        approved_at=time.time() if now is None else now,
        valid_seconds=validity(forecast_seconds),
    )
    return _write(sealed_dir, record)


def read_record(sealed_dir: Path) -> ApprovalRecord | None:
    """The approval, None where there is none. Raises Refused for one that was changed or belongs to another run."""
    try:
        record = ApprovalRecord.model_validate_json((sealed_dir / RECORD_NAME).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        raise _refused("tampered_record", "the approval's record cannot be read") from None
    if not hmac.compare_digest(record.signature, _sign(record)):
        raise _refused(
            "tampered_record", "the approval's record was changed after it was written, or was not written here"
        )
    if record.run != _run_of(sealed_dir):
        raise _refused("other_run", f"the approval is of run {record.run}")
    return record


def check_start(record: ApprovalRecord, current: Fingerprint, now: float) -> None:
    """May the run start for the first time? Raises Refused naming the first thing that speaks against it."""
    if record.started_at is not None:
        raise Refused(f"Run {record.run} was started before; `resume` carries it on.", code="already_started")
    if now > record.start_by or now < record.approved_at - HOUR:
        raise _refused(
            "approval_expired", f"it was given at {_moment(record.approved_at)} and had to be used within 24 hours"
        )
    if now - record.fingerprint.created_at > DRY_RUN_GOOD_FOR:
        when = _moment(record.fingerprint.created_at)
        raise Refused(
            f"Not started: the dry run of {when} is older than 24 hours. Do it again and approve.", code="stale_dry_run"
        )
    _check_same(record, current)


def check_resume(record: ApprovalRecord, current: Fingerprint, now: float) -> None:
    """May a started run go on? It needs no second dry run, but the same script, plan, accounts and touched schema."""
    if record.valid_until is None:
        raise Refused(f"Run {record.run} was never started; `live` starts it.", code="not_started")
    if now > record.valid_until or now < record.approved_at - HOUR:
        raise _refused(
            "approval_expired", f"it was good until {_moment(record.valid_until)}, as shown when it was given"
        )
    # An updated package is a matter of the first start: a started run must be able to outlive it.
    _check_same(record, current.model_copy(update={"environment_sha256": record.fingerprint.environment_sha256}))


def mark_started(sealed_dir: Path, record: ApprovalRecord, *, now: float | None = None) -> ApprovalRecord:
    """Note the first start; from now on the record's `valid_until` counts."""
    return _write(sealed_dir, record.model_copy(update={"started_at": time.time() if now is None else now}))


def installation_key(path: Path | None = None) -> bytes:
    """The key that signs approvals; made at the first use, readable by its owner alone."""
    path = path or _key_path()
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        create_private(path, secrets.token_bytes(32))
        key = path.read_bytes()
    if len(key) != 32 or path.stat().st_mode & 0o077:
        raise _refused(
            "tampered_record", f"{path}, the key that signs approvals, is damaged or readable by others; remove it"
        )
    return key


def _key_path() -> Path:
    home = os.environ.get("CRM_MIGRATE_HOME")
    return (Path(home) if home else platformdirs.user_data_path("crm-migrate")) / "approval.key"


def _check_same(record: ApprovalRecord, current: Fingerprint) -> None:
    differences = compare(record.fingerprint, current)
    if differences:
        what = "; ".join(difference.plain_words for difference in differences)
        raise _refused(f"changed_{differences[0].part}", f"since it was given, {what}")


def _refused(code: str, why: str) -> Refused:
    return Refused(
        f"Not started: the approval does not count, {why}. Nothing was written. Do the dry run again and approve.",
        code=code,
    )


def _write(sealed_dir: Path, record: ApprovalRecord) -> ApprovalRecord:
    signed = record.model_copy(update={"signature": _sign(record)})
    write_private(sealed_dir / RECORD_NAME, signed.model_dump_json(indent=1).encode())
    return signed


def _sign(record: ApprovalRecord) -> str:
    content = json.dumps(record.model_dump(mode="json", exclude={"signature"}), sort_keys=True).encode()
    return hmac.new(installation_key(), content, hashlib.sha256).hexdigest()


def _run_of(sealed_dir: Path) -> str:
    return sealed_dir.resolve().parent.name


def _moment(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M UTC")
