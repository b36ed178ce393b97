"""Writing Attio records, one call each: there is no batch (Attio's pages "Create a record", "Upsert a record", "Update a record").

An update replaces what it names (PUT by id). An upsert is Attio's assert (PUT with a matching attribute) where the key is unique; where it
cannot be, or a row names a part of a composite only, the record is looked for first. Values are checked against the attributes before
anything is sent, since Attio creates no option by itself and names attributes by id only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sdrbot_skills.crm.attio.client import AttioClient, records
from sdrbot_skills.crm.attio.failures import Problem, Rejected
from sdrbot_skills.crm.attio.records import Records
from sdrbot_skills.crm.attio.schema import Attribute, Schema
from sdrbot_skills.crm.attio.wire import incomplete, to_values
from sdrbot_skills.crm.batching import chunks, rejected
from sdrbot_skills.crm.failures import Effect, Missing
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import MigrationError, OutcomeUnknown, RowRejected
from sdrbot_skills.model.records import Operation, Outcome, Row, RowResult

Values = dict[str, Any]


class Writing:
    """Creating, changing, upserting and deleting."""

    def __init__(self, client: AttioClient, schema: Schema, found: Records) -> None:
        self._client, self._schema, self._records = client, schema, found
        self._made: deque[str] = deque(maxlen=1000)
        """Records that this process has just made: an assert of one of them changes it, however young it is."""

    def write(self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None) -> list[RowResult]:
        """One result per row, in their order."""
        there = self._there(object_name, operation, rows, key)
        seen: set[str] = set()

        def send(row: Row) -> RowResult:
            if operation is Operation.UPSERT and key is not None:
                if str(row.payload[key]) in seen:
                    words = "An earlier row of the same call has the same key."
                    return rejected(row.key, Rule.DUPLICATE_IN_BATCH, words, field=key, retriable=True)
                seen.add(str(row.payload[key]))
            return self._one(object_name, operation, row, key, there)

        return one_by_one(rows, send)

    def _there(
        self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None
    ) -> dict[str, dict[str, Any]]:
        """The records as they are: by key for an upsert; by id for updates that name a part of a composite only."""
        if operation is Operation.UPSERT:
            if key is None:
                raise ValueError("An upsert needs the attribute it goes by.")
            found: dict[str, dict[str, Any]] = {}
            unique = self._unique(object_name, key)
            wanted = [str(row.payload[key]) for row in rows if not unique or incomplete(row.payload)]
            for part in chunks(wanted, 50):
                for record in self._records.find_rows(object_name, key, part):
                    values = record["values"][key]
                    found |= {
                        str(one.get("value") or one.get("original_email_address") or one.get("domain")): record
                        for one in values
                    }
            return found
        if operation is Operation.UPDATE:
            if any(row.id is None for row in rows):
                raise ValueError("A row of an update has no id.")
            ids = [row.id for row in rows if row.id and incomplete(row.payload)]
            return {record["id"]["record_id"]: record for record in self._records.rows(object_name, ids)}
        return {}

    def _one(
        self, object_name: str, operation: Operation, row: Row, key: str | None, there: dict[str, dict[str, Any]]
    ) -> RowResult:
        existing = (
            there.get(str(row.payload[key])) if operation is Operation.UPSERT and key else there.get(row.id or "")
        )
        lookup = partial(self._schema.attribute, object_name)
        try:
            values = to_values(row.payload, lookup, existing["values"] if existing else None)
            if operation is Operation.UPSERT and key is not None and self._unique(object_name, key):
                return self._upsert(object_name, row, values, key)
            answer = self._send(object_name, operation, row, values, existing)
        except RowRejected as error:
            return rejected(row.key, Rule(error.rule), str(error), id=row.id, field=error.field)
        except Missing:
            return rejected(row.key, Rule.NOT_FOUND, "The record is not there any more.", id=row.id)
        except Rejected as error:
            return self._refused(object_name, row, error.problem)
        made = operation is Operation.CREATE or (operation is Operation.UPSERT and existing is None)
        return RowResult(row.key, Outcome.CREATED if made else Outcome.UPDATED, answer["id"]["record_id"])

    def _unique(self, object_name: str, key: str) -> bool:
        found = self._schema.attribute(object_name, key)
        return found is not None and found.unique

    def _upsert(self, object_name: str, row: Row, values: Values, key: str) -> RowResult:
        answer, young = self._client.upsert(records(object_name), {"values": values}, key)
        own: str = answer["id"]["record_id"]
        if not young or own in self._made:
            return RowResult(row.key, Outcome.UPDATED, own)
        self._made.append(own)
        return RowResult(row.key, Outcome.CREATED, own)

    def _send(
        self,
        object_name: str,
        operation: Operation,
        row: Row,
        values: Values,
        existing: dict[str, Any] | None,
    ) -> dict[str, Any]:
        data = {"values": values}
        own = existing["id"]["record_id"] if operation is Operation.UPSERT and existing else row.id
        if operation is Operation.CREATE or own is None:
            return self._client.write("POST", records(object_name), data)
        return self._client.write("PUT", records(object_name, own), data)

    def _refused(self, object_name: str, row: Row, problem: Problem) -> RowResult:
        """Attio names attributes by id; an unknown value that is no option can only be a reference."""
        attributes = self._schema.attributes(object_name)
        by_id = {one.id: one for one in attributes.values()}
        named = by_id.get(problem.attribute_id or "")
        rule = problem.rule
        if problem.code == "value_not_found" and _refers(row, attributes):
            rule = Rule.BAD_REFERENCE
        return rejected(row.key, rule, problem.message, id=row.id, field=named.slug if named else None)

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        """For good: Attio has no recycle bin. One that is gone already counts as deleted."""

        def send(row: Row) -> RowResult:
            try:
                repeated(lambda: self._client.send("DELETE", records(object_name, row.key), effect=Effect.REPEATABLE))
            except Missing:
                pass  # gone is what was wanted
            except Rejected as error:
                return rejected(row.key, error.problem.rule, error.problem.message, id=row.key)
            return RowResult(row.key, Outcome.DELETED, row.key)

        return one_by_one([Row(one, {}) for one in ids], send)


def one_by_one(rows: Sequence[Row], send: Callable[[Row], RowResult]) -> list[RowResult]:
    """Send rows one after the other. What stops the first one goes up as it is; later on, what was done must not be forgotten.

    The row that got no answer is then `unanswered`, and those after it are to be sent again.
    """
    if len({row.key for row in rows}) != len(rows):
        raise ValueError("Two rows of the call have the same key.")
    results: list[RowResult] = []
    for row in rows:
        try:
            results.append(send(row))
        except MigrationError as error:
            if not results:
                raise
            if isinstance(error, OutcomeUnknown):
                results.append(rejected(row.key, Rule.UNANSWERED, str(error), id=row.id))
            rest = rows[len(results) :]
            words = f"Not sent, since an earlier record of the same call stopped it: {error}"
            return results + [rejected(one.key, Rule.UNCONFIRMED, words, id=one.id, retriable=True) for one in rest]
    return results


def _refers(row: Row, attributes: dict[str, Attribute]) -> bool:
    types = {attributes[name].type for name in row.payload if name in attributes}
    return bool(types & {"record-reference", "actor-reference"})
