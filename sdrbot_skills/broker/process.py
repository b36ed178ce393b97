"""The life of one broker process: read the spec, find out who answers, serve, end."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import gc
import os
import resource
import signal
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from pydantic import ValidationError

from sdrbot_skills.broker.account import Account
from sdrbot_skills.broker.audit import Audit
from sdrbot_skills.broker.folders import private_folder, remove_private_folder
from sdrbot_skills.broker.forward import Forwarder
from sdrbot_skills.broker.gate import Gate
from sdrbot_skills.broker.identity import StartError, identify
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.broker.pacing import Pacer
from sdrbot_skills.broker.policy import load_policy
from sdrbot_skills.broker.replies import answer_json
from sdrbot_skills.broker.rows import RowReader
from sdrbot_skills.broker.server import InwardServer
from sdrbot_skills.broker.shared_pace import SharedPace, pace_file
from sdrbot_skills.broker.spec import RECORD, BrokerSpec, ConnectionSpec
from sdrbot_skills.broker.tokens import TokenSource
from sdrbot_skills.broker.upstream import Upstream, open_session

CONTROL_SOCKET = "control.sock"
_PR_SET_DUMPABLE = 4
_LONGEST_SOCKET_PATH = 100


def hide_memory() -> None:
    """Nobody but root may read this process's memory or environment, and it leaves no core file (prctl(2), PR_SET_DUMPABLE)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE) failed")


def collect_seldom() -> None:
    """Look for circles of garbage only after many allocations: a body of 100 rows is hundreds of small dicts, none of which is part of one."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def main() -> int:
    """Serve until told to stop; the exit code is 0, or 2 where the broker could not start."""
    hide_memory()
    os.umask(0o077)
    line = sys.stdin.buffer.readline()
    try:
        spec = BrokerSpec.model_validate_json(line)
    except ValidationError as error:
        # Only places and kinds of the mistakes: the values may be credentials.
        places = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in error.errors(include_input=False)
        )
        return _say(StartError("bad_spec", f"The broker's specification is not valid: {places}").line(), 2)
    del line
    try:
        asyncio.run(_Broker(spec).run())
    except StartError as error:
        return _say(error.line(), 2)
    return 0


def _say(document: dict[str, Any], code: int) -> int:
    sys.stdout.buffer.write(orjson.dumps(document) + b"\n")
    sys.stdout.buffer.flush()
    return code


def _no_room(folder: str | None, error: OSError | sqlite3.Error) -> str:
    full = isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_FULL
    why = os.strerror(errno.ENOSPC) if full else getattr(error, "strerror", None) or str(error)
    return (
        f"Ledger and audit cannot be written in {folder}: {why}. Nothing was sent. Make room there, then say it again."
    )


class _Broker:
    def __init__(self, spec: BrokerSpec) -> None:
        self._spec = spec
        self._ended = asyncio.Event()
        self._trusted = Path(spec.trusted_dir) if spec.trusted_dir else None
        self._socket = Path(spec.socket) if spec.socket else private_folder("crm-broker-") / "broker.sock"

    async def run(self) -> None:
        async with open_session() as session:
            accounts = await self._accounts(session)
            try:
                forwarder = self._forwarder()
            except (OSError, sqlite3.Error) as error:
                raise StartError("no_room", _no_room(self._spec.trusted_dir, error)) from error
            gate = Gate(self._spec)
            server = InwardServer(self._spec.purpose, accounts, gate, forwarder)
            self._prepare_socket()
            await server.start(self._socket)
            control = await self._start_control(server)
            try:
                collect_seldom()
                self._heed_signals()
                self._announce(server)
                await self._until_ended()
            finally:
                await server.stop()
                if forwarder.audit is not None:
                    forwarder.audit.write("ended", **server.status()["counts"])
                forwarder.close()
                self._tidy()
                if control is not None:
                    await control.cleanup()  # last: whoever finds it gone may open the same ledger and audit

    async def _accounts(self, session: aiohttp.ClientSession) -> dict[str, Account]:
        opened = await asyncio.gather(
            *(self._account(connection, session) for connection in self._spec.connections), return_exceptions=True
        )
        for each in opened:
            if isinstance(each, BaseException):
                raise each
        return {each.upstream.spec.name: each for each in opened if isinstance(each, Account)}

    async def _account(self, connection: ConnectionSpec, session: aiohttp.ClientSession) -> Account:
        try:
            policy = load_policy(connection.crm)
        except FileNotFoundError:
            raise StartError("bad_spec", f"There is no policy table for {connection.crm}.", connection.name) from None
        upstream = Upstream(connection, policy, TokenSource(connection, session), session)
        identity = await identify(upstream, self._spec.accounts.get(connection.name))
        # A look around is a handful of calls: it must work although others have used most of the day's allowance.
        share = 1.0 if self._spec.purpose in ("discover", "schema") else self._spec.limits.share
        zone = identity.extra.get("account", {}).get("time_zone")
        shared = SharedPace(pace_file(connection.crm, upstream.origin, identity.account_id))
        pacer = Pacer(policy.data.rates, share, known=identity.environment != "lab", shared=shared, zone=zone)
        return Account(upstream, identity, pacer, RowReader(policy, self._spec.keys))

    def _forwarder(self) -> Forwarder:
        writes = self._spec.purpose in ("live", "undo", "schema")
        if self._trusted is None:
            if writes:
                raise StartError("bad_spec", f"A {self._spec.purpose} broker needs a trusted folder for its ledger.")
            return Forwarder(None, None, None, self._spec.limits.wait_seconds)
        self._trusted.mkdir(mode=0o700, parents=True, exist_ok=True)
        ledger = Ledger(self._trusted / "ledger.sqlite") if writes else None
        keeper = ledger.budget(self._spec.budget) if ledger is not None and self._spec.purpose == "live" else None
        audit, longest = Audit(self._trusted / "audit.jsonl"), self._spec.limits.wait_seconds
        return Forwarder(ledger, keeper, audit, longest, keeps_looks=self._spec.remembers)

    def _prepare_socket(self) -> None:
        if len(os.fsencode(self._socket)) > _LONGEST_SOCKET_PATH:
            raise StartError(
                "bad_spec", f"The socket's path is longer than {_LONGEST_SOCKET_PATH} bytes: {self._socket}"
            )
        self._socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._socket.parent.chmod(0o700)
        with suppress(FileNotFoundError):
            self._socket.unlink()

    async def _start_control(self, server: InwardServer) -> web.ServerRunner | None:
        """`POST /stop` and `GET /status` on a socket that the sandbox is never given."""
        if self._trusted is None:
            return None

        async def answer(request: web.BaseRequest) -> web.StreamResponse:
            if (request.method, request.path) == ("POST", "/stop"):
                self._ended.set()
                return answer_json(200, server.status())
            if (request.method, request.path) == ("GET", "/status"):
                return answer_json(200, {**server.status(), "connections": server.connections()})
            return answer_json(404, {"code": "unknown_operation", "message": "POST /stop or GET /status"})

        runner = web.ServerRunner(web.Server(answer, access_log=None), handle_signals=False)
        await runner.setup()
        path = self._control_path()
        with suppress(FileNotFoundError):
            path.unlink()
        await web.UnixSite(runner, str(path)).start()
        return runner

    def _control_path(self) -> Path:
        """In the trusted folder, or in a private temporary one where that path is too long for a socket."""
        assert self._trusted is not None
        wished = self._trusted / CONTROL_SOCKET
        if len(os.fsencode(wished)) <= _LONGEST_SOCKET_PATH:
            self._control = wished
        else:
            self._control = private_folder("crm-control-") / CONTROL_SOCKET
        return self._control

    def _announce(self, server: InwardServer) -> None:
        ready = {
            "ready": True,
            "purpose": self._spec.purpose,
            "socket": str(self._socket),
            "control": str(self._control) if self._trusted else None,
            "pid": os.getpid(),
            "detached": self._spec.detached,
            "connections": server.connections(),
        }
        if self._trusted is not None:
            (self._trusted / RECORD).write_bytes(orjson.dumps(ready))
        _say(ready, 0)

    def _heed_signals(self) -> None:
        """Before anybody knows of us: who starts us may end us at once, and we would leave our files behind."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ended.set)

    async def _until_ended(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._spec.detached:
            reader = asyncio.StreamReader()
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
            self._watch = loop.create_task(self._end_with_parent(reader))
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), self._spec.lifetime_seconds)

    async def _end_with_parent(self, reader: asyncio.StreamReader) -> None:
        while await reader.read(1024):
            pass
        self._ended.set()

    def _tidy(self) -> None:
        leftovers = [self._socket, *([self._control, self._trusted / RECORD] if self._trusted else [])]
        for path in leftovers:
            with suppress(FileNotFoundError):
                path.unlink()
            remove_private_folder(path.parent)
