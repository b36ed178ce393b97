"""Snapshots of schemas, kept by connection: `.crm-migrate/schemas/<connection>/<time>.json`, the newest compared with what is there now."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.planning.discover import api_name
from sdrbot_skills.planning.schemadiff import SchemaChange, SchemaSnapshot, schema_changes, snapshot
from sdrbot_skills.runs.brokers import find_source, reading
from sdrbot_skills.runs.directory import write_whole
from sdrbot_skills.runs.home import state_directory


class Compared(NamedTuple):
    """What changed since a snapshot, and the schema as it is now."""

    before: SchemaSnapshot
    now: SchemaSnapshot
    changes: list[SchemaChange]


def save(connection: str) -> Path:
    """Keep the schema as it is now; returns where."""
    with reading(connection) as (crm,):
        taken = snapshot(crm)
    folder = _folder(connection)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{taken.taken_at:%Y%m%dT%H%M%SZ}.json"
    write_whole(path, taken.model_dump_json(indent=1).encode())
    return path


def compare(connection: str, object_name: str | None = None) -> Compared:
    """The newest snapshot against now; of one object only, where it is named. Raises `ConfigurationError` where there is none, or of another account."""
    before = _newest(connection)
    with reading(connection) as (crm,):
        now = snapshot(crm)
        name = api_name(crm, object_name) if object_name else None
    if now.account.id != before.account.id:
        raise ConfigurationError(
            f"The snapshot is of {before.account.name} ({before.account.id}); {connection} is {now.account.name} ({now.account.id}) now. "
            f"Nothing was compared; `crm-migrate discover {connection} --save` takes one of this account."
        )
    found = schema_changes(before, now)
    return Compared(before, now, [change for change in found if name in (None, change.object)])


def _newest(connection: str) -> SchemaSnapshot:
    kept = sorted(_folder(connection).glob("*.json"))
    if not kept:
        raise ConfigurationError(
            f"No snapshot of {connection} is kept. `crm-migrate discover {connection} --save` takes one."
        )
    try:
        return SchemaSnapshot.model_validate_json(kept[-1].read_bytes())
    except ValidationError as error:
        raise ConfigurationError(f"{kept[-1]} is not a snapshot any more; take a new one with --save.") from error


def _folder(connection: str) -> Path:
    return state_directory() / "schemas" / find_source(connection).name
