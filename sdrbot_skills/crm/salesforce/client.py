"""The simple-salesforce SDK on the broker's socket, and what its answers mean in our errors.

Requests go through the SDK's session, URLs and headers; sending and reading are done here, because the SDK retries a 401 without end, drops
the caller's headers on that retry and has neither time-outs nor a notion of what was written (simple-salesforce 1.12, `SFType`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
import requests
from simple_salesforce import Salesforce
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.crm.failures import Effect, answered, no_answer, unreachable
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.salesforce.failures import failure
from sdrbot_skills.transport.connection import Connection
from sdrbot_skills.transport.sockets import requests_session

API_VERSION = "66.0"
"""The oldest version this adapter is written for; the SDK's own default (59.0) lacks newer fields."""

IDS_PER_RETRIEVE = 2000

PLACEHOLDER = "the-broker-adds-the-credential"

QUERY_OPTIONS = {"Sforce-Query-Options": "batchSize=2000"}
WRITE_OPTIONS = {
    # Without these an import hands leads to other owners, is refused by alerting duplicate rules and fills everybody's recent items.
    "Sforce-Auto-Assign": "FALSE",
    "Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true",
    "Sforce-Mru": "updateMru=false",
}


def open_sdk(connection: Connection) -> Any:
    """The real `simple_salesforce.Salesforce` object for one connection; its session id is a placeholder."""
    return Salesforce(
        session_id=PLACEHOLDER,
        instance_url=connection.base_url,
        version=_version(connection),
        session=requests_session(connection),
    )


class SalesforceClient:
    """Requests of one connection. Paths are relative to `/services/data/vXX.0/`, or absolute when they start with `/`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.sdk = open_sdk(connection)
        self._headers = {name: value for name, value in self.sdk.headers.items() if name != "X-PrettyPrint"}

    @property
    def origin(self) -> str:
        """`https://<instance>`, where the account's pages are."""
        return f"https://{self.sdk.sf_instance}"

    def path(self, relative: str) -> str:
        """The absolute path of a relative one."""
        return f"/services/data/v{self.sdk.sf_version}/{relative}"

    def read(self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """Ask for something that changes nothing; asked again where that can help. Raises `RequestFailed` for the vendor's "no"."""
        return repeated(lambda: self._call(method, path, params, body, QUERY_OPTIONS, Effect.READ))

    def change(self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """Send a write, once. Raises `OutcomeUnknown` when it was sent and no answer came."""
        return self._call(method, path, params, body, WRITE_OPTIONS, Effect.ONCE)

    def change_again(self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None) -> Any:
        """Send a write that comes out the same a second time; sent again where that can help."""
        return repeated(lambda: self._call(method, path, params, body, WRITE_OPTIONS, Effect.REPEATABLE))

    def upload(self, path: str, chunks: Iterable[bytes]) -> None:
        """Stream the rows of a bulk job. It has no effect before the job is closed, so a failure is answered by opening another job."""
        headers = {"Content-Type": "text/csv"}
        self._send("PUT", path, Effect.REPEATABLE, headers, data=chunks)

    @contextmanager
    def download(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[requests.Response]:
        """An answer that is read as it arrives: `.raw` is a readable file. Raises `Retriable` when it breaks off."""
        response = repeated(lambda: self._send("GET", path, Effect.READ, QUERY_OPTIONS, params=params, stream=True))
        response.raw.decode_content = True
        response.raw.auto_close = False  # else a text wrapper finds the file closed before it has seen its end
        try:
            yield response
        except HTTPError as error:
            raise no_answer(f"Salesforce GET {path}", Effect.READ, type(error).__name__) from error
        finally:
            response.close()

    def query(self, soql: str, *, tooling: bool = False) -> dict[str, Any]:
        """One page of a query: `{"totalSize", "done", "records", "nextRecordsUrl"?}`."""
        answer: dict[str, Any] = self.read("GET", "tooling/query" if tooling else "query", params={"q": soql})
        return answer

    def query_all(self, soql: str, *, tooling: bool = False) -> Iterator[dict[str, Any]]:
        """The records of all pages of a query."""
        page = self.query(soql, tooling=tooling)
        yield from page["records"]
        while not page["done"]:
            page = self.read("GET", page["nextRecordsUrl"])
            yield from page["records"]

    def retrieve(self, object_name: str, ids: Sequence[str], columns: Sequence[str]) -> list[dict[str, Any]]:
        """Rows by id, by a POST that has no limit on its length; missing ones are left out."""
        rows: list[dict[str, Any]] = []
        for some in chunks(ids, IDS_PER_RETRIEVE):
            body = {"ids": list(some), "fields": list(columns)}
            rows.extend(row for row in self.read("POST", f"composite/sobjects/{object_name}", body=body) if row)
        return rows

    def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        body: Any,
        headers: Mapping[str, str],
        effect: Effect,
    ) -> Any:
        data = None if body is None else orjson.dumps(body)
        response = self._send(method, path, effect, headers, params=params, data=data)
        return answered(f"Salesforce {method} {path}", response.content, effect)

    def _send(
        self, method: str, path: str, effect: Effect, headers: Mapping[str, str], **options: Any
    ) -> requests.Response:
        url = self.origin + path if path.startswith("/") else self.sdk.base_url + path
        what = f"Salesforce {method} {path}"
        try:
            response: requests.Response = self.sdk.session.request(
                method, url, headers={**self._headers, **headers}, allow_redirects=False, **options
            )
        except requests.RequestException as error:
            reason = type(error).__name__
            raise (unreachable(what, reason) if _never_sent(error) else no_answer(what, effect, reason)) from error
        if response.status_code >= 300:
            raise failure(response, self.connection.name, what, effect)
        return response


def _never_sent(error: BaseException) -> bool:
    """Whether the socket was not even connected: urllib3 says so in the cause that requests wraps."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, NewConnectionError | ConnectTimeoutError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _version(connection: Connection) -> str:
    """The broker's version where it is one this adapter knows, else the oldest that is."""
    offered = connection.api_version.removeprefix("v")
    return offered if offered.split(".")[0].isdigit() and float(offered) >= float(API_VERSION) else API_VERSION
