"""HubSpot's SDK on the broker's socket, and how requests are sent through it.

Data goes through the SDK's own connection pool as bytes, read and written with orjson: the SDK's models drop keys they do not know
and read some 9,000 records a second where this reads over 100,000.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import requests
from hubspot import HubSpot
from hubspot.discovery.discovery_base import DiscoveryBase
from hubspot.utils.requests.http_request_builder import Request
from urllib3 import PoolManager
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from sdrbot_skills.crm.failures import Effect, answered, no_answer, unreachable
from sdrbot_skills.crm.hubspot.failures import failure
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.transport.connection import Connection
from sdrbot_skills.transport.sockets import requests_session, urllib3_pools

PLACEHOLDER_TOKEN = "held-by-the-broker"

Query = Sequence[tuple[str, str]]


class BrokerHubSpot(HubSpot):  # type: ignore[misc]  # the SDK has no types
    """The SDK's client, its second way out closed: `api_request` would use `requests` past every pool it was given."""

    def __init__(self, connection: Connection) -> None:
        self._pools = urllib3_pools(connection)
        self._session = requests_session(connection)
        super().__init__(
            access_token=PLACEHOLDER_TOKEN,
            host=connection.base_url,
            base_url=connection.base_url,
            api_factory=self._api,
        )

    def _api(self, package: Any, name: str, config: dict[str, Any]) -> Any:
        """Each module of the SDK builds a client and a pool of its own; all get the one that leads to the broker."""
        api = DiscoveryBase._default_api_factory(package, name, config)
        api.api_client.rest_client.pool_manager = self._pools
        return api

    def api_request(self, options: dict[str, Any]) -> requests.Response:
        """As the SDK's, over the broker's socket."""
        request = Request(self.config, options)
        return self._session.request(request.get_method(), request.get_url(), **request.get_options_for_sending())


class HubSpotClient:
    """Requests to one HubSpot account; every failure comes out as one of `sdrbot_skills.errors`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.paths = Paths(connection.api_version)
        self.sdk = BrokerHubSpot(connection)

    def get(self, path: str, query: Query = ()) -> Any:
        """The JSON at a path; repeated while that helps."""
        return repeated(lambda: self.send("GET", path, query=query))

    def read(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that a reading POST (search, batch read) answers; repeated while that helps."""
        return repeated(lambda: self.send("POST", path, body=body))

    def pages(self, path: str, query: Query = ()) -> list[dict[str, Any]]:
        """All results of a paged list of definitions (owners, properties); never for records, of which there may be millions."""
        results: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            answer = self.get(path, [*query, *([("after", after)] if after else [])])
            results += answer["results"]
            after = next_page(answer)
            if after is None:
                return results

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: Mapping[str, Any] | None = None,
        effect: Effect = Effect.READ,
    ) -> Any:
        """One request, once. The answer's JSON, `None` where there is none."""
        pools, headers = self._way_out
        what = f"{method} {path.split('?')[0]}"
        url = f"{self.connection.base_url}{path}{'?' + urlencode(query) if query else ''}"
        try:
            answer = pools.request(
                method, url, body=None if body is None else orjson.dumps(body), headers=headers, redirect=False
            )
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise unreachable(what, str(error)) from error
        except HTTPError as error:
            raise no_answer(what, effect, type(error).__name__) from error
        if answer.status >= 300:
            raise failure(what, answer.status, answer.headers, answer.data, effect, self.connection)
        return answered(what, answer.data, effect)

    @cached_property
    def _way_out(self) -> tuple[PoolManager, dict[str, str]]:
        """The SDK's pool and the headers its own calls would carry."""
        client = self.sdk.crm.objects.basic_api.api_client
        headers = {"Accept": "application/json", "Content-Type": "application/json", **client.default_headers}
        client.update_params_for_auth(headers, [], ["oauth2"])
        return client.rest_client.pool_manager, headers


class Paths:
    """Paths in the spelling of one API version: `v3`, or a dated one such as `2026-03` (HubSpot's versions from 2026 on)."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._dated = not version.startswith("v")

    def objects(self, object_name: str, *tail: str) -> str:
        """Records: `/crm/v3/objects/contacts/batch/read`."""
        return self._crm("objects", object_name, *tail)

    def properties(self, object_name: str, *tail: str) -> str:
        """Property definitions and their groups."""
        return self._crm("properties", object_name, *tail)

    def pipelines(self, object_name: str, *tail: str) -> str:
        """Pipelines with their stages."""
        return self._crm("pipelines", object_name, *tail)

    def owners(self) -> str:
        """Users that can own records."""
        return self._crm("owners", "")

    def limits(self, *tail: str) -> str:
        """How full the account is."""
        return self._crm("limits", *tail)

    def schemas(self, *tail: str) -> str:
        """Custom objects."""
        return _joined(f"/crm-object-schemas/{self._version}/schemas", *tail)

    def associations(self, object_name: str, to_object: str, *tail: str) -> str:
        """Links: always the fourth generation, whose types are numbers."""
        version = f"associations/{self._version}" if self._dated else "v4/associations"
        return _joined(f"/crm/{version}", object_name, to_object, *tail)

    def account(self, *tail: str) -> str:
        """The account itself and its daily usage."""
        return _joined(f"/account-info/{self._version}", *tail)

    def unsubscribe_all(self, email: str) -> str:
        """One address's opt-out from everything."""
        version = self._version if self._dated else "v4"
        return _joined(f"/communication-preferences/{version}/statuses", email, "unsubscribe-all")

    def _crm(self, family: str, *tail: str) -> str:
        stem = f"/crm/{family}/{self._version}" if self._dated else f"/crm/{self._version}/{family}"
        return _joined(stem, *tail)


def next_page(answer: Mapping[str, Any]) -> str | None:
    """The cursor of the next page of a list answer; HubSpot leaves `paging` out on the last one."""
    after = ((answer.get("paging") or {}).get("next") or {}).get("after")
    return None if after is None else str(after)


def _joined(stem: str, *tail: str) -> str:
    return "/".join((stem, *(quote(part, safe="") for part in tail)))
