"""A table of changes by admin tools: carried out in its order, then taken back in the reverse order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sdrbot_skills.crm.admintools import Call
from tests.crm.admin_kit import Bench, Done

Known = dict[str, str]
"""Ids by the names that rows give them; `{name}` in arguments, paths and bodies stands for one."""


class Row(NamedTuple):
    """One call. `sends`: method, path and what the body has at least; `look`: what shows the effect, which is `then`; `keeps`: the name of
    the id that comes back; `returns`: whether its way back leads to where it was."""

    tool: str
    arguments: dict[str, Any]
    sends: Sequence[tuple[str, str, Any]]
    look: Callable[[Bench, Known], Any]
    then: Any
    keeps: str = ""
    returns: bool = True


def run_table(bench: Bench, rows: Sequence[Row], known: Known) -> None:
    """Carry out all rows, checking what is sent and the effect; then take back what can be, checking that it is as before.

    What was removed comes back under a new id, by which the changes before it are then taken back.
    """
    done = [(row, row.look(bench, known), carried_out(bench, row, known)) for row in rows]
    moved: Known = {}
    for row, before, one in reversed(done):
        if not row.returns:
            assert one.undo is None, row.tool
            continue
        assert one.undo is not None, row.tool
        arguments = {name: moved.get(str(value), value) for name, value in one.undo.arguments.items()}
        (back,) = bench.back(one._replace(undo=Call(one.undo.tool, arguments)))
        if row.tool.startswith("delete_"):
            moved[one.sent[0][1].rpartition("/")[2]] = back.result["id"]
        assert row.look(bench, known) == before, f"{row.tool} taken back"


def carried_out(bench: Bench, row: Row, known: Known) -> Done:
    """One row."""
    one = bench.do(row.tool, **{name: filled(value, known) for name, value in row.arguments.items()})
    if row.keeps:
        known[row.keeps] = str(one.result["id"])
    assert one.sent == [(method, filled(path, known)) for method, path, _ in row.sends], row.tool
    for request, (_, _, body) in zip(one.change.requests, row.sends, strict=True):
        assert holds(request.body, filled(body, known)), f"{row.tool}: {request.body}"
    assert row.look(bench, known) == filled(row.then, known), row.tool
    return one


def filled(value: Any, known: Known) -> Any:
    """A value with the ids in it."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: filled(one, known) for name, one in value.items()}
    return [filled(one, known) for one in value] if isinstance(value, list) else value


def holds(whole: Any, part: Any) -> bool:
    """Whether a body has all of another, wherever it has more."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and holds(whole[name], one) for name, one in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(holds, whole, part))
    return bool(whole == part)
