"""The HTTP server under an `App`: aiohttp, one process, handlers one after the other.

aiohttp sets TCP_NODELAY and understands chunked and compressed request bodies; bodies may be of any size.
"""

import asyncio
import contextlib
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from sdrbot_skills.lab.core import control
from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.faults import Fault, kill
from sdrbot_skills.lab.core.http import Request, Response, parse_query

LINE_BYTES = 64 * 1024  # vendors set limits of their own below this and say so in their own words
_BACKGROUND: set[asyncio.Task[None]] = set()


async def serve(app: App, port: int, ready: Callable[[int], None]) -> None:
    """Serve on 127.0.0.1 until SIGTERM or SIGINT; `ready` gets the port once requests are answered."""

    async def handle(raw: web.BaseRequest) -> web.StreamResponse:
        return await _respond(app, raw)

    runner = web.ServerRunner(web.Server(handle, access_log=None, keepalive_timeout=600, max_line_size=LINE_BYTES))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=512)
    await site.start()
    bound = int(runner.addresses[0][1])
    app.base_url = app.base_url or f"http://127.0.0.1:{bound}"
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ValueError, RuntimeError):  # signals can be caught in a main thread only
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
    ready(bound)
    try:
        await stop.wait()
    finally:
        await runner.cleanup()
        app.store.close()


async def _respond(app: App, raw: web.BaseRequest) -> web.StreamResponse:
    path, _, query = raw.raw_path.partition("?")
    request = Request(raw.method, path, parse_query(query), raw.headers, await raw.content.read())
    if path.startswith(control.PREFIX):
        return await _send(raw, control.control(app, request))
    faults = app.faults.matching(request)
    for fault in faults:
        if fault.action == "latency":
            await asyncio.sleep(float(fault.arguments.get("ms", 0)) / 1000)
    if _interrupted(raw, faults, "before_commit"):
        return web.Response(status=500)
    response = app.answer(request, faults)
    if _interrupted(raw, faults, "after_commit"):
        return web.Response(status=500)
    date = format_datetime(datetime.fromtimestamp(app.store.clock.now(), UTC), usegmt=True)
    response.headers.setdefault("Date", date)  # as time passes here, like every stamp of a record
    sent = await _send(raw, response)
    for fault in faults:
        if fault.action == "kill" and fault.when == "after_answer":
            _later(fault)
    return sent


def _interrupted(raw: web.BaseRequest, faults: list[Fault], moment: str) -> bool:
    """Carry out kills and resets of this moment. True: there is nobody to answer any more."""
    interrupted = False
    for fault in faults:
        if fault.when != moment or fault.action not in ("kill", "reset"):
            continue
        if fault.action == "kill":
            kill(fault)
        _cut(raw)
        interrupted = True
    return interrupted


def _cut(raw: web.BaseRequest) -> None:
    """Close with RST, as a crashed peer or a load balancer does."""
    if raw.transport is None:
        return
    connection: Any = raw.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raw.transport.abort()


def _later(fault: Fault) -> None:
    async def wait_and_kill() -> None:
        await asyncio.sleep(float(fault.arguments.get("ms", 0)) / 1000)
        kill(fault)

    task = asyncio.create_task(wait_and_kill())
    _BACKGROUND.add(task)
    task.add_done_callback(_BACKGROUND.discard)


async def _send(raw: web.BaseRequest, response: Response) -> web.StreamResponse:
    headers = dict(response.headers)
    if response.status != 204:
        headers.setdefault("Content-Type", response.content_type)
    if isinstance(response.body, bytes):
        plain = web.Response(status=response.status, headers=headers, body=response.body or None)
        await plain.prepare(raw)
        await plain.write_eof()
        return plain
    return await _stream(raw, response.status, headers, response.body)


async def _stream(
    raw: web.BaseRequest, status: int, headers: dict[str, str], body: Iterator[bytes]
) -> web.StreamResponse:
    stream = web.StreamResponse(status=status, headers=headers)
    await stream.prepare(raw)
    for part in body:
        await stream.write(part)
    await stream.write_eof()
    return stream
