"""Writing Twenty records in batches of 200, all of a batch or none.

* Each new row gets an id of our own choice: an answer names its row by it, in whatever order it comes, and an upsert that answers another id than
  the one sent has changed a record that was there.
* An upsert goes by every unique value of a row, not only by the key that was meant: a person of the same e-mail would be taken over in silence.
  Such rows are refused here, as plain creation would refuse them.
* An upsert brings back a record of the same key that lies in Twenty's bin. The bin is looked into before the first upsert of an object, and such
  a record counts as created: before it was not to be seen, and taking it back puts it there again.
* An update goes by the same call, with the id in each row; a row whose record is gone would be made anew, so that is looked at first.
* What Twenty refuses of a batch does not name the row: it goes up as `BatchRejected`, and the caller splits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any
from uuid import uuid4

from sdrbot_skills.crm.batching import one_result_per_row, rejected
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.failures import Rejected
from sdrbot_skills.crm.twenty.records import EVERYTHING, Records
from sdrbot_skills.crm.twenty.schema import Schema, TwentyObject
from sdrbot_skills.crm.twenty.wire import PRIMARY, completed, lossy, nested
from sdrbot_skills.model.records import Operation, Outcome, Row, RowResult

Results = dict[str, RowResult]
Body = dict[str, Any]

TWIN = "An earlier row of the same batch means the same record."
GONE = "The record is not there any more."


class Writing:
    """Creating, changing and deleting."""

    def __init__(self, client: TwentyClient, schema: Schema, records: Records) -> None:
        self._client = client
        self._schema = schema
        self._records = records
        self._bins: dict[tuple[str, str], set[str]] = {}
        self._looking = Lock()

    def write(self, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None) -> list[RowResult]:
        """One batch, one result per row."""
        if operation is Operation.UPSERT and key is None:
            raise ValueError("An upsert needs the unique field it goes by.")
        found = self._definition(object_name, rows)
        bodies = {row.key: nested(row.payload, found.kinds) for row in rows}
        if operation is Operation.UPDATE:
            results = self._update(found, rows, bodies)
        elif operation is Operation.UPSERT:
            results = self._upsert(found, rows, bodies, key or "")
        else:
            results = self._create(found, rows, bodies)
        return one_result_per_row(rows, results, repeatable=operation is not Operation.CREATE)

    def _definition(self, object_name: str, rows: Sequence[Row]) -> TwentyObject:
        """What is known will do, unless a row names a field that was made since."""
        known = self._schema.definition(object_name, anew=False)
        names = {name.partition(".")[0] for row in rows for name in row.payload}
        return known if names <= set(known.kinds) else self._schema.definition(object_name)

    def _create(self, found: TwentyObject, rows: Sequence[Row], bodies: Mapping[str, Body]) -> Results:
        sent = {str(uuid4()): row for row in rows}
        answers = self._send(found, {}, [{"id": chosen, **bodies[row.key]} for chosen, row in sent.items()], rows)
        if isinstance(answers, RowResult):
            return {answers.key: answers}
        by_id = {answer["id"] for answer in answers}
        return {row.key: RowResult(row.key, Outcome.CREATED, chosen) for chosen, row in sent.items() if chosen in by_id}

    def _upsert(self, found: TwentyObject, rows: Sequence[Row], bodies: Mapping[str, Body], key: str) -> Results:
        results = _twins([(row, str(row.payload[key])) for row in rows], key)
        results |= self._taken(found, [row for row in rows if row.key not in results], bodies, key)
        binned = self._bin(found.plural, key)
        sent = {str(row.payload[key]): (str(uuid4()), row) for row in rows if row.key not in results}
        body = [{"id": chosen, **bodies[row.key]} for chosen, row in sent.values()]
        answers = self._send(found, {"upsert": "true"}, body, [row for _, row in sent.values()])
        if isinstance(answers, RowResult):
            return results | {answers.key: answers}
        for answer in answers:
            chosen, row = sent.get(str(answer.get(key)), ("", None))
            if row is not None:
                new = answer["id"] == chosen or answer["id"] in binned
                outcome = Outcome.CREATED if new else Outcome.UPDATED
                results[row.key] = RowResult(row.key, outcome, answer["id"])
        return results

    def _bin(self, plural: str, key: str) -> set[str]:
        """What lay in the bin when this began; several threads write."""
        with self._looking:
            if (plural, key) not in self._bins:
                self._bins[plural, key] = self._records.binned(plural, key)
            return self._bins[plural, key]

    def _taken(self, found: TwentyObject, rows: Sequence[Row], bodies: Mapping[str, Body], key: str) -> Results:
        """Refusals of rows whose other unique values belong to another record, in the target (its bin included) or earlier in this batch."""
        places = [(n, PRIMARY.get(e["type"])) for n, e in found.definitions.items() if e["isUnique"] and n != key]
        held = {row.key: [(n, v) for n, part in places if (v := _unique(bodies[row.key], n, part))] for row in rows}
        wanted = {name: sorted({v for pairs in held.values() for n, v in pairs if n == name}) for name, _ in places}
        clauses = [_within(name, part, wanted[name]) for name, part in places if wanted[name]]
        if not clauses:
            return {}
        there = self._records.search(
            found, {"and": [{"or": clauses}, EVERYTHING]}, [key, *(name for name, _ in places)]
        )
        owners = {
            (n, v): str(doc.get(key) or "") for doc in there for n, part in places if (v := _unique(doc, n, part))
        }
        results: Results = {}
        for row in rows:
            for pair in held[row.key]:
                owner = owners.setdefault(pair, str(row.payload[key]))
                if owner != str(row.payload[key]):
                    words = "Another record has this value, which Twenty takes once only."
                    results[row.key] = rejected(row.key, Rule.DUPLICATE, words, field=pair[0])
        return results

    def _update(self, found: TwentyObject, rows: Sequence[Row], bodies: Mapping[str, Body]) -> Results:
        results = _twins([(row, _id_of(row)) for row in rows], "id")
        left = [row for row in rows if row.key not in results]
        there = {doc["id"]: doc for doc in self._records.docs(found.plural, [_id_of(row) for row in left])}
        sent: dict[str, Row] = {}
        body: list[Body] = []
        for row in left:
            doc = there.get(_id_of(row))
            if doc is None:
                results[row.key] = rejected(row.key, Rule.NOT_FOUND, GONE, id=row.id)
                continue
            change = bodies[row.key]
            completed(change, doc, lossy(change, found.kinds))
            sent[doc["id"]] = row
            body.append({**change, "id": doc["id"]})
        answers = self._send(found, {"upsert": "true", "by": "id"}, body, list(sent.values()))
        if isinstance(answers, RowResult):
            return results | {answers.key: answers}
        for answer in answers:
            if (done := sent.get(answer["id"])) is not None:
                results[done.key] = RowResult(done.key, Outcome.UPDATED, answer["id"])
        return results

    def _send(
        self, found: TwentyObject, query: Mapping[str, str], body: Sequence[Body], rows: Sequence[Row]
    ) -> list[dict[str, Any]] | RowResult:
        """The records as they are afterwards, or what is wrong with the only row."""
        if not body:
            return []
        path = f"/rest/batch/{found.plural}"
        try:
            answer = self._client.send("POST", path, query=query, body=list(body), effect=Effect.ONCE)
        except Rejected as error:
            if len(rows) > 1:
                raise
            problem = error.problem
            return rejected(rows[0].key, problem.rule, problem.message, id=rows[0].id, field=_flat(problem.field))
        (records,) = answer["data"].values()
        return list(records)

    def delete(self, object_name: str, ids: Sequence[str]) -> list[RowResult]:
        """Into Twenty's bin, in one call; ids that are gone already are as good as deleted."""
        wanted = list(dict.fromkeys(ids))
        listed = ",".join(wanted)
        query = {"filter": f"id[in]:[{listed}]", "soft_delete": "true", "ids": listed}
        if wanted:  # without ids it would be a filter that fits everything
            self._client.send("DELETE", f"/rest/{object_name}", query=query, effect=Effect.REPEATABLE)
        return [RowResult(record_id, Outcome.DELETED, record_id) for record_id in ids]


def _twins(rows: Sequence[tuple[Row, str]], field: str) -> Results:
    """Refusals of rows that mean the record of an earlier one: of such a pair Twenty keeps the last, or refuses both."""
    results: Results = {}
    seen: set[str] = set()
    for row, identity in rows:
        if identity in seen:
            results[row.key] = rejected(row.key, Rule.DUPLICATE_IN_BATCH, TWIN, id=row.id, field=field, retriable=True)
        seen.add(identity)
    return results


def _id_of(row: Row) -> str:
    if not row.id:
        raise ValueError(f"Row {row.key!r} of an update has no id.")
    return row.id


def _unique(doc: Mapping[str, Any], name: str, part: str | None) -> str:
    """A unique value as Twenty compares it."""
    value = doc.get(name)
    held = value.get(part) if part and isinstance(value, Mapping) else value
    return str(held).lower().rstrip("/") if part and held else str(held or "")


def _within(name: str, part: str | None, values: list[str]) -> dict[str, Any]:
    test = {"in": values}
    return {name: {part: test} if part else test}


def _flat(field: str | None) -> str | None:
    """`emails.primaryEmail` is our `emails`."""
    whole, _, part = (field or "").partition(".")
    return whole if part in PRIMARY.values() else field
