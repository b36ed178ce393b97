"""Bulk jobs in the ledger: what each was opened for, the rows that were uploaded, their reservation against the budget, and their results."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from sdrbot_skills.broker.answers import Result
from sdrbot_skills.broker.budget import BudgetKeeper
from sdrbot_skills.broker.ledger import Ledger, insert_send, spelled
from sdrbot_skills.broker.rows import Row


@dataclass(frozen=True)
class Job:
    """One ingest job. `state`: `open`, `uploading`, `uploaded`, `closed`, `aborted`; `send`: its rows' send, once closed."""

    id: str
    object: str
    operation: str
    key_field: str | None
    state: str
    rows: int
    send: int | None = None


class JobBook:
    """The jobs of one run's ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def opened(self, job: Job) -> None:
        """The vendor has made a job for us."""
        with self._ledger.transaction() as db:
            db.execute(
                "INSERT INTO job (id, object, operation, key_field, state, rows) VALUES (?, ?, ?, ?, ?, ?)",
                (job.id, job.object, job.operation, job.key_field, job.state, job.rows),
            )

    def find(self, job_id: str) -> Job | None:
        """A job that this run opened. Salesforce's ids have 18 characters, of which the first 15 will do."""
        same = "substr(id, 1, 15)" if len(job_id) == 15 else "id"
        with self._ledger.transaction() as db:
            found = db.execute(
                f"SELECT id, object, operation, key_field, state, rows, send FROM job WHERE {same} = ?", (job_id,)
            ).fetchone()
        return Job(*found) if found else None

    def mark(self, job: Job, state: str) -> None:
        """Another state."""
        with self._ledger.transaction() as db:
            db.execute("UPDATE job SET state = ? WHERE id = ?", (state, job.id))

    def add_rows(self, job: Job, rows: Sequence[Row]) -> None:
        """Some rows of the upload. A power cut may lose them, and the upload with them: without `reserve` it has no effect."""
        with self._ledger.transaction(durable=False) as db:
            keys = orjson.dumps([row.key for row in rows])
            db.execute("INSERT INTO job_keys (job, keys) VALUES (?, ?)", (job.id, keys))
            db.execute("UPDATE job SET rows = rows + ? WHERE id = ?", (len(rows), job.id))

    def reserve(self, keeper: BudgetKeeper | None, connection: str, job: Job, at: float) -> int:
        """Count the uploaded rows against the budget and record them as a send; raises `Refusal`, and then nothing is counted."""
        with self._ledger.transaction() as db:
            send, fresh = reserve_rows(db, keeper, connection, job, at)
            db.execute("UPDATE job SET state = 'closed', send = ? WHERE id = ?", (send, job.id))
        if keeper is not None:
            keeper.spend(job.object, job.operation, fresh, job.rows)
        return send

    def add_results(self, job: Job, results: Sequence[Result]) -> None:
        """Some of the records that the job wrote. Read again after a break they are there twice, which says nothing else.

        A power cut may lose them, and then they are read again: only `finished` says that they are all there.
        """
        with self._ledger.transaction(durable=False) as db:
            db.execute(
                "INSERT INTO job_results (job, object, operation, results) VALUES (?, ?, ?, ?)",
                (job.id, job.object, job.operation, spelled(results)),
            )

    def finished(self, job: Job, at: float) -> None:
        """All results were read: the job's send is answered."""
        with self._ledger.transaction() as db:
            db.execute("UPDATE job SET state = 'finished' WHERE id = ?", (job.id,))
            db.execute("UPDATE send SET outcome = 'answered', settled_at = ? WHERE id = ?", (at, job.send))


def reserve_rows(
    db: sqlite3.Connection, keeper: BudgetKeeper | None, connection: str, job: Job, at: float
) -> tuple[int, int]:
    """Hold a job's rows against the budget and record them as a send: its id, and how many rows are new. Raises `Refusal`."""
    before = db.total_changes
    db.execute(
        "INSERT OR IGNORE INTO spent (object, operation, key) "
        "SELECT ?, ?, each.value FROM job_keys, json_each(job_keys.keys) AS each WHERE job = ?",
        (job.object, job.operation, job.id),
    )
    fresh = db.total_changes - before
    if keeper is not None:
        keeper.refuse_overspending(job.object, job.operation, fresh, job.rows)
    parts = db.execute("SELECT keys FROM job_keys WHERE job = ? ORDER BY n", (job.id,))
    # The lists of the pieces as one, never taken apart.
    keys = b"[" + b",".join(part[1:-1] for (part,) in parts) + b"]"
    send = insert_send(db, connection, job.object, job.operation, keys, job.rows, job.id, at)
    db.execute("DELETE FROM job_keys WHERE job = ?", (job.id,))
    return send, fresh
