"""Uploaded files in the ledger: their rows, and the one job that each may be started as."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from sdrbot_skills.broker.budget import BudgetKeeper
from sdrbot_skills.broker.jobs import Job, reserve_rows
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.ziprows import ZippedRows

OPERATION = "create"


@dataclass(frozen=True)
class File:
    """One uploaded file. `state`: `uploaded`; `starting` from before its start is sent until the answer is there; `started`, and then `job` is known.

    `send`: its rows' send, once they are reserved.
    """

    id: str
    name: str
    columns: tuple[str, ...]
    key_field: str
    rows: int
    state: str
    send: int | None
    job: str | None


class FileBook:
    """The files of one run's ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def uploaded(self, file_id: str, read: ZippedRows) -> None:
        """The vendor has taken a file. A power cut may lose this, and the file with it: it is not started then."""
        with self._ledger.transaction(durable=False) as db:
            db.execute(
                "INSERT INTO file (id, name, columns, key_field, rows, state) VALUES (?, ?, ?, ?, ?, 'uploaded')",
                (file_id, read.name, orjson.dumps(read.columns), read.key_field, len(read.rows)),
            )
            keys = orjson.dumps([row.key for row in read.rows])
            db.execute("INSERT INTO job_keys (job, keys) VALUES (?, ?)", (file_id, keys))

    def find(self, file_id: str) -> File | None:
        """A file that this run uploaded."""
        with self._ledger.transaction() as db:
            found = db.execute(
                "SELECT id, name, columns, key_field, rows, state, send, job FROM file WHERE id = ?", (file_id,)
            ).fetchone()
        return File(found[0], found[1], tuple(orjson.loads(found[2])), *found[3:]) if found else None

    def starting(self, keeper: BudgetKeeper | None, connection: str, file: File, name: str, at: float) -> int:
        """Count the rows against the budget, once, and write down that the start is about to leave; the rows' send. Raises `Refusal`."""
        fresh = 0
        with self._ledger.transaction() as db:
            send = file.send
            if send is None:
                job = Job(file.id, name, OPERATION, file.key_field, file.state, file.rows)
                send, fresh = reserve_rows(db, keeper, connection, job, at)
            taken = "UPDATE file SET state = 'starting', send = ? WHERE id = ? AND state = 'uploaded'"
            if not db.execute(taken, (send, file.id)).rowcount:  # two starts of one file at the same moment
                raise Refusal("start_in_doubt", "This file is being started already.", "file_start")
        if keeper is not None and file.send is None:
            keeper.spend(name, OPERATION, fresh, file.rows)
        return send

    def started(self, file: File, job: Job) -> None:
        """The vendor has named the job."""
        with self._ledger.transaction() as db:
            db.execute("UPDATE file SET state = 'started', job = ? WHERE id = ?", (job.id, file.id))
            db.execute(
                "INSERT INTO job (id, object, operation, key_field, state, rows, send) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (job.id, job.object, job.operation, job.key_field, job.state, job.rows, job.send),
            )

    def not_started(self, file: File, send: int, *, refused: bool) -> None:
        """Nothing was carried out, so it may be sent again. `refused`: the vendor said so."""
        with self._ledger.transaction() as db:
            db.execute("UPDATE file SET state = 'uploaded' WHERE id = ?", (file.id,))
            if refused:
                db.execute("UPDATE send SET outcome = 'answered' WHERE id = ?", (send,))
