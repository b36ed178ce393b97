"""Twenty over the broker's socket: one HTTP client for REST and GraphQL, and every failure as one of our errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sdrbot_skills.crm.exchange import exchange
from sdrbot_skills.crm.failures import Effect, answered
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.twenty.failures import PAUSE, NoPermission, failure
from sdrbot_skills.errors import ConfigurationError, RateLimited, ReauthenticateNeeded
from sdrbot_skills.transport.connection import Connection, find_connection
from sdrbot_skills.transport.sockets import httpx_client


class TwentyClient:
    """Twenty's API for one connection. It holds no key: the broker adds it, and refuses what is not allowed."""

    def __init__(self, connection: Connection | str | None = None) -> None:
        found = connection if isinstance(connection, Connection) else find_connection(connection or "twenty")
        self.connection = found
        self.http = httpx_client(found)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The JSON at a path such as `/rest/people`; repeated while that helps."""
        return repeated(lambda: self.send("GET", path, query=query))

    def pages(self, plural: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """All records of an object that has few of them."""
        after: dict[str, str] = {}
        while True:
            page = self.get(f"/rest/{plural}", {"limit": "200", **(query or {}), **after})
            yield from page["data"][plural]
            cursor = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"] or cursor is None:
                return
            after = {"starting_after": cursor}

    def graphql(self, query: str, variables: Mapping[str, Any] | None = None, path: str = "/graphql") -> dict[str, Any]:
        """The `data` of a GraphQL query; its answers are 200 whatever happened. Repeated while that helps."""
        body = {"query": query, "variables": variables or {}}

        def ask() -> dict[str, Any]:
            answer = self.send("POST", path, body=body)
            if answer.get("errors"):
                raise self._graphql_error(answer["errors"][0], path)
            found: dict[str, Any] = answer["data"]
            return found

        return repeated(ask)

    def _graphql_error(self, error: Mapping[str, Any], path: str) -> Exception:
        extensions = error.get("extensions") or {}
        code = extensions.get("subCode") or extensions.get("code") or "INVALID"
        if code == "LIMIT_REACHED":
            return RateLimited("Twenty's allowance of calls is used up.", PAUSE)
        if code == "UNAUTHENTICATED":
            name = self.connection.name
            return ReauthenticateNeeded(f"Twenty no longer accepts the key of {name!r}. Connect it again.", name)
        if code in ("PERMISSION_DENIED", "FORBIDDEN"):
            return NoPermission(f"Twenty {path}: the role of this key does not allow it. Give the key another role.")
        return ConfigurationError(f"Twenty {path}: the query was not understood ({code}).")

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        effect: Effect = Effect.READ,
    ) -> Any:
        """One request, once. The answer's JSON, `None` where there is none."""
        what = f"Twenty {method} {path}"
        answer = exchange(self.http, what, method, path, query=query, body=body, effect=effect)
        if answer.status_code >= 300:
            raise failure(what, answer.status_code, answer.headers, answer.content, effect, self.connection)
        return answered(what, answer.content, effect)
