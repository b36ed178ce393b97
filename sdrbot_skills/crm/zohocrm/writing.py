"""Writing and deleting records in batches (API v8 "Insert Records", "Update Records", "Upsert Records").

Every write says `trigger: []`, else workflows, approvals and blueprints fire at customers. Zoho drops fields that it does not know or does
not let anybody write without a word, so rows that name one are refused here.

Zoho's own upsert goes by every unique field of a module, whatever it is asked to go by, and the first that matches wins: it would overwrite somebody
else's record that holds a row's value in another unique field. So an upsert is an insert, which refuses each clash and names the record; Zoho's own
is sent only for rows whose key that record was read to hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import chunks, one_result_per_row, rejected, without_twins
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.zohocrm.capabilities import CAPABILITIES
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.failures import RETRIABLE, Complaint, Rejected, complaint, holder
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
            by_key = operation is Operation.UPSERT and key is not None
            results |= self._upsert(object_name, sent, str(key)) if by_key else self._send(object_name, operation, sent)
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

    def _upsert(self, name: str, rows: Sequence[Row], key: str) -> dict[str, RowResult]:
        """Insert what is new and change what holds the row's key; a record that is somebody else's stays as it is. May be repeated."""
        entries = self._entries(name, Operation.CREATE, rows)
        results = {row.key: _result(Operation.CREATE, row, one) for row, one in zip(rows, entries, strict=True)}
        clashes = [(row, one) for row, entry in zip(rows, entries, strict=True) if (one := holder(entry))]
        keys = self._keys(name, key, [one for _, one in clashes])
        ours = [row for row, one in clashes if keys.get(one) == str(row.payload[key])]
        return results | self._send(name, Operation.UPSERT, ours, key) if ours else results

    def _keys(self, name: str, key: str, ids: Sequence[str]) -> dict[str, str]:
        """The key that each of these records holds."""
        found: dict[str, str] = {}
        for some in chunks(list(dict.fromkeys(ids)), CAPABILITIES.get_batch):
            rows = self._client.get(name, {"ids": ",".join(some), "fields": key, "per_page": "200"}).get("data") or ()
            found |= {str(row["id"]): str(row.get(key)) for row in rows}
        return found

    def _send(
        self, name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
    ) -> dict[str, RowResult]:
        entries = self._entries(name, operation, rows, key)
        return {row.key: _result(operation, row, entry) for row, entry in zip(rows, entries, strict=True)}

    def _entries(
        self, name: str, operation: Operation, rows: Sequence[Row], key: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """What Zoho answers to each row, in their order."""
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
            return [{"status": "error", **error.complaint._asdict()}]
        if len(entries) != len(rows):
            raise OutcomeUnknown(f"Zoho answered {len(entries)} of {len(rows)} records; which ones is not known.")
        return entries

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
