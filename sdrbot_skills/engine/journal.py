"""The journal: every record's fate, every batch, every link, in SQLite, written before and after each act.

One writer thread owns the writing connection and commits what has gathered in one transaction (`synchronous=FULL`: what is committed survives a
power cut). `submit` answers a future; whoever must know that a thing is on disk before acting waits for it. The journal is also the queue
between preparing and loading: a record is `planned`, then `sent` (in a batch whose intent is on disk), then `done` or `quarantined`.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from sdrbot_skills.errors import ConfigurationError

Statement = tuple[str, Sequence[Sequence[Any]]]
"""One SQL statement and the rows to run it with."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS records(
    seq INTEGER PRIMARY KEY, object TEXT NOT NULL, source_id TEXT NOT NULL, version TEXT,
    decision TEXT NOT NULL,            -- create, update, skip, quarantine, merged, deferred, gone
    state TEXT NOT NULL,               -- planned, sent, done, quarantined, aside
    target_id TEXT, batch INTEGER, attempts INTEGER NOT NULL DEFAULT 0,
    rule TEXT, field TEXT, message TEXT, merged_into TEXT,
    size INTEGER, filled INTEGER, links INTEGER, foreign_script INTEGER, variant TEXT,
    no_job INTEGER,                    -- 1: a job refused it or could not carry it, so it goes by an ordinary call
    UNIQUE(object, source_id));
CREATE TABLE IF NOT EXISTS payloads(seq INTEGER PRIMARY KEY, body BLOB NOT NULL);  -- what is sent of a record, by its seq
CREATE INDEX IF NOT EXISTS unsettled ON records(object, seq) WHERE state IN ('planned', 'sent');
CREATE INDEX IF NOT EXISTS sent_by ON records(batch, seq) WHERE state='sent';
CREATE INDEX IF NOT EXISTS by_target ON records(object, target_id) WHERE target_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS merged ON records(object, merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE IF NOT EXISTS batches(
    id INTEGER PRIMARY KEY, object TEXT NOT NULL, operation TEXT NOT NULL, rows INTEGER NOT NULL, digest TEXT NOT NULL,
    intent_at REAL NOT NULL, settled_at REAL, outcome TEXT);
CREATE TABLE IF NOT EXISTS jobs(
    batch INTEGER PRIMARY KEY, object TEXT NOT NULL, handle BLOB NOT NULL, state TEXT NOT NULL);  -- open, starting, started, read, dropped, lost
CREATE TABLE IF NOT EXISTS links(
    seq INTEGER PRIMARY KEY, object TEXT NOT NULL, type TEXT NOT NULL, from_source TEXT NOT NULL, to_object TEXT NOT NULL,
    to_source TEXT NOT NULL, state TEXT NOT NULL,   -- planned, in_record, sent, done, left
    made INTEGER, rule TEXT, message TEXT,
    UNIQUE(object, type, from_source, to_object, to_source));
CREATE INDEX IF NOT EXISTS open_links ON links(object, type, to_object, seq) WHERE state IN ('planned', 'sent');
CREATE TABLE IF NOT EXISTS before_images(
    object TEXT, source_id TEXT, target_id TEXT, image BLOB, sent BLOB, modified TEXT, PRIMARY KEY(object, target_id, source_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen(  -- of a dry run: the target's records that it matched, each value as a digest
    object TEXT, source_id TEXT, target_id TEXT, modified TEXT, digests BLOB, PRIMARY KEY(object, source_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS opt_outs(
    object TEXT, source_id TEXT, email TEXT, state TEXT NOT NULL, message TEXT, PRIMARY KEY(object, source_id, email)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS findings(
    rule TEXT, severity TEXT, object TEXT, field TEXT, message TEXT, count INTEGER, examples TEXT, PRIMARY KEY(rule, object, field)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS finding_values(
    rule TEXT, object TEXT, field TEXT, value TEXT, count INTEGER, PRIMARY KEY(rule, object, field, value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS quarantine(object TEXT, source_id TEXT, source_values BLOB, PRIMARY KEY(object, source_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS samples(object TEXT, source_id TEXT, before BLOB, PRIMARY KEY(object, source_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoints(object TEXT, name TEXT, value TEXT, PRIMARY KEY(object, name)) WITHOUT ROWID;
"""

_MOST_IN_ONE_COMMIT = 64
_Work = tuple[list[Statement], "Future[None]"]


class Journal:
    """The journal of one run, open for writing. Use as a context manager; closing waits for what was submitted."""

    def __init__(self, path: Path, *, plan_digest: str, mode: str) -> None:
        self.path = path
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._failure: BaseException | None = None
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-16000")
        connection.executescript(SCHEMA)
        self._connection = connection
        self._thread = threading.Thread(target=self._write_all, name="journal", daemon=True)
        self._thread.start()
        self._belongs_to(plan_digest, mode)

    def _belongs_to(self, plan_digest: str, mode: str) -> None:
        known = dict(self.rows("SELECT name, value FROM meta"))
        if known and (known.get("plan"), known.get("mode")) != (plan_digest, mode):
            self.close()
            raise ConfigurationError(
                f"The journal {self.path.name} was begun by another plan or mode. A changed plan needs a run of its own."
            )
        self.write([("INSERT OR IGNORE INTO meta VALUES(?, ?)", [("plan", plan_digest), ("mode", mode)])])

    # -- writing ------------------------------------------------------------------------------------------------------

    def submit(self, statements: list[Statement]) -> Future[None]:
        """Have the statements carried out together, all or none; the future is done once they are on disk."""
        if self._failure is not None:
            raise self._failure
        done: Future[None] = Future()
        self._work.put((statements, done))
        return done

    def write(self, statements: list[Statement]) -> None:
        """Carry out the statements and wait until they are on disk."""
        self.submit(statements).result()

    def flush(self) -> None:
        """Wait until everything submitted so far is on disk."""
        self.write([])

    def _write_all(self) -> None:
        while (first := self._work.get()) is not None:
            gathered, last = self._gather(first)
            self._commit(gathered)
            if last:
                return

    def _gather(self, first: _Work) -> tuple[list[_Work], bool]:
        gathered = [first]
        while len(gathered) < _MOST_IN_ONE_COMMIT:
            try:
                work = self._work.get_nowait()
            except queue.Empty:
                break
            if work is None:
                return gathered, True
            gathered.append(work)
        return gathered, False

    def _commit(self, gathered: list[_Work]) -> None:
        try:
            if self._failure is not None:
                raise self._failure
            self._connection.execute("BEGIN IMMEDIATE")
            for statements, _ in gathered:
                for sql, rows in statements:
                    self._connection.executemany(sql, rows)
            self._connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - handed to everyone who waits; nothing may be written after a failed commit
            self._failure = error
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            for _, done in gathered:
                done.set_exception(error)
        else:
            for _, done in gathered:
                done.set_result(None)

    def close(self) -> None:
        """Write what was submitted and close."""
        self._work.put(None)
        self._thread.join()
        for reader in self._readers:
            reader.close()
        if self._failure is None:
            self._connection.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)"
            )  # one file is copied into the sealed folder, not three
        self._connection.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading ------------------------------------------------------------------------------------------------------

    @property
    def reader(self) -> sqlite3.Connection:
        """This thread's reading connection; it sees what is committed."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
            connection.execute("PRAGMA query_only=ON")
            self._local.connection = connection
            self._readers.append(connection)
        return connection

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a small query."""
        return self.reader.execute(sql, parameters).fetchall()

    def among(self, sql: str, object_name: str, ids: Iterable[str]) -> list[tuple[Any, ...]]:
        """Rows of a query over many ids; `sql` ends in `IN` and has one parameter, the object, before it."""
        wanted = list(dict.fromkeys(ids))
        found: list[tuple[Any, ...]] = []
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            found += self.rows(f"{sql} ({','.join('?' * len(part))})", [object_name, *part])
        return found

    def checkpoint(self, object_name: str, name: str) -> str | None:
        """A remembered position, or `None`."""
        rows = self.rows("SELECT value FROM checkpoints WHERE object=? AND name=?", (object_name, name))
        return rows[0][0] if rows else None


def set_checkpoint(object_name: str, name: str, value: str | None) -> Statement:
    """The statement that remembers a position."""
    return "INSERT OR REPLACE INTO checkpoints VALUES(?, ?, ?)", [(object_name, name, value)]
