"""What the tables of admin tools share: tools called on a read-only broker, their changes sent on one broker that lets exactly these through.

A broker takes half a second to start, so the rows of a table are gathered in steps: `bench.carry_out([...])` builds every change of a step
first, seals all their requests, and sends them in order.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sdrbot_skills.broker import launch
from sdrbot_skills.broker.bodies import body_digest
from sdrbot_skills.broker.spec import SchemaOperation
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


class Bench:
    """The admin tools of one CRM on a running lab."""

    def __init__(self, place: Place, reader: launch.BrokerHandle) -> None:
        self.place = place
        self.box = registry.admin_toolbox(place.case.crm)
        self.client = _client(reader)

    def call(self, name: str, /, **arguments: Any) -> Any:
        """What a tool (its name without the CRM) returns: data, or a `Change` that nobody has sent."""
        tool = self.box.tools[f"{self.place.case.crm}_admin_{name}"]
        return tool(self.client, **tool.checked(arguments))

    def carry_out(self, *calls: tuple[str, dict[str, Any]]) -> list[Done]:
        """Build the changes of these calls, then send them all."""
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
        """A client on a broker that was told these changes."""
        requests = [request for change in changes for request in change.requests]
        with launch.start(self.place.spec("schema", tuple(map(sealed, requests)))) as handle:
            yield _client(handle)

    def _send(self, client: Any, change: Change) -> Done:
        answers = [self.box.send(client, request) for request in change.requests]
        shaped = change.shape(answers) if change.shape else answers[-1]
        return Done(change, answers, shaped, change.undo(answers) if callable(change.undo) else change.undo)


def sealed(request: Request) -> SchemaOperation:
    """A request as `runs.admin_calls` seals it."""
    return SchemaOperation(method=request.method, path=request.path, body_sha256=body_digest(request.body))


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


def _client(handle: launch.BrokerHandle) -> Any:
    (connection,) = list_connections(str(handle.socket))
    return registry.open_connection(connection).client
