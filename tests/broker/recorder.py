"""A tiny recording upstream that speaks just enough HubSpot and Salesforce for the broker, and knows no reads from writes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

ORG = "00D000000000001AAA"


@dataclass
class Seen:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Recorder:
    """`answers`: (method, path) -> a function of the request that makes the answer; anything else is answered 200 `{}`.

    `hang_up`: requests that are taken and then answered by a broken connection.
    """

    seen: list[Seen] = field(default_factory=list)
    answers: dict[tuple[str, str], Callable[[Seen], web.StreamResponse | None]] = field(default_factory=dict)
    hang_up: set[tuple[str, str]] = field(default_factory=set)
    lab: bool = True
    portal: int = 4242
    token_number: int = 0
    tokens: set[str] = field(default_factory=set)
    origin: str = ""

    def mutations(self) -> list[Seen]:
        """Everything that arrived after the start-up questions."""
        return [one for one in self.seen if (one.method, one.target.partition("?")[0]) not in START_UP]

    def json(self, method: str, path: str, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = orjson.dumps(body)
        self.answers[method, path] = lambda _: web.Response(
            status=status, body=content, headers={"Content-Type": "application/json", **(headers or {})}
        )

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        if ("STREAM", path) in self.answers:
            size = 0
            async for chunk in request.content.iter_any():
                size += len(chunk)
            body = str(size).encode()
        else:
            body = await _whole(request)
        one = Seen(request.method, request.raw_path, dict(request.headers), body)
        self.seen.append(one)
        if (request.method, path) in self.hang_up:
            assert request.transport is not None
            request.transport.abort()
        maker = self.answers.get((request.method, path))
        if maker is not None and (made := maker(one)) is not None:
            return made
        return self._default(one, path)

    def _default(self, one: Seen, path: str) -> web.Response:
        if path == "/__lab__":
            return answer(200, {"lab": True, "account": {"name": "Practice"}}) if self.lab else answer(404, {})
        if path == "/account-info/v3/details":
            return answer(200, {"portalId": self.portal, "accountType": "STANDARD", "uiDomain": "app.hubspot.com"})
        if path == "/services/oauth2/token":
            self.token_number += 1
            token = f"session-token-{self.token_number}"
            self.tokens = {token}
            return answer(200, {"access_token": token, "instance_url": self.origin})
        if (
            path.startswith("/services/")
            and one.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens
        ):
            return answer(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
        if path == "/services/oauth2/userinfo":
            return answer(200, {"user_id": "005000000000001AAA", "organization_id": ORG})
        if path.endswith("/query") and "FROM+Organization" in one.target:
            row = {"Id": ORG, "Name": "Acme", "IsSandbox": False, "OrganizationType": "Enterprise Edition"}
            return answer(200, {"totalSize": 1, "done": True, "records": [row]})
        return answer(200, {})


START_UP = {
    ("GET", "/__lab__"),
    ("GET", "/account-info/v3/details"),
    ("POST", "/oauth/v2/private-apps/get/access-token-info"),
    ("POST", "/services/oauth2/token"),
    ("GET", "/services/oauth2/userinfo"),
    ("GET", "/services/data/v66.0/query"),
}


def answer(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return web.Response(
        status=status, body=orjson.dumps(body), headers={"Content-Type": "application/json", **(headers or {})}
    )


async def _whole(request: web.BaseRequest) -> bytes:
    return b"".join([chunk async for chunk in request.content.iter_any()])


class RecorderThread:
    """Runs one recorder on a loopback port, in a thread."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Recorder:
        self._thread.start()
        assert self._ready.wait(10)
        return self.recorder

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        runner = web.ServerRunner(web.Server(self.recorder.handle, access_log=None, auto_decompress=False))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        self.recorder.origin = f"http://127.0.0.1:{port}"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()
