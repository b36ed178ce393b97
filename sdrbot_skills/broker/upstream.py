"""The way out: one pooled client per broker, the credential added to a request that was already judged, no redirect ever followed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from sdrbot_skills.broker.policy import Policy
from sdrbot_skills.broker.spec import ConnectionSpec
from sdrbot_skills.broker.tokens import TokenSource
from sdrbot_skills.credentials.model import BearerToken

CONNECT_SECONDS = 10.0
READ_SECONDS = 110.0


class UnsafeOrigin(Exception):
    """A credential would travel in the clear, or to a host that is not the vendor's."""


@dataclass
class Upstream:
    """One account as it is spoken to: where, with which token, under which table.

    `hosts`: every Host that stands for it inside, and which of the policy's `further_hosts` that is (empty: `host`, the account's own). `origins`:
    where each of them is.
    """

    spec: ConnectionSpec
    policy: Policy
    tokens: TokenSource
    session: aiohttp.ClientSession
    origin: str = ""
    host: str = ""
    hosts: dict[str, str] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | AsyncIterator[bytes] | None = None,
        host: str = "",
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send the exact `target` to the account's own host, or to that one of the `further_hosts`.

        A 401 is answered by renewing the token and sending once more, unless the body was a stream."""
        token = await self.tokens.token()
        url = URL((self.origins.get(host) or self.spec.origin) + target, encoded=True)
        answer = await self._once(method, url, headers, body, token)
        try:
            if answer.status == 401 and not isinstance(body, AsyncIterator) and await self.tokens.renew(token):
                answer.release()
                answer = await self._once(method, url, headers, body, await self.tokens.token())
            yield answer
        finally:
            answer.release()

    async def _once(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str] | None,
        body: bytes | AsyncIterator[bytes] | None,
        token: str,
    ) -> aiohttp.ClientResponse:
        sent = {**(headers or {}), **self._authentication(token)}
        return await self.session.request(method, url, headers=sent, data=body, allow_redirects=False)

    def _authentication(self, token: str) -> dict[str, str]:
        policy = self.policy.data
        if policy.key_header is not None and isinstance(self.spec.credential, BearerToken):
            return {policy.key_header: token}
        return {"Authorization": f"{policy.auth_scheme} {token}"}


def open_session() -> aiohttp.ClientSession:
    """The pooled client. It never repeats a request by itself: whether a repeat is harmless is not its to know."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=64, limit_per_host=32, keepalive_timeout=15, socket_factory=_socket_without_delay
        ),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        skip_auto_headers=("User-Agent", "Content-Type"),
        headers={"Accept-Encoding": "gzip"},
    )
    # aiohttp resends GET, PUT and DELETE once when a kept connection was closed; it has no public switch for that.
    session._retry_connection = False
    return session


def check_origin(spec: ConnectionSpec) -> None:
    """The origin is https, or a loopback address that the spec names; raises `UnsafeOrigin`."""
    parts = urlsplit(spec.origin)
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username or not parts.hostname:
        raise UnsafeOrigin(
            f"{spec.name}: {parts.scheme}://{parts.hostname or ''} has to be an origin only: scheme, host, port."
        )
    if parts.scheme != "https" and not is_loopback(spec.origin):
        raise UnsafeOrigin(
            f"{spec.name}: a credential is only ever sent over https (or to a practice CRM on this machine)."
        )


def is_loopback(origin: str) -> bool:
    """True for http(s)://127.x, [::1] or localhost."""
    host = urlsplit(origin).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def settle_origin(upstream: Upstream) -> None:
    """Fix where requests go and which Host stands for it inside, once the token is there. Raises `UnsafeOrigin`."""
    spec, data = upstream.spec, upstream.policy.data
    origin = spec.origin.rstrip("/")
    if data.host is None:
        origin = (upstream.tokens.instance_url or origin).rstrip("/")
        host = urlsplit(origin).hostname or ""
        if is_loopback(spec.origin):
            if not is_loopback(origin):
                raise UnsafeOrigin(f"{spec.name}: a practice CRM named the outside host {host}.")
            host = f"lab-{spec.name}{data.instance_hosts[0]}"
        elif not origin.startswith("https://") or not host.endswith(data.instance_hosts):
            raise UnsafeOrigin(f"{spec.name}: the token answer names {host}, which is not a host of {spec.crm}.")
        upstream.host = host
    else:
        upstream.host = data.host
    upstream.origin = origin
    _settle_further(upstream)


def _settle_further(upstream: Upstream) -> None:
    """The same for hosts beside the account's own. A practice CRM has them all at its own origin, under names that stand for nobody."""
    upstream.hosts, upstream.origins = {upstream.host: ""}, {"": upstream.origin}
    for name, by_ending in upstream.policy.data.further_hosts.items():
        if is_loopback(upstream.origin):
            host, origin = f"{name}.{upstream.host}", upstream.origin
        else:
            host = next(host for ending, host in by_ending.items() if upstream.host.endswith(ending))
            origin = f"https://{host}"
        upstream.hosts[host], upstream.origins[name] = name, origin


def _socket_without_delay(address: tuple[object, ...]) -> socket.socket:
    family, kind, protocol = address[0], address[1], address[2]
    made = socket.socket(family, kind, protocol)  # type: ignore[arg-type]  # the address is what getaddrinfo gave
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
