"""Requests to Zoho CRM's API v8 over httpx on the broker's socket (the vendor's SDKs follow their token to real data centres and have no time-outs)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sdrbot_skills.crm.exchange import exchange
from sdrbot_skills.crm.failures import Effect, answered, json_of
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.zohocrm.failures import failure
from sdrbot_skills.transport.connection import Connection
from sdrbot_skills.transport.sockets import httpx_client

USERS_PER_PAGE = 200

Query = Mapping[str, str]


class ZohoClient:
    """Requests of one connection. Paths are relative to `/crm/v8/`; every failure comes out as one of `sdrbot_skills.errors`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.http = httpx_client(connection)

    def path(self, relative: str) -> str:
        """The absolute path of a relative one."""
        return f"/crm/{self.connection.api_version}/{relative}"

    def get(self, path: str, query: Query | None = None) -> dict[str, Any]:
        """The JSON at a path, empty where Zoho answers 204 (it has nothing); repeated while that helps."""
        return repeated(lambda: self.send("GET", path, query=query))

    def query(self, coql: str) -> dict[str, Any]:
        """What a COQL query answers, empty where nothing fits; repeated while that helps."""
        return repeated(lambda: self.send("POST", "coql", body={"select_query": coql}))

    def users(self, kind: str) -> Iterator[dict[str, Any]]:
        """The users of a kind, all pages."""
        page = 1
        while True:
            answer = self.get("users", {"type": kind, "page": str(page), "per_page": str(USERS_PER_PAGE)})
            yield from answer.get("users") or ()
            if not (answer.get("info") or {}).get("more_records"):
                return
            page += 1

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        effect: Effect = Effect.READ,
    ) -> dict[str, Any]:
        """One request, once. A list of results among which some or all failed is an answer, whatever its status."""
        what = f"Zoho {method} {path.split('?')[0]}"
        answer = exchange(self.http, what, method, self.path(path), query=query, body=body, effect=effect)
        if answer.status_code == 400 and effect is not Effect.READ and (entries := _entries(answer.content)):
            return entries
        if answer.status_code >= 300:
            raise failure(what, answer.status_code, answer.headers, answer.content, effect, self.connection)
        return dict(answered(what, answer.content, effect) or {})


def _entries(content: bytes) -> dict[str, Any] | None:
    """The body of a 400 that answers row by row (every row failed); None where the request as a whole was refused."""
    body = json_of(content)
    return body if isinstance(body, dict) and isinstance(body.get("data"), list) else None
