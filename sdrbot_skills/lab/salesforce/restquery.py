"""SOQL end points: query, queryAll, tooling/query, and the locators behind nextRecordsUrl."""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.salesforce import ids, soql
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.query import Query, is_aggregate, is_bare_count, prepare
from sdrbot_skills.lab.salesforce.service import Service, base
from sdrbot_skills.lab.salesforce.setuptables import SetupTables

Doc = dict[str, Any]
PAGE, SMALLEST_PAGE = 2000, 200
LOCATORS, LOCATOR_SECONDS = 100, 15 * 60.0


@dataclass
class Cursor:
    query: Query
    numbers: Sequence[int]
    path: str
    used: float


class RestQuery:
    """Locators live in memory, fifteen minutes from their last use: after that, or a restart, they are invalid."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.clock = service.app.store.clock
        self._cursors: OrderedDict[str, Cursor] = OrderedDict()

    def add_routes(self) -> None:
        route = self.service.route
        route("GET", "/query", lambda request: self.run(request, self.service.tables))
        route("GET", "/queryAll", lambda request: self.run(request, self.service.tables, archived=True))
        route("GET", "/tooling/query", lambda request: self.run(request, self.service.tooling_tables))
        for path in ("/query", "/queryAll", "/tooling/query"):
            route("GET", path + "/{locator}", self.more)

    def run(self, request: Request, tables: SetupTables, *, archived: bool = False) -> Response:
        text = request.first("q")
        if not text:
            raise Refusal("MALFORMED_QUERY", "SOQL statements cannot be empty or null.")
        select = soql.parse(text)
        query = prepare(tables, select, archived=archived)
        if is_bare_count(select):
            return reply(200, {"totalSize": query.count(), "done": True, "records": []})
        if is_aggregate(select):
            rows = query.aggregated()
            return reply(200, {"totalSize": len(rows), "done": True, "records": rows})
        numbers = query.numbers()
        self._check_metadata(select, len(numbers))
        path = f"{base(request)}/{'tooling/' if tables.tooling else ''}{'queryAll' if archived else 'query'}"
        return reply(200, self._page(Cursor(query, numbers, path, 0.0), None, 0, request))

    def more(self, request: Request) -> Response:
        name, _, start = request.params["locator"].rpartition("-")
        cursor = self._cursors.get(name)
        if cursor is None or self.clock.now() - cursor.used > LOCATOR_SECONDS or not start.isdigit():
            raise Refusal("INVALID_QUERY_LOCATOR", "invalid query locator")
        return reply(200, self._page(cursor, name, int(start), request))

    def _page(self, cursor: Cursor, name: str | None, start: int, request: Request) -> Doc:
        size = _page_size(request)
        numbers = cursor.numbers[start : start + size]
        total, end = len(cursor.numbers), start + len(numbers)

        def open_child(query: Query, found: Sequence[int]) -> Doc:
            return self._page(Cursor(query, found, f"{base(request)}/query", 0.0), None, 0, request)

        shown: Doc = {"totalSize": total, "done": end >= total}
        if end < total:
            name = name or self._keep(cursor)
            cursor.used = self.clock.now()
            shown["nextRecordsUrl"] = f"{cursor.path}/{name}-{end}"
        shown["records"] = cursor.query.render(numbers, base(request), open_child)
        return shown

    def _keep(self, cursor: Cursor) -> str:
        """A new locator; the oldest goes when there are too many."""
        name = ids.encode("01g", self.service.app.store.next_ids(1)[0])
        self._cursors[name] = cursor
        if len(self._cursors) > LOCATORS:
            self._cursors.popitem(last=False)
        return name

    def _check_metadata(self, select: soql.Select, found: int) -> None:
        names = {str(item).lower() for item in select.items if isinstance(item, soql.Path)}
        if found > 1 and select.sobject.lower() == "customfield" and names & {"metadata", "fullname"}:
            message = (
                "When retrieving results with Metadata or FullName fields, the query qualifications must specify no"
                " more than one row for retrieval."
            )
            raise Refusal("MALFORMED_QUERY", message)


def _page_size(request: Request) -> int:
    found = re.search(r"batchSize\s*=\s*(\d+)", request.headers.get("Sforce-Query-Options", ""))
    return min(PAGE, max(SMALLEST_PAGE, int(found[1]))) if found else PAGE
