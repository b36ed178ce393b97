"""Writing and deleting records by sObject collections (vendor doc "REST API Developer Guide", sObject Collections).

Each row stands on its own (`allOrNone` false) and answers come in the order of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import one_result_per_row, rejected, without_twins
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.salesforce import soql
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.failures import RETRIABLE, RequestFailed, complaint
from sdrbot_skills.errors import BatchRejected, OutcomeUnknown
from sdrbot_skills.model.records import Operation, Outcome, Row, RowResult

NO_LONGER_THERE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND"})
ONLY_AT_CREATION = frozenset({"CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById"})
"""Settable when a record is made, by those who may, and never afterwards (vendor doc "Object Reference", System Fields)."""


class Writing:
    """Creating, changing and deleting."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    def write(self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None) -> list[RowResult]:
        """Write up to 200 records; one result per row. `key`: the unique field of an upsert."""
        if operation is Operation.UPSERT and key is None:
            raise ValueError("An upsert needs the unique field it goes by.")
        # Salesforce would refuse both of two rows that mean one record.
        sent, results = without_twins(operation, rows, key)
        kind = {"attributes": {"type": object_name}}
        if operation is Operation.CREATE:
            bodies = [{**kind, **row.payload} for row in sent]
            answers = self.change_collection("POST", "composite/sobjects", bodies)
        elif operation is Operation.UPDATE:
            bodies = [{**kind, "id": row.id, **row.payload} for row in sent]
            answers = self.change_collection("PATCH", "composite/sobjects", bodies)
        else:
            bodies = [{**kind, **row.payload} for row in sent]
            answers = self.change_collection("PATCH", f"composite/sobjects/{object_name}/{key}", bodies)
        done = Outcome.UPDATED if operation is Operation.UPDATE else Outcome.CREATED
        results |= {row.key: row_result(row.key, answer, done) for row, answer in zip(sent, answers, strict=True)}
        if operation is Operation.UPSERT and key is not None:
            results |= self._without_creation_dates(object_name, key, sent, results)
        return one_result_per_row(rows, results, repeatable=operation is not Operation.CREATE)

    def _without_creation_dates(
        self, object_name: str, key: str, rows: Sequence[Row], results: Mapping[str, RowResult]
    ) -> dict[str, RowResult]:
        """Salesforce refuses an upsert that carries a creation date where the record exists: such records are updated without it.

        Only records that are there are written again: making one without its date could not be mended afterwards.
        """
        refused = {
            str(row.payload[key]): row
            for row in rows
            if results[row.key].rule == Rule.READ_ONLY and not ONLY_AT_CREATION.isdisjoint(row.payload)
        }
        if not refused:
            return {}
        there = [
            refused[found[key]]
            for some in soql.lists(soql.ids(sorted(refused)))
            for found in self._client.query_all(soql.select([key], object_name, [f"{key} IN {some}"]))
            if found[key] in refused
        ]
        again = [row._replace(payload=_changeable(row.payload)) for row in there]
        return {result.key: result for result in self.write(object_name, Operation.UPSERT, again, key)}

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        """Move up to 200 records to the recycle bin; one already gone counts as deleted. Salesforce knows the object by the id."""
        if not ids:
            return []
        query = {"ids": ",".join(ids), "allOrNone": "false"}
        answers = self._client.change_again("DELETE", "composite/sobjects", params=query)
        _same_length(ids, answers)
        return [_deleted(one, answer) for one, answer in zip(ids, answers, strict=True)]

    def change_collection(self, method: str, path: str, records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Send one collection; the answers are in the order of the records.

        A refusal of the whole that one row of several may have caused is `BatchRejected`, so that the row can be looked for.
        """
        if not records:
            return []
        try:
            body = {"allOrNone": False, "records": records}
            answers: list[dict[str, Any]] = self._client.change(method, path, body=body)
        except RequestFailed as error:
            if error.status not in (400, 413):
                raise
            found = error.complaint
            if len(records) == 1:
                fault = {"statusCode": found.code, "message": found.message, "fields": [found.field]}
                return [{"success": False, "errors": [fault]}]
            raise BatchRejected(str(error), rule=found.rule, vendor_code=found.code) from error
        _same_length(records, answers)
        return answers


def _changeable(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in ONLY_AT_CREATION}


def row_result(key: str, answer: dict[str, Any], outcome: Outcome) -> RowResult:
    """What the answer says about one row. An upsert says itself whether it created."""
    if answer["success"]:
        if answer.get("created") is False:
            outcome = Outcome.UPDATED
        return RowResult(key, outcome, answer["id"])
    found = complaint(answer["errors"])
    return rejected(
        key, found.rule, found.text, id=answer.get("id"), field=found.field, retriable=found.code in RETRIABLE
    )


def _deleted(record_id: str, answer: dict[str, Any]) -> RowResult:
    if not answer["success"] and complaint(answer["errors"]).code in NO_LONGER_THERE:
        return RowResult(record_id, Outcome.DELETED, record_id)
    return row_result(record_id, answer, Outcome.DELETED)


def _same_length(sent: Sequence[Any], answers: Sequence[Any]) -> None:
    if len(sent) != len(answers):
        raise OutcomeUnknown(f"Salesforce answered {len(answers)} of {len(sent)} records; which ones is not known.")
