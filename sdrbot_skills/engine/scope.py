"""The scope: which source records the dry run saw, in which version. Records that came since are not carried by this run."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

_PART = 500


class Scope:
    """The sealed copy of the dry run's journal, read only."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._lock = threading.Lock()

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

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
