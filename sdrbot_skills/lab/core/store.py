"""State of one emulated account, in one SQLite file.

Four kinds of content, all generic:

* records  - one table per object: integer id, JSON document, created and modified (ms since 1970), archived
* keys     - look-up index (object, field, value) -> ids; whoever writes decides whether a key is unique
* links    - (kind, from id, to id, label), e.g. kind "contacts>companies"
* things   - everything else as JSON by (kind, key): fields, pipelines, users, tokens, jobs

All writes of a request happen inside one `transaction()`. The database runs in WAL mode without fsync: it survives
kill -9 of the emulator, not a power cut of the machine.

Ids are integers that only grow, so that "ordered by id" is "ordered by creation"; a vendor whose ids look different
(Salesforce) encodes them at its own edge.
"""

import re
import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from sdrbot_skills.lab.core.clock import Clock

Doc = dict[str, Any]
FIRST_ID = 1000

_SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (slot INTEGER, value TEXT, id INTEGER,
    PRIMARY KEY (slot, value, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS links (kind INTEGER, from_id INTEGER, to_id INTEGER, label INTEGER,
    PRIMARY KEY (kind, from_id, to_id, label)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS things (kind TEXT, key TEXT, doc BLOB, PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lagging (object TEXT, id INTEGER, doc BLOB, until INTEGER,
    PRIMARY KEY (object, id)) WITHOUT ROWID;
"""
_BY_IDS = "id IN (SELECT value FROM json_each(?))"


@cache
def _slot(*names: str) -> int:
    """A number for names that would otherwise stand in every row of an index; that costs a third of its speed."""
    return int.from_bytes(blake2b("\0".join(names).encode(), digest_size=7).digest())


class Record(NamedTuple):
    id: int
    doc: Doc
    created: int
    modified: int
    archived: bool = False


class Store:
    """`clock` gives the time; `lag_seconds` delays what `search_view` shows; `version` changes when a thing changes."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.clock = clock or Clock()
        self.lag_seconds = 0.0
        self.version = 0
        self._db = sqlite3.connect(path, isolation_level=None, cached_statements=512, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "cache_size=-65536", "temp_store=MEMORY"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_SCHEMA)
        self._tables: set[str] = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master")}
        self._pending: Counter[str] = Counter()

    def close(self) -> None:
        self._db.close()

    # --- transactions and counters ---

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; counters counted inside are kept only if it commits."""
        self._db.execute("BEGIN")
        try:
            yield
            self._flush_counters()
        except BaseException:  # however it ends, nothing is half-written; it is raised again
            self._db.execute("ROLLBACK")
            self._pending.clear()
            self._tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_master")}
            self.version += 1
            raise
        self._db.execute("COMMIT")

    def count(self, name: str, amount: int = 1) -> None:
        """Add to a counter, e.g. `count("writes/contacts/inserted", 100)`. Reads never count under "writes/"."""
        if amount:
            self._pending[name] += amount

    def _flush_counters(self) -> None:
        if self._pending:
            self._db.executemany(
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                [(name, amount) for name, amount in self._pending.items() if amount],
            )
            self._pending.clear()

    def counters(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT name, value FROM counters WHERE name NOT LIKE '#%' ORDER BY name"))

    def next_ids(self, amount: int) -> range:
        """`amount` fresh ids, growing, unique over all objects."""
        row = self._db.execute(
            "INSERT INTO counters VALUES ('#id', ?) ON CONFLICT (name) DO UPDATE SET value = value + ? RETURNING value",
            (FIRST_ID + amount, amount),
        ).fetchone()
        return range(row[0] - amount, row[0])

    def reset(self) -> None:
        """Forget everything, schema included; the vendor module puts its standard schema back."""
        for table in [name for name in self._tables if name.startswith("rec_")]:
            self._db.execute(f"DELETE FROM {table}")
        for table in ("keys", "links", "things", "counters", "lagging"):
            self._db.execute(f"DELETE FROM {table}")
        self._pending.clear()
        self.version += 1

    # --- records ---

    def _table(self, object_name: str) -> str:
        table = f"rec_{object_name}"
        if table not in self._tables:
            if not re.fullmatch(r"\w+", object_name, re.ASCII):
                raise ValueError(f"not an object name: {object_name!r}")
            self._db.execute(
                f"CREATE TABLE IF NOT EXISTS {table} (id INTEGER PRIMARY KEY, doc BLOB, created INTEGER,"
                " modified INTEGER, archived INTEGER)"
            )
            self._tables.add(table)
        return table

    def insert(self, object_name: str, records: Sequence[Record]) -> None:
        self._remember(object_name, [record.id for record in records], new=True)
        self._db.executemany(
            f"INSERT INTO {self._table(object_name)} VALUES (?, ?, ?, ?, ?)",
            [(r.id, orjson.dumps(r.doc), r.created, r.modified, r.archived) for r in records],
        )
        self.count(f"writes/{object_name}/inserted", len(records))

    def update(self, object_name: str, records: Sequence[Record]) -> None:
        """Replace documents and modified times of existing records; `created` and `archived` stay."""
        self._remember(object_name, [record.id for record in records])
        self._db.executemany(
            f"UPDATE {self._table(object_name)} SET doc = ?, modified = ? WHERE id = ?",
            [(orjson.dumps(r.doc), r.modified, r.id) for r in records],
        )
        self.count(f"writes/{object_name}/updated", len(records))

    def archive(self, object_name: str, ids: Sequence[int], *, archived: bool = True) -> int:
        """Move to (or back from) the recycle bin. How many were moved."""
        done = self._db.execute(
            f"UPDATE {self._table(object_name)} SET archived = ?, modified = ? WHERE archived = ? AND {_BY_IDS}",
            (archived, self.clock.now_ms(), not archived, orjson.dumps(list(ids)).decode()),
        ).rowcount
        self.count(f"writes/{object_name}/{'deleted' if archived else 'restored'}", done)
        return done

    def purge(self, object_name: str, ids: Sequence[int]) -> int:
        """Delete for good. How many there were."""
        done = self._db.execute(
            f"DELETE FROM {self._table(object_name)} WHERE {_BY_IDS}", (orjson.dumps(list(ids)).decode(),)
        ).rowcount
        self.count(f"writes/{object_name}/purged", done)
        return done

    def get(self, object_name: str, record_id: int) -> Record | None:
        """Archived or not."""
        return self.get_many(object_name, [record_id]).get(record_id)

    def get_many(self, object_name: str, ids: Iterable[int]) -> dict[int, Record]:
        """Archived ones included; missing ids are simply absent."""
        rows = self._db.execute(
            f"SELECT * FROM {self._table(object_name)} WHERE {_BY_IDS}", (orjson.dumps(list(ids)).decode(),)
        )
        return {row[0]: _record(row) for row in rows}

    def alive(self, object_name: str, ids: Iterable[int]) -> set[int]:
        """Which of these ids are records outside the recycle bin."""
        query = f"SELECT id FROM {self._table(object_name)} WHERE archived = 0 AND {_BY_IDS}"
        return {row[0] for row in self._db.execute(query, (orjson.dumps(list(ids)).decode(),))}

    def page(self, object_name: str, after: int, limit: int, *, archived: bool = False) -> list[Record]:
        """By id, those above `after`."""
        rows = self._db.execute(
            f"SELECT * FROM {self._table(object_name)} WHERE id > ? AND archived = ? ORDER BY id LIMIT ?",
            (after, archived, limit),
        )
        return [_record(row) for row in rows]

    def scan(self, object_name: str, after: int = 0, *, archived: bool = False) -> Iterator[Record]:
        """All by id, read in slices: memory stays flat. Do not write to the same object meanwhile."""
        while slice_ := self.page(object_name, after, 1000, archived=archived):
            yield from slice_
            after = slice_[-1].id

    def ids(self, object_name: str, after: int = 0, *, archived: bool = False) -> "array[int]":
        """All ids above `after`, in order, without reading a document."""
        query = f"SELECT id FROM {self._table(object_name)} WHERE id > ? AND archived = ? ORDER BY id"
        return array("q", (record_id for (record_id,) in self._db.execute(query, (after, archived))))

    def total(self, object_name: str, *, archived: bool = False) -> int:
        query = f"SELECT count(*) FROM {self._table(object_name)} WHERE archived = ?"
        return int(self._db.execute(query, (archived,)).fetchone()[0])

    # --- what a lagging search index shows ---

    def _remember(self, object_name: str, ids: list[int], *, new: bool = False) -> None:
        """Keep how a record looked before this write, for as long as the search index lags behind."""
        if self.lag_seconds <= 0:
            return
        before = {} if new else {k: orjson.dumps(r.doc) for k, r in self.get_many(object_name, ids).items()}
        until = self.clock.now_ms() + int(self.lag_seconds * 1000)
        self._db.execute("DELETE FROM lagging WHERE until <= ?", (self.clock.now_ms(),))
        self._db.executemany(
            "INSERT OR IGNORE INTO lagging VALUES (?, ?, ?, ?)", [(object_name, i, before.get(i), until) for i in ids]
        )

    def lagging(self, object_name: str) -> dict[int, Doc | None]:
        """Records that search shows as they were: id -> old document, None where search does not know it yet."""
        rows = self._db.execute(
            "SELECT id, doc FROM lagging WHERE object = ? AND until > ?", (object_name, self.clock.now_ms())
        )
        return {record_id: orjson.loads(doc) if doc else None for record_id, doc in rows}

    # --- keys ---

    def add_keys(self, object_name: str, entries: Iterable[tuple[str, str, int]]) -> None:
        """Entries are (field, value, id)."""
        self._db.executemany(
            "INSERT OR IGNORE INTO keys VALUES (?, ?, ?)",
            [(_slot(object_name, field), value, record_id) for field, value, record_id in entries],
        )

    def drop_keys(self, object_name: str, entries: Iterable[tuple[str, str, int]]) -> None:
        self._db.executemany(
            "DELETE FROM keys WHERE slot = ? AND value = ? AND id = ?",
            [(_slot(object_name, field), value, record_id) for field, value, record_id in entries],
        )

    def find(self, object_name: str, field: str, values: Iterable[str]) -> dict[str, list[int]]:
        """value -> ids, only for values that are there."""
        found: dict[str, list[int]] = {}
        rows = self._db.execute(
            "SELECT value, id FROM keys WHERE slot = ? AND value IN (SELECT value FROM json_each(?))",
            (_slot(object_name, field), orjson.dumps(list(values)).decode()),
        )
        for value, record_id in rows:
            found.setdefault(value, []).append(record_id)
        return found

    # --- links ---

    def link(self, kind: str, links: Iterable[tuple[int, int, int]]) -> int:
        """Add (from id, to id, label); those that exist stay. How many were new."""
        before = self._db.total_changes
        slot = _slot(kind)
        self._db.executemany("INSERT OR IGNORE INTO links VALUES (?, ?, ?, ?)", [(slot, *link) for link in links])
        return self._db.total_changes - before

    def unlink(self, kind: str, links: Iterable[tuple[int, int, int | None]]) -> int:
        """Remove (from id, to id, label); label None removes all between the two. How many went."""
        before = self._db.total_changes
        self._db.executemany(
            "DELETE FROM links WHERE kind = ? AND from_id = ? AND to_id = ? AND label = ifnull(?, label)",
            [(_slot(kind), *link) for link in links],
        )
        return self._db.total_changes - before

    def unlink_label(self, kind: str, label: int) -> int:
        """Remove a label from all links of a kind. How many went."""
        return self._db.execute("DELETE FROM links WHERE kind = ? AND label = ?", (_slot(kind), label)).rowcount

    def links(self, kind: str, from_ids: Iterable[int]) -> dict[int, list[tuple[int, int]]]:
        """from id -> [(to id, label)], ordered by to id then label; ids without links are absent."""
        found: dict[int, list[tuple[int, int]]] = {}
        rows = self._db.execute(
            "SELECT from_id, to_id, label FROM links WHERE kind = ?"
            " AND from_id IN (SELECT value FROM json_each(?)) ORDER BY from_id, to_id, label",
            (_slot(kind), orjson.dumps(list(from_ids)).decode()),
        )
        for from_id, to_id, label in rows:
            found.setdefault(from_id, []).append((to_id, label))
        return found

    # --- things ---

    def put(self, kind: str, key: str, doc: Doc) -> None:
        self._db.execute("INSERT OR REPLACE INTO things VALUES (?, ?, ?)", (kind, key, orjson.dumps(doc)))
        self.version += 1

    def thing(self, kind: str, key: str) -> Doc | None:
        row = self._db.execute("SELECT doc FROM things WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return orjson.loads(row[0]) if row else None

    def things(self, kind: str) -> dict[str, Doc]:
        """key -> document, ordered by key."""
        rows = self._db.execute("SELECT key, doc FROM things WHERE kind = ? ORDER BY key", (kind,))
        return {key: orjson.loads(doc) for key, doc in rows}

    def remove(self, kind: str, key: str) -> bool:
        self.version += 1
        return bool(self._db.execute("DELETE FROM things WHERE kind = ? AND key = ?", (kind, key)).rowcount)


def _record(row: tuple[int, bytes, int, int, int]) -> Record:
    return Record(row[0], orjson.loads(row[1]), row[2], row[3], bool(row[4]))
