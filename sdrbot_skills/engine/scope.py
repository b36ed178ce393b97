"""The scope: which source records the dry run saw, in which version. Records that came since are not carried by this run."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson

_PART = 500
_SEEN = (
    "SELECT r.source_id, r.decision, r.version, s.target_id, s.modified, s.digests FROM records r LEFT JOIN seen s "
    "ON s.object = r.object AND s.source_id = r.source_id WHERE r.object=? AND r.source_id IN"
)
_WITHOUT_DIGESTS = (  # of a dry run by an earlier version, whose live run goes on
    "SELECT source_id, decision, version, NULL, NULL, NULL FROM records WHERE object=? AND source_id IN"
)


class Seen(NamedTuple):
    """What the dry run saw of one source record, and of the target's record that it matched (`target_id` `None`: none).

    `digests`: per field of the target's record, of the value it held; fields without a value are left out.
    """

    decision: str
    version: str | None
    target_id: str | None
    modified: str | None
    digests: Mapping[str, int]


class Scope:
    """The sealed copy of the dry run's journal, read only."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._lock = threading.Lock()
        self._seen = _SEEN if self.query("SELECT 1 FROM sqlite_master WHERE name='seen'") else _WITHOUT_DIGESTS

    def seen(self, object_name: str, ids: Sequence[str]) -> dict[str, Seen]:
        """What the dry run saw of these source records; those that it did not see are left out."""
        found: dict[str, Seen] = {}
        for start in range(0, len(ids), _PART):
            part = ids[start : start + _PART]
            for source_id, decision, version, target_id, modified, digests in self.query(
                f"{self._seen} ({','.join('?' * len(part))})", [object_name, *part]
            ):
                kept = orjson.loads(digests) if isinstance(digests, bytes) else {}
                found[str(source_id)] = Seen(str(decision), _text(version), _text(target_id), _text(modified), kept)
        return found

    def contains(self, object_name: str, ids: Sequence[str]) -> set[str]:
        """Those of the ids that the dry run saw."""
        found: set[str] = set()
        for start in range(0, len(ids), _PART):
            part = ids[start : start + _PART]
            marks = ",".join("?" * len(part))
            sql = f"SELECT source_id FROM records WHERE object=? AND source_id IN ({marks})"
            with self._lock:
                found.update(row[0] for row in self._connection.execute(sql, [object_name, *part]))
        return found

    def count(self, object_name: str, decision: str = "") -> int:
        """How many records of an object the dry run saw, or decided so."""
        sql = "SELECT count(*) FROM records WHERE object=?1 AND (?2='' OR decision=?2)"
        return int(str(self.query(sql, (object_name, decision))[0][0]))

    def ids(self, object_name: str) -> Iterator[list[str]]:
        """All ids of an object, some at a time."""
        last = ""
        while True:
            with self._lock:
                rows = self._connection.execute(
                    "SELECT source_id FROM records WHERE object=? AND source_id>? ORDER BY source_id LIMIT ?",
                    (object_name, last, _PART),
                ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield [row[0] for row in rows]

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """All rows of a small query."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str) -> Iterator[list[tuple[object, ...]]]:
        """The rows of a large query, some at a time."""
        with self._lock:
            cursor = self._connection.execute(sql)
        while rows := self._fetched(cursor):
            yield rows

    def _fetched(self, cursor: sqlite3.Cursor) -> list[tuple[object, ...]]:
        with self._lock:
            return cursor.fetchmany(_PART)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def _text(value: object) -> str | None:
    return None if value is None else str(value)
