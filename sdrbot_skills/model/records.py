"""Records on their way: as read from a CRM, as sent to one, and what the CRM said to each.

`values` and `payload` hold the vendor's own spelling, flat, by the field's API name (dotted for a part of a composite). A codec turns
them into canonical values and back.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Record(NamedTuple):
    """One record as a CRM gave it. `modified` is the canonical instant of its last change, where the vendor tells."""

    id: str
    values: dict[str, Any]
    modified: str | None = None


class Link(NamedTuple):
    """One record pointing at another, both by id in the same CRM; `type` is the `LinkType.name`."""

    type: str
    from_id: str
    to_id: str


class Page(NamedTuple):
    """One page of records, the links asked for of exactly these records, and where the next page starts (`None`: this was the last)."""

    records: list[Record]
    links: list[Link]
    cursor: str | None


class Comparison(StrEnum):
    """How a filter compares; dates and instants are written canonically."""

    EQ = "="
    NE = "!="
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    IN = "in"
    KNOWN = "known"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Condition:
    """One condition on a vendor field; several are joined by "and". `value` is canonical (a list for `in`, `None` for known/unknown)."""

    field: str
    op: Comparison
    value: Any = None


class Operation(StrEnum):
    """How a row is written."""

    CREATE = "create"
    UPDATE = "update"
    UPSERT = "upsert"


class Row(NamedTuple):
    """One record to write. `key` names it in this batch (the source id) and comes back in the result; `id` is the target id of an update."""

    key: str
    payload: dict[str, Any]
    id: str | None = None


class Outcome(StrEnum):
    """What became of one row."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    LINKED = "linked"
    REJECTED = "rejected"


class BulkJob(NamedTuple):
    """One job of a CRM that upserts many rows, as it is kept in a journal. `key` is one of the `columns`; its value names a row in the results."""

    id: str
    object: str
    columns: tuple[str, ...]
    key: str


class JobState(StrEnum):
    """How far a job is. `failed`: it ended before its time; some rows may have been written all the same."""

    WORKING = "working"
    COMPLETE = "complete"
    FAILED = "failed"


class RowResult(NamedTuple):
    """What the CRM said to one row, matched by key. `rule` is our name for the reason (`too_long`, `duplicate`, ...), `message` the vendor's words."""

    key: str
    outcome: Outcome
    id: str | None = None
    rule: str | None = None
    field: str | None = None
    message: str | None = None
    retriable: bool = False
