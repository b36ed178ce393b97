"""One HTTP client library each on a broker's unix socket.

URLs stay the vendor's `https://...`: each adapter below sends plain HTTP/1.1 over the socket with the vendor's Host, so an SDK needs no change
and no certificate authority of our own. The hooks used are the libraries' own: an `httpx` transport, a `requests` adapter, a `urllib3` pool class.
None of them repeats a request by itself, follows a proxy variable or waits for ever.
"""

from __future__ import annotations

import socket as sockets
import weakref
from collections.abc import Mapping
from typing import Any

import httpx
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from sdrbot_skills.transport.connection import CONNECTION_HEADER, Connection

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 130.0
"""Longer than the broker's own patience with a vendor, so that the broker's answer arrives first."""

_USUAL_PORTS = (80, 443)
_POOL_OPTIONS = ("timeout", "maxsize", "block", "headers", "retries")


class _BrokerTransport(httpx.HTTPTransport):
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        plain = httpx.Request(
            request.method,
            request.url.copy_with(scheme="http"),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return super().handle_request(plain)


def httpx_client(connection: Connection, **options: Any) -> httpx.Client:
    """An `httpx.Client` for one connection; `base_url` and the connection header are set. Its sockets are closed when nobody holds it any more."""
    transport = _BrokerTransport(uds=connection.socket, verify=False)
    client = httpx.Client(
        transport=transport,
        base_url=connection.base_url,
        headers={CONNECTION_HEADER: connection.name},
        timeout=httpx.Timeout(READ_TIMEOUT, connect=CONNECT_TIMEOUT),
        trust_env=False,
        **options,
    )
    weakref.finalize(client, transport.close)
    return client


def urllib3_pools(connection: Connection, size: int = 8) -> urllib3.PoolManager:
    """A `urllib3.PoolManager` for one connection. Never retries by itself: what may be sent again is known only to the adapter."""
    path = connection.socket
    patience = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)

    class BrokerConnection(HTTPConnection):
        def _new_conn(self) -> sockets.socket:
            plug = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
            plug.settimeout(CONNECT_TIMEOUT)
            try:
                plug.connect(path)
            except TimeoutError as error:
                plug.close()
                raise ConnectTimeoutError(self, f"The broker at {path} takes no connection.") from error
            except OSError as error:
                plug.close()
                raise NewConnectionError(self, f"The broker at {path} does not answer ({error}).") from error
            return plug

    class BrokerPool(HTTPConnectionPool):
        ConnectionCls = BrokerConnection

        def __init__(self, host: str, port: int | None = None, **options: Any) -> None:
            plain = {key: value for key, value in options.items() if key in _POOL_OPTIONS}
            super().__init__(host, None if port in _USUAL_PORTS else port, **plain)

        def urlopen(self, method: str, url: str, *args: Any, **options: Any) -> BaseHTTPResponse:
            """Adds what SDKs that pass their own headers and `timeout=None` would otherwise go without."""
            options["headers"] = {**(options.get("headers") or {}), CONNECTION_HEADER: connection.name}
            options["timeout"] = options.get("timeout") or patience
            return super().urlopen(method, url, *args, **options)

    manager = urllib3.PoolManager(maxsize=size, retries=False)
    manager.pool_classes_by_scheme = {"http": BrokerPool, "https": BrokerPool}
    return manager


class _BrokerAdapter(HTTPAdapter):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        super().__init__(max_retries=0)

    def init_poolmanager(self, *_: Any, **__: Any) -> None:
        self.poolmanager = urllib3_pools(self._connection)

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        return self.poolmanager.connection_from_url(request.url)

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """There is no TLS on the socket."""

    def send(self, request: Any, *args: Any, **options: Any) -> requests.Response:
        options["timeout"] = options.get("timeout") or (CONNECT_TIMEOUT, READ_TIMEOUT)
        return super().send(request, *args, **options)


def requests_session(connection: Connection, headers: Mapping[str, str] | None = None) -> requests.Session:
    """A `requests.Session` for one connection, for SDKs that take a session."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update({CONNECTION_HEADER: connection.name, **(headers or {})})
    session.mount("https://", _BrokerAdapter(connection))
    session.mount("http://", _BrokerAdapter(connection))
    return session
