"""Attio over the broker's socket: one HTTP client, and every failure as one of our errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from sdrbot_skills.crm.attio.failures import failure
from sdrbot_skills.crm.exchange import exchange
from sdrbot_skills.crm.failures import Effect, answered
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.transport.connection import Connection, find_connection
from sdrbot_skills.transport.sockets import httpx_client

PAGE = 500
MADE_NOW = 5.0
"""Seconds between a record's creation and the answer that may have made it."""


class AttioClient:
    """Attio's REST API v2 for one connection; paths start `/v2`. It holds no token: the broker adds it, and refuses what is not allowed."""

    def __init__(self, connection: Connection | str | None = None) -> None:
        found = connection if isinstance(connection, Connection) else find_connection(connection or "attio")
        self.connection = found
        self.http = httpx_client(found)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """The `data` at a path; repeated while that helps."""
        return repeated(lambda: self.send("GET", path, query=query))["data"]

    def query(self, object_name: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One page of records; repeated while that helps."""
        found: list[dict[str, Any]] = repeated(lambda: self.send("POST", records(object_name, "query"), body=body))[
            "data"
        ]
        return found

    def all_records(self, object_name: str, condition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The records that fulfil a condition, which has to leave few enough to be paged by offset."""
        offset = 0
        while True:
            page = self.query(object_name, {"filter": condition, "limit": PAGE, "offset": offset})
            yield from page
            if len(page) < PAGE:
                return
            offset += PAGE

    def write(self, method: str, path: str, data: Any, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Send `{"data": ...}` once and answer the `data` that comes back. Raises `OutcomeUnknown` where no answer came."""
        answer = self.send(method, path, query=query, body={"data": data}, effect=Effect.ONCE)
        found: dict[str, Any] = answer["data"]
        return found

    def upsert(self, path: str, data: Any, attribute: str) -> tuple[dict[str, Any], bool]:
        """Attio's assert, once: the record, and whether its creation is of the moment of the answer, which is all that Attio tells."""
        query = {"matching_attribute": attribute}
        answer, date = self._exchanged("PUT", path, query=query, body={"data": data}, effect=Effect.ONCE)
        made = datetime.fromisoformat(answer["data"]["created_at"][:19]).replace(tzinfo=UTC)
        moment = parsedate_to_datetime(date) if date else datetime.now(UTC)
        return answer["data"], abs((moment - made).total_seconds()) <= MADE_NOW

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
        return self._exchanged(method, path, query=query, body=body, effect=effect)[0]

    def _exchanged(
        self, method: str, path: str, *, query: Mapping[str, str] | None, body: Any, effect: Effect
    ) -> tuple[Any, str | None]:
        what = f"Attio {method} {path}"
        answer = exchange(self.http, what, method, path, query=query, body=body, effect=effect)
        if answer.status_code >= 300:
            raise failure(what, answer.status_code, answer.headers, answer.content, effect, self.connection)
        return answered(what, answer.content, effect), answer.headers.get("Date")


def records(object_name: str, *tail: str) -> str:
    """`/v2/objects/people/records/...`"""
    return _joined("objects", object_name, "records", *tail)


def attributes(object_name: str, *tail: str) -> str:
    """`/v2/objects/people/attributes/...`"""
    return _joined("objects", object_name, "attributes", *tail)


def _joined(*parts: str) -> str:
    return "/v2/" + "/".join(quote(part, safe="") for part in parts)
