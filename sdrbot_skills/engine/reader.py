"""Reading a journal on the host: for reports, verify and undo. The file was written inside the sandbox, so nothing in it is trusted."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from sdrbot_skills.engine import summary
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.results import Finding, ObjectCounts, Quarantined, Sample

LONGEST_CELL = 16 * 1024 * 1024
_TABLES = frozenset(
    {
        "meta",
        "records",
        "payloads",
        "batches",
        "jobs",
        "links",
        "before_images",
        "opt_outs",
        "findings",
        "quarantine",
        "samples",
        "checkpoints",
    }
)
_PART = 500


class Aside(NamedTuple):
    """A source record that the run did not carry because of when it came or went: `deferred` or `gone`."""

    object: str
    source_id: str
    fate: str


def read_journal(path: Path) -> JournalReader:
    """Open a journal for reading. Raises `ConfigurationError` for a file that is not one."""
    return JournalReader(path)


class JournalReader:
    """A journal, read only: no link is followed, no view or trigger of the file is used, no cell larger than 16 MiB is read."""

    def __init__(self, path: Path) -> None:
        if not path.exists() or not stat.S_ISREG(path.lstat().st_mode):
            raise ConfigurationError(f"There is no journal at {path.name}.")
        self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_CELL)
        self._connection.execute("PRAGMA trusted_schema=OFF")
        self._connection.execute("PRAGMA query_only=ON")
        self._check(path)

    def _check(self, path: Path) -> None:
        try:
            entries = self.rows("SELECT name, type FROM sqlite_master")
        except sqlite3.DatabaseError as error:
            self.close()
            raise ConfigurationError(f"{path.name} is not a journal.") from error
        kinds = dict(entries)
        if any(kinds.get(name) != "table" for name in _TABLES) or {"view", "trigger"} & {kind for _, kind in entries}:
            self.close()
            raise ConfigurationError(f"{path.name} is not a journal as this version writes it.")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- whole answers -------------------------------------------------------------------------------------------------

    def counts(self, objects: Sequence[str] = ()) -> dict[str, ObjectCounts]:
        """Records of each object by fate."""
        return summary.counts(self, objects or self.objects())

    def objects(self) -> list[str]:
        """The plan's objects that have records here."""
        return [row[0] for row in self.rows("SELECT object FROM records GROUP BY object ORDER BY min(seq)")]

    def findings(self) -> list[Finding]:
        """All findings, problems first."""
        return summary.findings(self)

    def samples(self) -> list[Sample]:
        """A few records before and after."""
        return summary.samples(self)

    def target_id(self, object_name: str, source_id: str) -> str | None:
        """Where a source record is on the target; a merged duplicate is where its survivor is."""
        rows = self.rows(
            "SELECT coalesce(r.target_id, s.target_id) FROM records r LEFT JOIN records s ON s.object = r.object AND "
            "s.source_id = r.merged_into WHERE r.object=? AND r.source_id=?",
            (object_name, source_id),
        )
        return rows[0][0] if rows else None

    # -- streams -------------------------------------------------------------------------------------------------------

    def quarantined(self) -> Iterator[Quarantined]:
        """Every record that needs a person, with the source values it had."""
        sql = (
            "SELECT r.object, r.source_id, r.rule, r.field, r.message, q.source_values FROM records r LEFT JOIN quarantine q "
            "ON q.object = r.object AND q.source_id = r.source_id WHERE r.state='quarantined' ORDER BY r.seq"
        )
        for name, source_id, rule, field, message, values in self._connection.execute(sql):
            yield Quarantined(
                object=name,
                source_id=source_id,
                rule=rule or "unknown",
                field=field,
                message=message or "",
                values=orjson.loads(values) if values else {},
            )

    def aside(self) -> Iterator[Aside]:
        """Every record that came to the source or went from it since the dry run."""
        sql = "SELECT object, source_id, decision FROM records WHERE decision IN ('deferred', 'gone') ORDER BY seq"
        for row in self._connection.execute(sql):
            yield Aside(*row)

    def id_map(self, object_name: str) -> Iterator[tuple[str, str]]:
        """Source id and target id of every record that is on the target."""
        sql = (
            "SELECT r.source_id, coalesce(r.target_id, s.target_id) FROM records r LEFT JOIN records s ON s.object = r.object AND "
            "s.source_id = r.merged_into WHERE r.object=? AND coalesce(s.state, r.state)='done' ORDER BY r.source_id"
        )
        yield from self._connection.execute(sql, (object_name,))

    # -- for verify and undo ---------------------------------------------------------------------------------------------

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a small query."""
        return self._connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str, parameters: Sequence[Any], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a large query, `size` at a time."""
        cursor = self._connection.execute(sql, parameters)
        while rows := cursor.fetchmany(size):
            yield rows

    def among(self, sql: str, object_name: str, ids: Sequence[str]) -> list[tuple[Any, ...]]:
        """Rows of a query over many ids; `sql` ends in `IN` and has one parameter, the object, before it."""
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(ids), _PART):
            part = ids[start : start + _PART]
            found += self.rows(f"{sql} ({','.join('?' * len(part))})", [object_name, *part])
        return found
