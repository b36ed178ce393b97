"""What the generated tools call: one record at a time, through the broker this process was given.

Outside an approved run that broker only reads, so a write raises `Refused`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.registry import connect
from sdrbot_skills.errors import ConfigurationError, RowRejected
from sdrbot_skills.model.records import Operation, Outcome, Row


def search(connection: str, object_name: str, field: str, values: list[str]) -> list[dict[str, Any]]:
    """Records whose field equals one of the values, canonical, each with its `id`."""
    crm = _crm(connection)
    schema = crm.describe(object_name)
    if schema.field(field) is None:
        raise ConfigurationError(f"{object_name} has no field {field!r}.")
    readers = {entry.name: crm.codec.decoder(entry) for entry in schema.fields}
    found = crm.find(object_name, field, values[: crm.capabilities.find_batch], list(readers))
    return [{"id": record.id, **{name: read(record.values) for name, read in readers.items()}} for record in found]


def create(connection: str, object_name: str, values: dict[str, Any]) -> str:
    """Make one record of canonical values; its id."""
    return _write(connection, object_name, Operation.CREATE, None, values) or ""


def update(connection: str, object_name: str, record_id: str, values: dict[str, Any]) -> None:
    """Change one record; `None` leaves a field as it is."""
    _write(connection, object_name, Operation.UPDATE, record_id, values)


def _write(
    connection: str, object_name: str, operation: Operation, record_id: str | None, values: dict[str, Any]
) -> str | None:
    crm = _crm(connection)
    schema = crm.describe(object_name)
    payload: dict[str, Any] = {}
    for name, value in values.items():
        if value is not None:
            crm.codec.encoder(schema.by_name[name])(value, payload)
    (result,) = crm.write(object_name, operation, [Row("1", payload, record_id)])
    if result.outcome is Outcome.REJECTED:
        raise RowRejected(
            result.message or "The CRM refused the record.", rule=result.rule or "vendor_rejected", field=result.field
        )
    return result.id


@cache
def _crm(connection: str) -> Crm:
    return connect(connection)
