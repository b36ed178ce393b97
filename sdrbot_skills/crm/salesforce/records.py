"""Reading and finding records (vendor doc "REST API Developer Guide", Query and "Get Records Using sObject Collections").

Reading goes by `ORDER BY Id` with `Id > last`, never by OFFSET (2,000 at most) nor by a query locator (it expires).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.crm.salesforce import soql
from sdrbot_skills.crm.salesforce.client import Client
from sdrbot_skills.crm.salesforce.schema import PERSON_FLAG
from sdrbot_skills.model.records import Condition, Record
from sdrbot_skills.model.schema import ObjectSchema

PAGE = 2000
PAGED = f"ORDER BY Id LIMIT {PAGE}"
IDS_PER_RETRIEVE = 2000


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


def edited_after(client: Client, object_name: str, moments: Mapping[str, str]) -> dict[str, bool]:
    """`LastModifiedDate` is of users; `SystemModstamp` also moves by automated processes (Object Reference, "System Fields")."""
    rows = retrieve(client, object_name, list(moments), ["Id", "LastModifiedDate"])
    return {row["Id"]: row["LastModifiedDate"][:23] + "Z" > moments[row["Id"]] for row in rows}


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


def _columns_that_fit(columns: list[str], object_name: str, clauses: Sequence[str], room: int) -> list[str]:
    """All columns where the query stays within `room` characters, else the id alone; the rest is then retrieved by id."""
    return columns if soql.length(soql.select(columns, object_name, clauses)) <= room else ["Id"]
