"""Writing and deleting records in batches (API v8 "Insert Records", "Update Records", "Upsert Records").

Every write says `trigger: []`, else workflows, approvals and blueprints fire at customers. Zoho drops fields that it does not know or does
not let anybody write without a word, so rows that name one are refused here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import one_result_per_row, rejected, without_twins
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.failures import RETRIABLE, Complaint, Rejected, complaint
from sdrbot_skills.crm.zohocrm.schema import Schema
from sdrbot_skills.errors import OutcomeUnknown
from sdrbot_skills.model.records import Operation, Outcome, Row, RowResult
from sdrbot_skills.model.schema import ObjectSchema

SUCCESS = "success"
NOTHING_FIRES: Mapping[str, Any] = {"trigger": []}


class Writing:
    """Creating, changing and deleting."""

    def __init__(self, client: ZohoClient, schema: Schema) -> None:
        self._client, self._schema = client, schema

    def write(self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None) -> list[RowResult]:
        """Write up to 100 records; one result per row. `key`: the unique field of an upsert."""
        if operation is Operation.UPSERT and key is None:
            raise ValueError("An upsert needs the unique field it goes by.")
        known, results = self._without_silent_losses(object_name, operation, rows)
        # What Zoho makes of two rows that mean one record is not documented.
        sent, twins = without_twins(operation, known, key)
        results |= twins
        if sent:
            results |= self._send(object_name, operation, sent, key)
        return one_result_per_row(rows, results, repeatable=operation is not Operation.CREATE)

    def _without_silent_losses(
        self, object_name: str, operation: Operation, rows: Sequence[Row]
    ) -> tuple[list[Row], dict[str, RowResult]]:
        """The rows whose fields Zoho would all keep, and the refusals of the others."""
        names = {name for row in rows for name in row.payload}
        described = self._schema.known(object_name)
        if any(described.field(name) is None for name in names):
            described = self._schema.describe(object_name)
        faults = {name: rule for name in names if (rule := _fault(described, operation, name))}
        kept: list[Row] = []
        results: dict[str, RowResult] = {}
        for row in rows:
            name = next((name for name in row.payload if name in faults), None)
            if name is None:
                kept.append(row)
            else:
                words = f"Zoho would drop {name} without a word, so the record was not sent."
                results[row.key] = rejected(row.key, faults[name], words, id=row.id, field=name)
        return kept, results

    def _send(self, name: str, operation: Operation, rows: Sequence[Row], key: str | None) -> dict[str, RowResult]:
        body: dict[str, Any] = {"data": [_element(operation, row) for row in rows], **NOTHING_FIRES}
        if operation is Operation.UPSERT:
            body["duplicate_check_fields"] = [key]
        method = "PUT" if operation is Operation.UPDATE else "POST"
        path = f"{name}/upsert" if operation is Operation.UPSERT else name
        try:
            entries = self._client.send(method, path, body=body, effect=Effect.ONCE).get("data") or []
        except Rejected as error:
            if len(rows) > 1:
                raise
            return {rows[0].key: _refused(rows[0], error.complaint)}
        if len(entries) != len(rows):
            raise OutcomeUnknown(f"Zoho answered {len(entries)} of {len(rows)} records; which ones is not known.")
        return {row.key: _result(operation, row, entry) for row, entry in zip(rows, entries, strict=True)}

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        """Move up to 50 records to the recycle bin, where Zoho keeps them for 60 days; one already gone counts as deleted."""
        if not ids:
            return []
        query = {"ids": ",".join(ids)}
        answer = repeated(lambda: self._client.send("DELETE", object_name, query=query, effect=Effect.REPEATABLE))
        entries = {str((entry.get("details") or {}).get("id")): entry for entry in answer.get("data") or ()}
        return [_deleted(one, entries.get(one)) for one in ids]


def _element(operation: Operation, row: Row) -> dict[str, Any]:
    return {"id": row.id, **row.payload} if operation is Operation.UPDATE else row.payload


def _fault(schema: ObjectSchema, operation: Operation, name: str) -> Rule | None:
    field = schema.field(name)
    if field is None:
        return Rule.UNKNOWN_FIELD
    writable = field.updatable if operation is Operation.UPDATE else field.creatable
    return None if writable else Rule.READ_ONLY


def _result(operation: Operation, row: Row, entry: Mapping[str, Any]) -> RowResult:
    if entry.get("status") != SUCCESS:
        return _refused(row, complaint(entry))
    details = entry.get("details") or {}
    created = operation is Operation.CREATE
    if operation is Operation.UPSERT:
        # `action` says it; an answer without one tells by its times.
        action = entry.get("action")
        created = action == "insert" if action else details.get("Created_Time") == details.get("Modified_Time")
    return RowResult(row.key, Outcome.CREATED if created else Outcome.UPDATED, str(details["id"]))


def _refused(row: Row, found: Complaint) -> RowResult:
    return rejected(row.key, found.rule, found.text, id=row.id, field=found.field, retriable=found.code in RETRIABLE)


def _deleted(record_id: str, entry: Mapping[str, Any] | None) -> RowResult:
    if entry is None:
        words = "The CRM's answer does not mention this record."
        return rejected(record_id, Rule.UNANSWERED, words, id=record_id, retriable=True)
    found = complaint(entry)
    if entry.get("status") == SUCCESS or found.rule is Rule.NOT_FOUND:
        return RowResult(record_id, Outcome.DELETED, record_id)
    return rejected(record_id, found.rule, found.text, id=record_id, retriable=found.code in RETRIABLE)
