"""A record on its way from the source to a decision, and the chunk of records that are decided together."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from sdrbot_skills.model.records import Record


class Decision(StrEnum):
    """What is to become of a source record on the target."""

    CREATE = "create"
    UPDATE = "update"
    SKIP = "skip"
    QUARANTINE = "quarantine"
    MERGED = "merged"
    DEFERRED = "deferred"
    GONE = "gone"


@dataclass(slots=True)
class Candidate:
    """One source record. What the steps of preparing find out is added to it. `parents`: of the payload what are links, by field.

    `stands_for`: the source ids that were merged into it.
    """

    record: Record
    links: list[tuple[int, str]]
    payload: dict[str, Any] = field(default_factory=dict)
    parents: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)
    stands_for: list[str] = field(default_factory=list)
    opted_out: bool = False
    decision: Decision = Decision.CREATE
    target_id: str | None = None
    existing: Record | None = None
    rule: str | None = None
    field: str | None = None
    message: str | None = None
    merged_into: str | None = None

    @property
    def source_id(self) -> str:
        """The record's id in the source."""
        return self.record.id

    @property
    def open(self) -> bool:
        """Whether nothing has been decided against it so far."""
        return self.decision not in (Decision.QUARANTINE, Decision.MERGED, Decision.DEFERRED)

    def quarantine(self, rule: str, message: str, field: str | None = None) -> None:
        """Decide that this record needs a person."""
        self.decision, self.rule, self.message, self.field = Decision.QUARANTINE, rule, message, field


@dataclass(slots=True)
class Chunk:
    """Candidates decided together. `cursor`: where the source is read on once these are in the journal (`None`: not to be remembered)."""

    candidates: list[Candidate]
    cursor: str | None = None


def gathered(chunks: Iterable[Chunk], size: int) -> Iterator[Chunk]:
    """The same candidates in chunks of at least `size`."""
    waiting: Chunk | None = None
    for chunk in chunks:
        waiting = chunk if waiting is None else Chunk(waiting.candidates + chunk.candidates, chunk.cursor)
        if len(waiting.candidates) >= size:
            yield waiting
            waiting = None
    if waiting is not None:
        yield waiting


def to_json(value: Any) -> bytes:
    """JSON of vendor values, for the journal. What no JSON text of ours can hold (half a character) is shown as `?`: such a value is never carried."""
    try:
        return orjson.dumps(value, default=str)
    except orjson.JSONEncodeError:
        return json.dumps(value, default=str, ensure_ascii=False).encode(errors="replace")
