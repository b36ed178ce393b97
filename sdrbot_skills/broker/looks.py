"""What an account said of itself a moment ago: its objects, fields, options and users, for the check before a run and the script that follows it.

Both ask the same within seconds. An answer is good for as long as nothing was written and two minutes at most; records are never among them
(policy: `describes`). It lies in the memory of the run's broker and nowhere else.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from aiohttp import web

if TYPE_CHECKING:
    from sdrbot_skills.broker.forward import Call

GOOD_FOR = 120.0
LARGEST = 8 * 1024 * 1024
"""Bytes of one answer; a longer one is asked for again."""


class Look(NamedTuple):
    """One answer as it went in, and when."""

    at: float
    headers: dict[str, str]
    content: bytes


class Looks:
    """The answers of one broker. Only the broker of a run keeps any: others are there to see what is now."""

    def __init__(self, *, keeps: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._keeps = keeps
        self._clock = clock
        self._kept: dict[str, Look] = {}

    def wanted(self, call: Call) -> bool:
        """Whether the answer of this call would be kept."""
        return self._keeps and call.match.rule.describes

    def find(self, call: Call, body: bytes) -> web.Response | None:
        """The answer to the same request, while it is good."""
        look = self._kept.get(_name(call, body)) if self.wanted(call) else None
        if look is None or self._clock() - look.at > GOOD_FOR:
            return None
        return web.Response(status=200, headers=look.headers, body=look.content)

    def keep(self, call: Call, body: bytes, answer: web.Response) -> None:
        """Keep an answer that went well. `answer`: as it goes in, without credentials."""
        content = answer.body
        if self.wanted(call) and answer.status == 200 and isinstance(content, bytes) and len(content) <= LARGEST:
            self._kept[_name(call, body)] = Look(self._clock(), dict(answer.headers), content)

    def forget(self) -> None:
        """Something is about to be written: from now on the vendor is asked."""
        self._keeps = False
        self._kept.clear()


def _name(call: Call, body: bytes) -> str:
    method, target = call.line()
    asked = (call.account.upstream.spec.name, call.match.host, method, target, hashlib.sha256(body).hexdigest())
    return "\n".join(asked)
