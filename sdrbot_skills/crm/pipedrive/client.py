"""Requests to one Pipedrive account, in both of its API versions.

v2 has records and their fields and pages by an opaque cursor; v1 has what v2 lacks (users, leads, participants, relationships) and pages by
offset. The shared host spells v1 `/v1`, a company's own host `/api/v1` (Pipedrive's guide "Core API concepts").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.exchange import exchange
from sdrbot_skills.crm.failures import Effect, answered
from sdrbot_skills.crm.pipedrive.failures import failure
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.transport.connection import Connection
from sdrbot_skills.transport.sockets import httpx_client

V2 = "/api/v2"
PAGE = 500
SHARED_HOST = "https://api.pipedrive.com"

Query = Sequence[tuple[str, str]]


class PipedriveClient:
    """Sends requests; every failure comes out as one of `sdrbot_skills.errors`. `allowances`: the last rate headers seen."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.http = httpx_client(connection)
        self.v1 = "/v1" if connection.base_url == SHARED_HOST else "/api/v1"
        self.allowances: dict[str, str] = {}

    def home(self, *, v1: bool) -> str:
        """Where the records of an object are: nearly all of them in v2."""
        return self.v1 if v1 else V2

    def get(self, path: str, query: Query = ()) -> dict[str, Any]:
        """The whole answer at a path; repeated while that helps."""
        answer: dict[str, Any] = repeated(lambda: self.send("GET", path, query=query))
        return answer

    def page(self, path: str, query: Query = (), cursor: str | None = None) -> tuple[list[dict[str, Any]], str | None]:
        """One page of a v2 list, and the cursor of the next; every other parameter has to stay the same from page to page."""
        answer = self.get(path, [*query, ("limit", str(PAGE)), *([("cursor", cursor)] if cursor else [])])
        return answer["data"] or [], (answer.get("additional_data") or {}).get("next_cursor")

    def pages(self, path: str, query: Query = ()) -> Iterator[list[dict[str, Any]]]:
        """All pages of a v2 list."""
        cursor: str | None = None
        while True:
            rows, cursor = self.page(path, query, cursor)
            yield rows
            if cursor is None:
                return

    def offset_pages(self, path: str, query: Query = ()) -> Iterator[list[dict[str, Any]]]:
        """All pages of a v1 list. What is deleted meanwhile would shift it, so it is only used for what nobody deletes during a run."""
        start = 0
        while True:
            answer = self.get(path, [*query, ("start", str(start)), ("limit", str(PAGE))])
            rows = answer["data"] or []
            yield rows
            told = answer.get("additional_data") or {}
            paging = told.get("pagination") or told
            if not paging.get("more_items_in_collection"):
                return
            start = int(paging.get("next_start") or start + len(rows))

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        effect: Effect = Effect.READ,
    ) -> Any:
        """One request, once. The answer's JSON."""
        what = f"{method} {path}"
        answer = exchange(self.http, what, method, path, query=query, body=body, effect=effect)
        if told := {name: value for name, value in answer.headers.items() if name.startswith("x-daily-ratelimit")}:
            self.allowances = told
        if answer.status_code >= 300:
            raise failure(what, answer.status_code, answer.headers, answer.content, effect, self.connection)
        return answered(what, answer.content, effect) or {}
