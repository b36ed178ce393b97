"""Faults that a test orders in advance and matching requests use up.

One fault is a JSON object:

    {"action": "status",            what happens, see below
     "method": "POST",              any, where left out
     "path": "/batch/upsert$",      regular expression, searched in the path (without query)
     "body_contains": "row-7",      text that the request body contains
     "skip": 2,                     let that many matching requests pass first ("the third")
     "times": 1,                    then hit that many; 0 means all that follow
     ...}                           arguments of the action

| action | arguments | effect |
|---|---|---|
| latency | ms | waits, then goes on |
| status | status, headers, body (text or JSON), content_type | answers this; nothing is done |
| form | form | answers as the vendor does, e.g. "ten_secondly"; the names are `App.forms` |
| reset | when: before_commit / after_commit | cuts the TCP connection; nothing done / done but answer lost |
| kill | when: before_commit / after_commit / after_answer, pid, group, signal (9), ms | signals a process (group) |
| shuffle | | the rows of a batch answer come back in another order |
| expire_token | | the token that this request presents is expired from now on, this request included |

Several faults can hit the same request: each live fault counts for itself.
"""

import contextlib
import os
import re
import signal
from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.lab.core.http import Request

ACTIONS = frozenset({"latency", "status", "form", "reset", "kill", "shuffle", "expire_token"})
MOMENTS = {"reset": ("before_commit", "after_commit"), "kill": ("before_commit", "after_commit", "after_answer")}
_COMMON = frozenset({"action", "method", "path", "body_contains", "skip", "times"})


@dataclass
class Fault:
    id: int
    action: str
    method: str = ""
    path: str = ""
    body_contains: str = ""
    skip: int = 0
    times: int = 1
    arguments: dict[str, Any] = field(default_factory=dict)
    seen: int = 0
    hits: int = 0

    def hit(self, request: Request) -> bool:
        """Whether this request is one of those meant; counts it."""
        if self.spent or (self.method and self.method != request.method):
            return False
        if (self.path and not re.search(self.path, request.path)) or self.body_contains.encode() not in request.body:
            return False
        self.seen += 1
        if self.seen <= self.skip:
            return False
        self.hits += 1
        return True

    @property
    def spent(self) -> bool:
        return bool(self.times) and self.hits >= self.times

    @property
    def when(self) -> str:
        return str(self.arguments.get("when", "before_commit"))

    def describe(self) -> dict[str, Any]:
        return {**vars(self), "spent": self.spent}


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._next_id = 1

    def add(self, spec: dict[str, Any]) -> Fault:
        """Raises ValueError where the specification is not one."""
        action = spec.get("action")
        if action not in ACTIONS:
            raise ValueError(f"action is {action!r}, expected one of {', '.join(sorted(ACTIONS))}")
        moments = MOMENTS.get(action)
        if moments and spec.get("when", "before_commit") not in moments:
            raise ValueError(f"when is {spec['when']!r}, expected one of {', '.join(moments)}")
        re.compile(spec.get("path", ""))
        common = {name: value for name, value in spec.items() if name in _COMMON}
        arguments = {name: value for name, value in spec.items() if name not in _COMMON}
        fault = Fault(id=self._next_id, **common, arguments=arguments)
        self._next_id += 1
        self._faults.append(fault)
        return fault

    def clear(self) -> None:
        self._faults.clear()

    def describe(self) -> list[dict[str, Any]]:
        return [fault.describe() for fault in self._faults]

    def matching(self, request: Request) -> list[Fault]:
        if not self._faults:
            return []
        return [fault for fault in self._faults if fault.hit(request)]


def kill(fault: Fault) -> None:
    """Send the signal; a process that is gone already is what was wanted."""
    pid = int(fault.arguments["pid"])
    send = os.killpg if fault.arguments.get("group") else os.kill
    with contextlib.suppress(ProcessLookupError):
        send(pid, int(fault.arguments.get("signal", signal.SIGKILL)))
