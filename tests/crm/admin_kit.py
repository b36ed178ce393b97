"""What the tables of admin tools share: tools called through a broker that reads, and lets through exactly the changes it was told.

The broker's own code runs in a thread here instead of in a process per change: dozens of changes would mean dozens of starts, half a second each.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
import types
import typing
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

import aiohttp

from sdrbot_skills.broker import process
from sdrbot_skills.broker.bodies import body_digest
from sdrbot_skills.broker.gate import Gate
from sdrbot_skills.broker.policy import load_policy
from sdrbot_skills.broker.server import InwardServer
from sdrbot_skills.broker.spec import BrokerSpec, SchemaOperation
from sdrbot_skills.broker.upstream import open_session
from sdrbot_skills.crm import registry
from sdrbot_skills.crm.admintools import AnyTool, Call, Change, Request
from sdrbot_skills.transport.connection import list_connections
from tests.conformance.conftest import Place


class Done(NamedTuple):
    """A change that was carried out: what was sent, what came back, the result a caller gets, and the way back."""

    change: Change
    answers: list[Any]
    result: Any
    undo: Call | None

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(request.method, request.path) for request in self.change.requests]


class ChangingGate(Gate):
    """The gate, told anew which requests are approved."""

    def allow(self, *operations: SchemaOperation) -> None:
        self._spec = self._spec.model_copy(update={"schema_operations": operations})


class ThreadBroker:
    """A schema broker in a thread."""

    def __init__(self, spec: BrokerSpec, socket: Path) -> None:
        self._spec, self.socket = spec, socket
        self.gate = ChangingGate(spec)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server, self._session, self._forwarder = self._run(self._begin())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._end())
        self._forwarder.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _begin(self) -> tuple[InwardServer, aiohttp.ClientSession, Any]:
        parts = process._Broker(self._spec)
        session = await open_session().__aenter__()
        accounts, forwarder = await parts._accounts(session), parts._forwarder()
        server = InwardServer(self._spec.purpose, accounts, self.gate, forwarder)
        await server.start(self.socket)
        return server, session, forwarder

    async def _end(self) -> None:
        await self._server.stop()
        await self._session.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


class Bench:
    """The admin tools of one CRM on a running lab."""

    def __init__(self, place: Place, broker: ThreadBroker) -> None:
        self.place = place
        self.crm = place.case.crm
        self.box = registry.admin_toolbox(self.crm)
        self._broker = broker
        (connection,) = list_connections(str(broker.socket))
        self.client = registry.open_connection(connection).client

    def call(self, name: str, /, **arguments: Any) -> Any:
        """What a tool (its name without the CRM) returns: data, or a `Change` that nobody has sent."""
        tool = self.box.tools[f"{self.crm}_admin_{name}"]
        found = tool(self.client, **tool.checked(arguments))
        if tool.changes:
            self._changes_the_schema(found)
            again = tool(self.client, **tool.checked(arguments))
            assert again.requests == found.requests, "it is asked once more before it is sent, and has to say the same"
        return found

    def carry_out(self, *calls: tuple[str, dict[str, Any]]) -> list[Done]:
        """Build the changes of these calls first, then send them all."""
        changes = [self.call(name, **arguments) for name, arguments in calls]
        with self.sending(*changes) as client:
            return [self._send(client, change) for change in changes]

    def do(self, name: str, /, **arguments: Any) -> Done:
        """One call alone."""
        return self.carry_out((name, arguments))[0]

    def back(self, *done: Done) -> list[Done]:
        """Take changes back, by the calls that they name."""
        calls = [(one.undo.tool.partition("_admin_")[2], dict(one.undo.arguments)) for one in done if one.undo]
        assert len(calls) == len(done), "one of these names no way back"
        return self.carry_out(*calls)

    @contextmanager
    def sending(self, *changes: Change) -> Iterator[Any]:
        """The client, while the broker lets these changes through."""
        self._broker.gate.allow(*(sealed(request) for change in changes for request in change.requests))
        try:
            yield self.client
        finally:
            self._broker.gate.allow()

    def _changes_the_schema(self, change: Change) -> None:
        """Each request is of the class that a schema run alone lets through (`tests/broker/test_schema_rules.py`)."""
        for request in change.requests:
            path, _, query = request.path.partition("?")
            match = load_policy(self.crm).match(request.method, path, parse_qsl(query))
            assert match.rule.kind == "schema", request

    def _send(self, client: Any, change: Change) -> Done:
        answers = [self.box.send(client, request) for request in change.requests]
        shaped = change.shape(answers) if change.shape else answers[-1]
        return Done(change, answers, shaped, change.undo(answers) if callable(change.undo) else change.undo)


@contextmanager
def bench_on(place: Place) -> Iterator[Bench]:
    """The bench on the place's lab, emptied first."""
    place.emulator.reset()
    place.case.prepare(place.emulator)
    with ThreadBroker(place.spec("schema"), place.folder / "bench.sock") as broker:
        yield Bench(place, broker)


def sealed(request: Request) -> SchemaOperation:
    """A request as `runs.admin_calls` seals it."""
    return SchemaOperation.model_validate(
        {"method": request.method, "path": request.path, "body_sha256": body_digest(request.body)}
    )


def spelled(tool: AnyTool) -> str:
    """A tool's parameters in short: `name, length:int?, unique:bool=False, description?` (a text unless it says otherwise); `-` for none."""
    hints = typing.get_type_hints(tool.function)
    given = list(inspect.signature(tool.function).parameters.values())[1:]
    return ", ".join(_parameter(one, hints[one.name]) for one in given) or "-"


def _parameter(parameter: inspect.Parameter, hint: Any) -> str:
    optional = isinstance(hint, types.UnionType) and type(None) in hint.__args__
    kind = next(one for one in hint.__args__ if one is not type(None)) if optional else hint
    text = parameter.name + ("" if kind is str else f":{kind.__name__}")
    if optional:
        assert parameter.default is None
        return f"{text}?"
    return text if parameter.default is inspect.Parameter.empty else f"{text}={parameter.default}"


def check_table(crm: str, table: Sequence[tuple[str, str]]) -> None:
    """Every tool of the table is there with exactly these parameters."""
    tools = registry.admin_toolbox(crm).tools
    assert {name: spelled(tools[f"{crm}_admin_{name}"]) for name, _ in table} == dict(table)
