"""What was really sent and answered: SQLite in the run's trusted folder. Ids, keys and digests only; no field value is ever in it.

A send is written down before it leaves (`intend`) and settled when its answer is there (`settle`). A send without a settlement is in doubt. The
answer to a bulk job are its results: until they were read through the broker, its send is only `started`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import orjson

from sdrbot_skills.broker.answers import Result
from sdrbot_skills.broker.budget import BudgetKeeper
from sdrbot_skills.broker.rows import DIGEST, Operation
from sdrbot_skills.broker.spec import Budget

# `keys` is a JSON list in the order of the rows, `results` one of [id, created, key]: two writes a call instead of two a row. Lists are taken apart
# by SQLite itself (json_each): one statement per row would hand Python's lock to and fro between the writer thread and the one that serves.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS send (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, connection TEXT NOT NULL, object TEXT NOT NULL, operation TEXT NOT NULL,
    rows INTEGER NOT NULL, keys BLOB NOT NULL, body_digest TEXT NOT NULL,
    status INTEGER, outcome TEXT, settled_at REAL, results BLOB);
CREATE TABLE IF NOT EXISTS spent (
    object TEXT NOT NULL, operation TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (object, operation, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY, object TEXT NOT NULL, operation TEXT NOT NULL, key_field TEXT, state TEXT NOT NULL, rows INTEGER NOT NULL DEFAULT 0,
    send INTEGER);
CREATE TABLE IF NOT EXISTS job_results (
    n INTEGER PRIMARY KEY, job TEXT NOT NULL, object TEXT NOT NULL, operation TEXT NOT NULL, results BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS file (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, columns BLOB NOT NULL, key_field TEXT NOT NULL, rows INTEGER NOT NULL, state TEXT NOT NULL,
    send INTEGER, job TEXT);
CREATE TABLE IF NOT EXISTS job_keys (n INTEGER PRIMARY KEY, job TEXT NOT NULL, keys BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS keys_of_job ON job_keys (job);
CREATE INDEX IF NOT EXISTS send_of_object ON send (object);
"""
# An upsert of a row that this run sent to be made is that row once more, not another.
_SPEND = """
INSERT OR IGNORE INTO spent (object, operation, key) SELECT :object, :operation, value FROM json_each(:keys)
WHERE :operation <> 'upsert' OR NOT EXISTS (
    SELECT 1 FROM spent AS made WHERE made.object = :object AND made.operation = 'create' AND made.key = json_each.value)
"""
CLOCKS_DIFFER_BY = 60.0
"""Seconds that our clock may be behind the vendor's."""
_SAVES = frozenset({"create", "update", "upsert"})


@dataclass(frozen=True)
class Send:
    """One send as recorded.

    `outcome`: `answered`, `started` (a job without results so far), `rate_limited`, `not_sent`, `unknown`, or None while no answer came.
    """

    id: int
    at: float
    connection: str
    object: str
    operation: str
    keys: tuple[str, ...]
    status: int | None
    outcome: str | None


class Ledger:
    """The ledger of one run. Writing is the broker's alone; `runs` and `engine` read it through the queries below."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        target = f"{path.absolute().as_uri()}?mode=ro" if read_only else str(path)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(target, uri=read_only, check_same_thread=False, isolation_level=None)
        if not read_only:
            path.chmod(0o600)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.executescript(_SCHEMA)
            if not self._tells_their_time():
                self._db.execute("ALTER TABLE send ADD COLUMN answered_at REAL")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Hold the file alone; committed at the end, rolled back when the block raises. `durable`: safe from a power cut at once, not only from a kill."""
        with self._lock:
            self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:  # however it ends, nothing is half-written; it is raised again
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    # --- writing: the broker -----------------------------------------------------------------------------------------------------

    def budget(self, budgets: dict[str, Budget]) -> BudgetKeeper:
        """A keeper that starts from what earlier brokers of this run have already spent."""
        rows = {
            (name, operation): count
            for name, operation, count in self._db.execute(
                "SELECT object, operation, count(*) FROM spent GROUP BY 1, 2"
            )
        }
        sends = {
            (name, operation): count
            for name, operation, count in self._db.execute(
                "SELECT object, operation, sum(rows) FROM send WHERE coalesce(outcome, '') NOT IN ('rate_limited', 'not_sent') GROUP BY 1, 2"
            )
        }
        return BudgetKeeper(budgets, rows, sends)

    def intend(
        self, keeper: BudgetKeeper | None, connection: str, operation: Operation, body_digest: str, at: float
    ) -> int:
        """Check the budget, record the rows, return the send's id; all or nothing, and on disk when this returns."""
        keys = orjson.dumps([row.key for row in operation.rows])
        count = len(operation.rows)
        with self.transaction() as db:
            before = db.total_changes
            db.execute(
                _SPEND,
                {"object": operation.object, "operation": operation.operation, "keys": keys},
            )
            fresh = db.total_changes - before
            if keeper is not None:
                keeper.refuse_overspending(operation.object, operation.operation, fresh, count)
            send = insert_send(db, connection, operation.object, operation.operation, keys, count, body_digest, at)
        if keeper is not None:
            keeper.spend(operation.object, operation.operation, fresh, count)
        return send

    def settle(
        self,
        send: int,
        outcome: str,
        status: int | None,
        results: Sequence[Result],
        at: float,
        answered_at: float | None = None,
    ) -> None:
        """Record the answer. `answered_at`: its time by the vendor's clock.

        A power cut may still lose it, which leaves the send in doubt: it is then looked up, as when the answer itself is lost.
        """
        found = spelled(results)
        with self.transaction(durable=False) as db:
            db.execute(
                "UPDATE send SET status = ?, outcome = ?, settled_at = ?, answered_at = ?, results = ? WHERE id = ?",
                (status, outcome, at, answered_at, found, send),
            )

    # --- reading: verify, undo, resume ---------------------------------------------------------------------------------------------

    def created_ids(self, name: str) -> list[str]:
        """Ids of the records of an object that this run created, in the order of creation."""
        return [identifier for identifier, created in self._ids(name).items() if created]

    def updated_ids(self, name: str) -> list[str]:
        """Ids of the records that this run changed but did not create."""
        return [identifier for identifier, created in self._ids(name).items() if not created]

    def ids_by_key(self, name: str) -> dict[str, str]:
        """Row key -> record id. A key that was not an id is the digest that `rows.key_text` makes of it."""
        return {key: identifier for identifier, _, key in self._results(name) if key is not None}

    def touched(self, name: str) -> dict[str, float]:
        """Per id of a record that this run wrote or linked, the epoch second of the last answer to that, by the vendor's clock.

        Where no answer told the vendor's time, ours and what clocks may differ by.
        """
        theirs = "answered_at" if self._tells_their_time() else "NULL"
        moment = f"coalesce({theirs}, settled_at + {CLOCKS_DIFFER_BY})"
        found: dict[str, float] = {}
        for at, identifier in chain(self._saved(name, moment), self._linked(name, moment)):
            found[identifier] = max(at, found.get(identifier, 0.0))
        return found

    def _saved(self, name: str, moment: str) -> Iterator[tuple[float, str]]:
        """Records that calls and jobs saved, each with the moment of the answer."""
        writes = f"SELECT {moment}, results, operation FROM send WHERE object = ? AND results IS NOT NULL"
        jobs = (
            f"SELECT coalesce(settled_at, at) + {CLOCKS_DIFFER_BY}, job_results.results, job_results.operation FROM job_results "
            "JOIN job ON job.id = job_results.job JOIN send ON send.id = job.send WHERE job_results.object = ?"
        )
        for query in (writes, jobs):
            for at, results, operation in self._db.execute(query, (name,)):
                if operation in _SAVES:
                    yield from ((at, identifier) for identifier, *_ in orjson.loads(results))

    def _linked(self, name: str, moment: str) -> Iterator[tuple[float, str]]:
        """Records at an end of a link that was made or taken away."""
        query = f"SELECT {moment}, object, keys FROM send WHERE object LIKE '%->%' AND outcome = 'answered'"
        for at, link, keys in self._db.execute(query):
            ends = [place for place, end in enumerate(link.split("->")) if end == name]
            if ends:
                yield from ((at, key.split(":")[place]) for key in orjson.loads(keys) for place in ends)

    def links(self) -> list[tuple[str, str]]:
        """(link name, `from_id:to_id`) of each link that was made and not taken away again; link records are among the created ids."""
        made: dict[tuple[str, str], None] = {}
        for send in self._sends("WHERE object LIKE '%->%' AND outcome = 'answered' AND status < 300"):
            for key in send.keys:
                if send.operation == "link":
                    made[send.object, key] = None
                else:
                    made.pop((send.object, key), None)
        return list(made)

    def in_doubt(self) -> list[Send]:
        """Sends whose outcome is not known: they have to be looked up on the target before anything is sent again."""
        return list(self._sends("WHERE outcome IS NULL OR outcome IN ('unknown', 'started')"))

    def creates_in_doubt(self, name: str) -> dict[str, float]:
        """Keys of the rows of an object that were sent to be made and not answered, each with the time of its first such send; digests are left out."""
        found: dict[str, float] = {}
        doubted = [one for one in self.in_doubt() if one.object == name and one.operation in ("create", "upsert")]
        for send in doubted:
            for key in (one for one in send.keys if not one.startswith(DIGEST)):
                found.setdefault(key, send.at)
        return found

    def _tells_their_time(self) -> bool:
        """An earlier version did not write it down."""
        return "answered_at" in {column[1] for column in self._db.execute("PRAGMA table_info(send)")}

    def sends(self) -> Iterator[Send]:
        """Every send, in order."""
        return self._sends("")

    def counts(self) -> dict[str, dict[str, int]]:
        """Distinct rows per object and operation."""
        table: dict[str, dict[str, int]] = {}
        for name, operation, count in self._db.execute("SELECT object, operation, count(*) FROM spent GROUP BY 1, 2"):
            table.setdefault(name, {})[operation] = count
        return table

    def _sends(self, where: str) -> Iterator[Send]:
        columns = "id, at, connection, object, operation, keys, status, outcome"
        for row in self._db.execute(f"SELECT {columns} FROM send {where} ORDER BY id"):
            yield Send(row[0], row[1], row[2], row[3], row[4], tuple(orjson.loads(row[5])), row[6], row[7])

    def _results(self, name: str) -> Iterator[tuple[str, bool, str | None]]:
        of_calls = "SELECT operation, results FROM send WHERE object = ? AND results IS NOT NULL ORDER BY id"
        of_jobs = "SELECT operation, results FROM job_results WHERE object = ? ORDER BY n"
        for query in (of_calls, of_jobs):
            for operation, results in self._db.execute(query, (name,)):
                if operation in _SAVES or operation == "link":
                    yield from orjson.loads(results)

    def _ids(self, name: str) -> dict[str, bool]:
        """Id -> whether this run created it."""
        found: dict[str, bool] = {}
        for identifier, created, _ in self._results(name):
            found[identifier] = found.get(identifier, False) or created
        return found


def spelled(results: Sequence[Result]) -> bytes:
    """Results as they are kept."""
    return orjson.dumps([tuple(result) for result in results])


def insert_send(
    db: sqlite3.Connection, connection: str, name: str, operation: str, keys: bytes, rows: int, digest: str, at: float
) -> int:
    """Record a send that is about to leave; its id. `keys`: a JSON list with one key for each of the `rows`."""
    cursor = db.execute(
        "INSERT INTO send (at, connection, object, operation, rows, keys, body_digest) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (at, connection, name, operation, rows, keys, digest),
    )
    return int(cursor.lastrowid or 0)
