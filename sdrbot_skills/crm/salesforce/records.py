"""Reading, finding, writing and deleting records (vendor doc "REST API Developer Guide", Query and sObject Collections).

Reading goes by `ORDER BY Id` with `Id > last`, never by OFFSET (2,000 at most) nor by a query locator (it expires).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sdrbot_skills.crm.batching import chunks, one_result_per_row, rejected
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.salesforce import soql
from sdrbot_skills.crm.salesforce.client import Client
from sdrbot_skills.crm.salesforce.failures import RETRIABLE, RequestFailed, complaint
from sdrbot_skills.crm.salesforce.schema import PERSON_FLAG
from sdrbot_skills.errors import BatchRejected, OutcomeUnknown
from sdrbot_skills.model.records import Condition, Operation, Outcome, Record, Row, RowResult
from sdrbot_skills.model.schema import ObjectSchema

PAGE = 2000
PAGED = f"ORDER BY Id LIMIT {PAGE}"
IDS_PER_RETRIEVE = 2000
NO_LONGER_THERE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND"})


def read_page(
    client: Client, schema: ObjectSchema, fields: Sequence[str], where: Sequence[Condition], after: str | None
) -> tuple[list[Record], str | None]:
    """One page in order of ids, and the id to go on after (`None`: that was the last page)."""
    clauses = [*soql.conditions(schema, where), *companies_only(schema)]
    if after:
        clauses.append(f"Id > {soql.ids([after])[0]}")
    columns = columns_of(schema, fields)
    inline = _columns_that_fit(columns, schema.name, clauses, soql.LONGEST_QUERY - len(PAGED))
    page = client.query(soql.select(inline, schema.name, clauses, PAGED))
    rows = page["records"]
    # Wide rows make Salesforce shorten a page; the rest is asked for by id again, not by its locator.
    more = bool(rows) and (not page["done"] or len(rows) == PAGE)
    last = rows[-1]["Id"] if more else None
    if len(inline) < len(columns):
        rows = retrieve(client, schema.name, [row["Id"] for row in rows], columns)
    return records_of(schema, rows), last


def get(client: Client, schema: ObjectSchema, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
    """The records of these ids; missing ones are left out."""
    return records_of(schema, retrieve(client, schema.name, ids, columns_of(schema, fields)))


def find(
    client: Client, schema: ObjectSchema, field: str, values: Sequence[str], fields: Sequence[str]
) -> list[Record]:
    """Records whose field equals one of the values, in as few queries as URLs allow."""
    key = soql.field_of(schema, field)
    columns = columns_of(schema, [*fields, field])
    inline = _columns_that_fit(columns, schema.name, [], soql.LONGEST_QUERY // 2)
    head = soql.length(soql.select(inline, schema.name, [f"{key.name} IN ", *companies_only(schema)]))
    literals = sorted({soql.literal(key, value) for value in values})
    found: list[dict[str, Any]] = []
    for some in soql.lists(literals, soql.LONGEST_QUERY - head):
        query = soql.select(inline, schema.name, [f"{key.name} IN {some}", *companies_only(schema)])
        found.extend(client.query_all(query))
    if len(inline) < len(columns):
        found = retrieve(client, schema.name, [row["Id"] for row in found], columns)
    return records_of(schema, found)


def count(client: Client, schema: ObjectSchema, where: Sequence[Condition]) -> int:
    """How many records this credential sees."""
    clauses = [*soql.conditions(schema, where), *companies_only(schema)]
    return int(client.query(soql.select(["COUNT()"], schema.name, clauses))["totalSize"])


def retrieve(client: Client, object_name: str, ids: Sequence[str], columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows by id, by a POST that has no limit on its length."""
    rows: list[dict[str, Any]] = []
    for some in chunks(ids, IDS_PER_RETRIEVE):
        body = {"ids": list(some), "fields": list(columns)}
        rows.extend(row for row in client.read("POST", f"composite/sobjects/{object_name}", body=body) if row)
    return rows


def columns_of(schema: ObjectSchema, fields: Sequence[str]) -> list[str]:
    """The columns to ask for: always the id, the time of the last change and whether it is a person account."""
    always = [name for name in ("Id", schema.modified_field, PERSON_FLAG) if name and schema.field(name)]
    return list(dict.fromkeys([*always, *(soql.field_of(schema, name).name for name in fields)]))


def companies_only(schema: ObjectSchema) -> list[str]:
    """A person account is an Account and a Contact at once: people are read as contacts (`AccountId` is their other id), never as companies."""
    return [f"{PERSON_FLAG} = false"] if schema.name == "Account" and schema.field(PERSON_FLAG) else []


def records_of(schema: ObjectSchema, rows: Sequence[dict[str, Any]]) -> list[Record]:
    """Rows as records. The row itself becomes the values: nothing is copied."""
    stamp = schema.modified_field
    found = []
    for row in rows:
        row.pop("attributes", None)
        changed = row.get(stamp) if stamp else None
        found.append(Record(row["Id"], row, changed[:23] + "Z" if changed else None))
    return found


def write(
    client: Client, object_name: str, operation: Operation, rows: Sequence[Row], key: str | None
) -> list[RowResult]:
    """Write up to 200 records by sObject collections, each on its own (`allOrNone` false); answers come in the order of the rows."""
    if operation is Operation.UPSERT and key is None:
        raise ValueError("An upsert needs the unique field it goes by.")
    sent, results = _without_twins(operation, rows, key)
    kind = {"attributes": {"type": object_name}}
    if operation is Operation.CREATE:
        bodies = [{**kind, **row.payload} for row in sent]
        answers = change_collection(client, "POST", "composite/sobjects", bodies)
    elif operation is Operation.UPDATE:
        bodies = [{**kind, "id": row.id, **row.payload} for row in sent]
        answers = change_collection(client, "PATCH", "composite/sobjects", bodies)
    else:
        bodies = [{**kind, **row.payload} for row in sent]
        answers = change_collection(client, "PATCH", f"composite/sobjects/{object_name}/{key}", bodies)
    done = Outcome.UPDATED if operation is Operation.UPDATE else Outcome.CREATED
    results |= {row.key: row_result(row.key, answer, done) for row, answer in zip(sent, answers, strict=True)}
    return one_result_per_row(rows, results, repeatable=operation is not Operation.CREATE)


def _without_twins(
    operation: Operation, rows: Sequence[Row], key: str | None
) -> tuple[list[Row], dict[str, RowResult]]:
    """The rows to send, and the refusals of those that mean the record of an earlier row: Salesforce would refuse both of such a pair."""
    if operation is Operation.CREATE:
        return list(rows), {}
    sent: dict[str, Row] = {}
    results: dict[str, RowResult] = {}
    for row in rows:
        identity = row.id if operation is Operation.UPDATE else str(row.payload[key or ""]).strip()
        if identity is None:
            raise ValueError(f"Row {row.key!r} of an update has no id.")
        if identity in sent:
            words = "An earlier row of the same batch means the same record."
            results[row.key] = rejected(row.key, Rule.DUPLICATE_IN_BATCH, words, id=row.id, field=key, retriable=True)
        else:
            sent[identity] = row
    return list(sent.values()), results


def delete(client: Client, ids: Sequence[str]) -> list[RowResult]:
    """Move up to 200 records to the recycle bin; one already gone counts as deleted."""
    if not ids:
        return []
    answers = client.change_again("DELETE", "composite/sobjects", params={"ids": ",".join(ids), "allOrNone": "false"})
    _same_length(ids, answers)
    return [_deleted(one, answer) for one, answer in zip(ids, answers, strict=True)]


def change_collection(
    client: Client, method: str, path: str, records: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Send one collection; the answers are in the order of the records.

    A refusal of the whole that one row of several may have caused is `BatchRejected`, so that the row can be looked for.
    """
    if not records:
        return []
    try:
        answers: list[dict[str, Any]] = client.change(method, path, body={"allOrNone": False, "records": records})
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


def _columns_that_fit(columns: list[str], object_name: str, clauses: Sequence[str], room: int) -> list[str]:
    """All columns where the query stays within `room` characters, else the id alone; the rest is then retrieved by id."""
    return columns if soql.length(soql.select(columns, object_name, clauses)) <= room else ["Id"]
