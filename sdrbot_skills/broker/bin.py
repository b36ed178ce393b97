"""Which records the vendor itself showed to lie in its bin: an upsert that answers one of these has brought it back, so the run made it.

The answer of such an upsert looks like that of a record which was there all the time. What the sender says of it is not believed: only what the
vendor answered to a look into the bin that went through this broker (policy: `bin`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from sdrbot_skills.broker.bodies import first_at, values_at
from sdrbot_skills.broker.policy import Bin

if TYPE_CHECKING:
    from sdrbot_skills.broker.forward import Call


class Binned:
    """The ids seen so far, by connection."""

    def __init__(self) -> None:
        self._ids: dict[str, set[str]] = {}

    def ids(self, connection: str) -> set[str]:
        """The records of this connection that were in its bin when somebody looked."""
        return self._ids.setdefault(connection, set())

    def listener(self, call: Call) -> Looking | None:
        """Who hears the answer of a look into the bin; nobody for any other read."""
        spec = call.match.rule.bin
        return Looking(spec, self.ids(call.account.upstream.spec.name)) if spec else None


class Looking:
    """Hears one answer."""

    whole = False

    def __init__(self, spec: Bin, ids: set[str]) -> None:
        self._spec, self._ids = spec, ids
        self._pieces: list[bytes] = []

    async def chunk(self, piece: bytes) -> None:
        self._pieces.append(piece)

    async def end(self) -> None:
        try:
            document = orjson.loads(b"".join(self._pieces))
        except orjson.JSONDecodeError:
            return  # an answer that is no JSON shows nothing
        identify, thrown_away = first_at(self._spec.id), first_at(self._spec.when)
        for entry in values_at(document, f"{self._spec.at}[]"):
            if thrown_away(entry):
                self._ids.add(str(identify(entry)))
