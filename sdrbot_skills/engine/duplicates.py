"""Source records that carry the same match key: merged, chosen among, kept or set aside, as the plan says.

All candidates of the object are first laid down in a file on disk, so that duplicates that lie far apart meet without being held in memory.
Two records are duplicates when the first match key they have a value in is the same.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from sdrbot_skills.engine.candidate import Candidate, Chunk, Decision, to_json
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.keys import digest, key_values
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.model.plan import SourceDuplicates
from sdrbot_skills.model.records import Record

IN_ONE_CHUNK = 500
_GROUPED = (
    "SELECT g.first, c.body FROM candidates c JOIN (SELECT key, min(seq) AS first FROM candidates GROUP BY key) g ON g.key = c.key "
    "ORDER BY g.first, c.seq"
)


_ONE_WITH = (
    "SELECT source_id FROM records WHERE object=?1 AND merged_into IN ({marks}) "
    "UNION SELECT merged_into FROM records WHERE object=?1 AND merged_into IS NOT NULL AND source_id IN ({marks})"
)
_JOINED = (
    "SELECT merged_into FROM records WHERE object=?1 AND merged_into IN ({marks}) "
    "UNION SELECT source_id FROM records WHERE object=?1 AND merged_into IS NOT NULL AND source_id IN ({marks})"
)
_MOST_NAMED = 500

Query = Callable[[str, Sequence[object]], list[tuple[Any, ...]]]
"""Runs a small query on a journal."""


def one_with(query: Query, object_name: str, ids: Sequence[str]) -> list[str]:
    """The source records that became one with these: some of them must never be carried without the others."""
    found: dict[str, None] = {}
    new = list(ids)
    while new:
        part, new = new[:_MOST_NAMED], new[_MOST_NAMED:]
        marks = ",".join(f"?{number + 2}" for number in range(len(part)))
        more = [str(row[0]) for row in query(_ONE_WITH.format(marks=marks), [object_name, *part])]
        new += [one for one in more if one not in found]
        found |= dict.fromkeys(more)
    known = set(ids)
    return [one for one in found if one not in known]


def joined(query: Query, object_name: str, ids: Sequence[str]) -> set[str]:
    """Those of up to 500 source records that became one with another, on either side of it."""
    marks = ",".join(f"?{number + 2}" for number in range(len(ids)))
    return {str(row[0]) for row in query(_JOINED.format(marks=marks), [object_name, *ids])}


def without_duplicates(
    context: Context, work: ObjectWork, chunks: Iterator[Chunk], settle: Callable[[list[Candidate]], None]
) -> Iterator[Chunk]:
    """The same candidates with `settle` called on every group of duplicates; cursors are dropped, since all must be read first."""
    path = Path(context.job.work) / f"duplicates-{work.name}.sqlite"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("CREATE TABLE candidates(seq INTEGER PRIMARY KEY, key BLOB NOT NULL, body BLOB NOT NULL)")
        for chunk in chunks:
            rows = [(_key(work, candidate), _body(candidate)) for candidate in chunk.candidates]
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO candidates(key, body) VALUES(?, ?)", rows)
            connection.execute("COMMIT")
        connection.execute("CREATE INDEX by_key ON candidates(key)")
        yield from _regrouped(connection, settle)
    finally:
        connection.close()
        path.unlink(missing_ok=True)


def _regrouped(connection: sqlite3.Connection, settle: Callable[[list[Candidate]], None]) -> Iterator[Chunk]:
    gathered: list[Candidate] = []
    for _, rows in itertools.groupby(connection.execute(_GROUPED), key=lambda row: row[0]):
        group = [_candidate(body) for _, body in rows]
        if len(group) > 1:
            settle(group)
        gathered += group
        if len(gathered) >= IN_ONE_CHUNK:
            yield Chunk(gathered)
            gathered = []
    if gathered:
        yield Chunk(gathered)


def settler(context: Context, work: ObjectWork, opt_outs: dict[str, Any]) -> Callable[[list[Candidate]], None]:
    """What the plan does with a group of duplicates; `opt_outs`: how the target spells an opt-out in each consent field."""
    policy = work.plan.source_duplicates

    def settle(group: list[Candidate]) -> None:
        group = [candidate for candidate in group if candidate.open]
        if len(group) < 2:
            return
        if policy is SourceDuplicates.QUARANTINE:
            for candidate in group:
                candidate.quarantine("duplicate_in_source", f"{len(group)} source records carry the same match key.")
            return
        oldest_first = sorted(group, key=lambda candidate: candidate.record.modified or "")
        survivor, *others = oldest_first if policy is SourceDuplicates.OLDEST else reversed(oldest_first)
        for other in others:
            _into(survivor, other, opt_outs, fill=policy is SourceDuplicates.MERGE)
            message = "Source records with the same match key became one, as the plan says."
            context.findings.add("merged_duplicates", "info", work.name, message, example=other.source_id)

    return settle


def _into(survivor: Candidate, other: Candidate, opt_outs: dict[str, Any], *, fill: bool) -> None:
    if fill:
        survivor.payload = {**other.payload, **survivor.payload}
        survivor.keys = {**other.keys, **survivor.keys}
    for name, spelled in opt_outs.items():
        if other.payload.get(name) == spelled:
            survivor.payload[name] = spelled
    survivor.opted_out = survivor.opted_out or other.opted_out
    survivor.stands_for.append(other.source_id)
    other.decision, other.merged_into = Decision.MERGED, survivor.source_id


def _key(work: ObjectWork, candidate: Candidate) -> bytes:
    if candidate.open:
        for key in work.plan.match.on:
            values = key_values(candidate.keys.get(key.field), key.compare)
            if values:
                return digest(key.field, values[0])
    return digest("no key", candidate.source_id)


def _body(candidate: Candidate) -> bytes:
    return to_json(
        [
            list(candidate.record),
            candidate.links,
            candidate.payload,
            candidate.keys,
            candidate.opted_out,
            candidate.decision,
            candidate.rule,
            candidate.field,
            candidate.message,
        ]
    )


def _candidate(body: bytes) -> Candidate:
    record, links, payload, keys, opted_out, decision, rule, field, message = orjson.loads(body)
    return Candidate(
        record=Record(*record),
        links=[(number, to_source) for number, to_source in links],
        payload=payload,
        keys=keys,
        opted_out=opted_out,
        decision=Decision(decision),
        rule=rule,
        field=field,
        message=message,
    )
