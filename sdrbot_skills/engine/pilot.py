"""Choosing a pilot: about N telling records of those the dry run saw, with everything they point at.

Telling are the longest, the emptiest, the most linked, those in another script, and one of each stage. What they need comes along: a
record that a chosen one points at, and what that points at; and of duplicates that become one, all.
"""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.engine.duplicates import one_with
from sdrbot_skills.engine.scope import Scope

_TELLING = (
    "SELECT source_id FROM records WHERE object=? AND state='planned' ORDER BY size DESC, seq LIMIT ?",
    "SELECT source_id FROM records WHERE object=? AND state='planned' ORDER BY filled, seq LIMIT ?",
    "SELECT source_id FROM records WHERE object=? AND state='planned' ORDER BY links DESC, seq LIMIT ?",
    "SELECT source_id FROM records WHERE object=? AND state='planned' AND foreign_script=1 ORDER BY seq LIMIT ?",
    "SELECT source_id FROM records WHERE object=? AND state='planned' AND variant<>'' GROUP BY variant ORDER BY min(seq) LIMIT ?",
    "SELECT source_id FROM records WHERE object=? AND state='planned' GROUP BY decision ORDER BY min(seq) LIMIT ?",
    "SELECT source_id FROM records WHERE object=? AND state='planned' ORDER BY seq LIMIT ?",
)
_POINTED_AT = "SELECT DISTINCT to_object, to_source FROM links WHERE object=? AND from_source IN"


def choose(scope: Scope, objects: Sequence[str], number: int) -> dict[str, list[str]]:
    """Source ids per object; about `number` telling ones in all, and what they point at."""
    share = max(1, -(-number // max(1, len(objects))))
    chosen: dict[str, dict[str, None]] = {name: dict.fromkeys(_telling(scope, name, share)) for name in objects}
    new = {name: list(ids) for name, ids in chosen.items()}
    while any(new.values()):
        found: dict[str, list[str]] = {name: [] for name in objects}
        for name, ids in new.items():
            for to_object, to_source in [
                *_pointed_at(scope, name, ids),
                *((name, one) for one in one_with(scope.query, name, ids)),
            ]:
                if to_source not in chosen[to_object] and scope.contains(to_object, [to_source]):
                    chosen[to_object][to_source] = None
                    found[to_object].append(to_source)
        new = found
    return {name: list(ids) for name, ids in chosen.items()}


def _telling(scope: Scope, name: str, share: int) -> list[str]:
    """One of each sort in turn, until there are enough."""
    columns = [[str(row[0]) for row in scope.query(sql, (name, share))] for sql in _TELLING]
    found: dict[str, None] = {}
    for rank in range(share):
        for column in columns:
            if rank < len(column) and len(found) < share:
                found.setdefault(column[rank])
    return list(found)


def _pointed_at(scope: Scope, name: str, ids: Sequence[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        rows = scope.query(f"{_POINTED_AT} ({','.join('?' * len(part))})", [name, *part])
        found += [(str(row[0]), str(row[1])) for row in rows]
    return found
