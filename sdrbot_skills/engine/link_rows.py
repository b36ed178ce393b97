"""A link on its way: ready to be made, and what became of it."""

from __future__ import annotations

from typing import NamedTuple

SETTLE = "UPDATE links SET state=?, made=?, rule=?, message=? WHERE seq=?"


class Ready(NamedTuple):
    """A link both of whose ends are on the target (in a dry run: will be). `new`: its start was made by this run."""

    seq: int
    from_id: str
    to_id: str
    new: bool


class Settled(NamedTuple):
    """What became of a link: `made` by us, or there before; else the reason why it is left."""

    seq: int
    state: str
    made: int = 0
    rule: str | None = None
    message: str | None = None


class Taken(NamedTuple):
    """Of some links: which go by an ordinary call, and what became of others."""

    by_call: list[Ready]
    settled: list[Settled]
