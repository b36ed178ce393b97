"""Reading and finding records (vendor doc "REST API Developer Guide", Query and "Get Records Using sObject Collections").

Reading goes by `ORDER BY Id` with `Id > last`, never by OFFSET (2,000 at most) nor by a query locator (it expires).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.salesforce import bulk_read, soql
from sdrbot_skills.crm.salesforce.capabilities import CAPABILITIES
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.links import OF_DEALS, Links
from sdrbot_skills.crm.salesforce.schema import Schema
from sdrbot_skills.model.records import Condition, Page, Record
from sdrbot_skills.model.schema import LinkType, ObjectSchema

PAGE = CAPABILITIES.page_size
PAGED = f"ORDER BY Id LIMIT {PAGE}"


class Records:
    """Reading and finding."""

    def __init__(self, client: SalesforceClient, schema: Schema, links: Links) -> None:
        self._client, self._schema, self._links = client, schema, links

    def read(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition],
        cursor: str | None,
        links: Sequence[LinkType],
    ) -> Page:
        """One page in order of ids; the cursor is the id to go on after."""
        schema = self._schema.known(object_name)
        clauses = [*soql.conditions(schema, where), *soql.companies_only(schema)]
        if cursor:
            clauses.append(f"Id > {soql.ids([cursor])[0]}")
        columns = soql.columns_of(schema, _with_references(fields, links))
        inline = _columns_that_fit(columns, object_name, clauses, soql.LONGEST_QUERY - len(PAGED))
        page = self._client.query(soql.select(inline, object_name, clauses, PAGED))
        rows = page["records"]
        # Wide rows make Salesforce shorten a page; the rest is asked for by id again, not by its locator.
        more = bool(rows) and (not page["done"] or len(rows) == PAGE)
        last = rows[-1]["Id"] if more else None
        if len(inline) < len(columns):
            rows = self._client.retrieve(object_name, [row["Id"] for row in rows], columns)
        return self._page(_records(schema, rows), links, last)

    def read_by_job(
        self,
        object_name: str,
        fields: Sequence[str],
        where: Sequence[Condition],
        cursor: str | None,
        links: Sequence[LinkType],
    ) -> Iterator[Page]:
        """Every page of a query job. Contact roles, and deals of person accounts, are read by the range of a page's ids."""
        in_order = any(not link.field or link.standard in OF_DEALS for link in links)
        schema = self._schema.known(object_name)
        asked = bulk_read.question(schema, _with_references(fields, links), where, in_order=in_order)
        for found, after in bulk_read.read(self._client, asked, cursor):
            yield self._page(found, links, after)

    def _page(self, found: list[Record], links: Sequence[LinkType], after: str | None) -> Page:
        return Page(found, self._links.of_page(found, links), after)

    def count(self, object_name: str, where: Sequence[Condition]) -> int:
        """How many records this credential sees."""
        schema = self._schema.known(object_name)
        clauses = [*soql.conditions(schema, where), *soql.companies_only(schema)]
        return int(self._client.query(soql.select(["COUNT()"], object_name, clauses))["totalSize"])

    def get(self, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """The records of these ids; missing ones are left out."""
        schema = self._schema.known(object_name)
        return _records(schema, self._client.retrieve(object_name, ids, soql.columns_of(schema, fields)))

    def find(self, object_name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Record]:
        """Records whose field equals one of the values, in as few queries as URLs allow."""
        schema = self._schema.known(object_name)
        key = soql.field_of(schema, field)
        columns = soql.columns_of(schema, [*fields, field])
        inline = _columns_that_fit(columns, object_name, [], soql.LONGEST_QUERY // 2)
        only = soql.companies_only(schema)
        head = soql.length(soql.select(inline, object_name, [f"{key.name} IN ", *only]))
        literals = sorted({soql.literal(key, value) for value in values})
        found: list[dict[str, Any]] = []
        for some in soql.lists(literals, soql.LONGEST_QUERY - head):
            found.extend(self._client.query_all(soql.select(inline, object_name, [f"{key.name} IN {some}", *only])))
        if len(inline) < len(columns):
            found = self._client.retrieve(object_name, [row["Id"] for row in found], columns)
        return _records(schema, found)

    def edited_after(self, object_name: str, moments: Mapping[str, str]) -> dict[str, bool]:
        """`LastModifiedDate` is of users; `SystemModstamp` also moves by automated processes (Object Reference, "System Fields")."""
        rows = self._client.retrieve(object_name, list(moments), ["Id", "LastModifiedDate"])
        return {row["Id"]: row["LastModifiedDate"][:23] + "Z" > moments[row["Id"]] for row in rows}


def _with_references(fields: Sequence[str], links: Sequence[LinkType]) -> list[str]:
    return [*fields, *(link.field for link in links if link.field)]


def _records(schema: ObjectSchema, rows: Sequence[dict[str, Any]]) -> list[Record]:
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
