"""Loading one object: what is planned in the journal is sent in batches, each with its intent on disk before and its results after. Many new
records go by jobs of the target instead (`jobs.py`).

A batch of unknown outcome stays as it is (`sent`); `doubt.py` asks the target about it once no other batch is on its way.
"""

from __future__ import annotations

import hashlib
import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import orjson

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.jobs import job_loader
from sdrbot_skills.engine.journal import Statement
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.errors import BatchRejected, ConfigurationError, OutcomeUnknown, Paused, Refused
from sdrbot_skills.model.records import Operation, Outcome, Row, RowResult

WORKERS = 4
MOST_ATTEMPTS = 5
_PART = 1000
_MOST_NAMED = 500
_PLANNED = (
    "SELECT r.seq, r.source_id, r.decision, r.target_id, p.body, r.no_job FROM records r INDEXED BY unsettled JOIN payloads p "
    "ON p.seq = r.seq WHERE r.object=? AND r.state IN ('planned', 'sent') AND r.state='planned' AND r.seq>? ORDER BY r.seq LIMIT ?"
)
_THESE = "SELECT r.seq, r.source_id, p.body FROM records r JOIN payloads p ON p.seq = r.seq WHERE r.seq IN"
_SENT = "UPDATE records SET state='sent', batch=?, attempts=attempts+1 WHERE seq=?"
_DONE = "UPDATE records SET state='done', target_id=?, rule=NULL, field=NULL, message=NULL WHERE seq=?"
_AGAIN = "UPDATE records SET state='planned', rule=?, field=?, message=? WHERE seq=?"
_NOT_SENT = "UPDATE records SET state='planned', attempts=attempts-1 WHERE seq=?"
_QUARANTINED = "UPDATE records SET state='quarantined', rule=?, field=?, message=? WHERE seq=?"
_SETTLED = "UPDATE batches SET settled_at=?, outcome=? WHERE id=?"


class _Batch(NamedTuple):
    """Rows that go together; `seqs`: where each is in the journal, by its key."""

    operation: Operation
    rows: Sequence[Row]
    seqs: Mapping[str, int]

    def part(self, start: int, end: int) -> _Batch:
        """Some of the rows."""
        return self._replace(rows=self.rows[start:end])


def can_repeat_creates(context: Context, work: ObjectWork) -> bool:
    """Whether making a record twice makes one: an upsert by our unique migration key."""
    field = work.target.field(work.key_field or "")
    return field is not None and field.upsert_key and context.target.capabilities.custom_upsert_key


class Loader:
    """Sends one object's planned records."""

    def __init__(self, context: Context, work: ObjectWork) -> None:
        self._context, self._work = context, work
        size = context.target.capabilities
        self._create = Operation.UPSERT if can_repeat_creates(context, work) else Operation.CREATE
        self._sizes = {
            Operation.CREATE: size.create_batch,
            Operation.UPSERT: size.upsert_batch,
            Operation.UPDATE: size.update_batch,
        }
        self._room = threading.Semaphore(2 * WORKERS)
        rows = context.journal.rows("SELECT coalesce(max(id), 0) FROM batches")
        self._numbers = itertools.count(int(rows[0][0]) + 1)
        self._jobs = job_loader(context, work, self._numbers)

    def run(self, prepared: threading.Event) -> None:
        """Send everything planned until `prepared` is set and nothing is left; the first failure of any batch is raised."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="load") as pool:
            try:
                self._feed(pool, prepared)
            except BaseException as error:  # the other threads have to stop too; it is raised again
                self._context.failed(error)
                raise
            finally:
                if self._jobs is not None:
                    self._jobs.close()
        self._context.go_on()
        self._context.journal.flush()

    def _feed(self, pool: ThreadPoolExecutor, prepared: threading.Event) -> None:
        waiting: dict[Operation, dict[int, Row]] = {operation: {} for operation in self._sizes}
        last = 0
        while not self._context.trouble:
            complete = prepared.is_set()
            rows = self._context.journal.rows(_PLANNED, (self._work.name, last, _PART))
            for seq, source_id, decision, target_id, body, no_job in rows:
                last = seq
                operation = Operation.UPDATE if decision == "update" else self._create
                row = Row(source_id, orjson.loads(body), target_id)
                if self._by_job(operation, seq, row, len(body), no_job):
                    continue
                self._gather(pool, waiting, operation, seq, row)
            if not rows and complete:
                break
            if not rows:
                prepared.wait(0.02)
        for seq, row in self._left_by_jobs():
            self._gather(pool, waiting, self._create, seq, row)
        for operation, some in waiting.items():
            if some and not self._context.trouble:
                self._hand_over(pool, _batch(operation, some))

    def _gather(
        self,
        pool: ThreadPoolExecutor,
        waiting: dict[Operation, dict[int, Row]],
        operation: Operation,
        seq: int,
        row: Row,
    ) -> None:
        waiting[operation][seq] = row
        if len(waiting[operation]) >= self._sizes[operation]:
            self._hand_over(pool, _batch(operation, waiting[operation]))
            waiting[operation] = {}

    def _by_job(self, operation: Operation, seq: int, row: Row, size: int, no_job: int | None) -> bool:
        if self._jobs is None or no_job or operation is not Operation.UPSERT:
            return False
        return self._jobs.add(seq, row, size)

    def _left_by_jobs(self) -> Iterator[tuple[int, Row]]:
        """The rows that were put aside for a job and are too few for one."""
        left = self._jobs.rest() if self._jobs is not None else []
        for part in chunks(left, _MOST_NAMED):
            sql = f"{_THESE} ({','.join('?' * len(part))}) ORDER BY r.seq"
            for seq, source_id, body in self._context.journal.rows(sql, part):
                yield seq, Row(source_id, orjson.loads(body))

    def _hand_over(self, pool: ThreadPoolExecutor, batch: _Batch) -> None:
        while not self._room.acquire(timeout=0.2):
            if self._context.trouble:
                return
        pool.submit(self._send_in_thread, batch).add_done_callback(self._leave)

    def _leave(self, _: Future[None]) -> None:
        self._room.release()

    def _send_in_thread(self, batch: _Batch) -> None:
        if self._context.trouble:
            return
        try:
            self._send(batch)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits for all batches
            self._context.failed(error)

    # -- one batch ---------------------------------------------------------------------------------------------------------

    def _send(self, batch: _Batch) -> None:
        context, work = self._context, self._work
        number = self._intend(batch)
        key = work.key_field if batch.operation is Operation.UPSERT else None
        try:
            results = context.patience.call(
                lambda: context.target.write(work.plan.target, batch.operation, batch.rows, key)
            )
        except OutcomeUnknown:
            context.journal.submit([(_SETTLED, [(None, "unknown", number)])])
        except BatchRejected as rejected:
            self._split(batch, number, rejected)
        except (Paused, Refused, ConfigurationError):
            self._take_back(batch, number)
            raise
        else:
            self._settle(batch, results, number)

    def _intend(self, batch: _Batch) -> int:
        number = next(self._numbers)
        digest = hashlib.sha256("\n".join(row.key for row in batch.rows).encode()).hexdigest()
        intent = (number, self._work.name, batch.operation.value, len(batch.rows), digest, time.time())
        self._context.journal.write(
            [
                ("INSERT INTO batches(id, object, operation, rows, digest, intent_at) VALUES(?,?,?,?,?,?)", [intent]),
                (_SENT, [(number, batch.seqs[row.key]) for row in batch.rows]),
            ]
        )
        return number

    def _take_back(self, batch: _Batch, number: int) -> None:
        """Nothing of it was carried out: the rows are planned again."""
        rows = [(batch.seqs[row.key],) for row in batch.rows]
        self._context.journal.write([(_NOT_SENT, rows), (_SETTLED, [(time.time(), "not_sent", number)])])

    def _split(self, batch: _Batch, number: int, rejected: BatchRejected) -> None:
        """Nothing of it was carried out because of one row: halve it until that row stands alone."""
        if len(batch.rows) == 1:
            result = RowResult(batch.rows[0].key, Outcome.REJECTED, None, rejected.rule, None, str(rejected))
            self._settle(batch, [result], number)
            return
        self._take_back(batch, number)
        middle = len(batch.rows) // 2
        self._send(batch.part(0, middle))
        self._send(batch.part(middle, len(batch.rows)))

    def _settle(self, batch: _Batch, results: Sequence[RowResult], number: int) -> None:
        by_key = {result.key: result for result in results}
        fates: dict[str, list[tuple[object, ...]]] = {_DONE: [], _AGAIN: [], _QUARANTINED: []}
        for row in batch.rows:
            result, seq = by_key.get(row.key), batch.seqs[row.key]
            if result is None or result.rule == "unanswered":
                continue  # not answered is not known: it stays in doubt
            if result.outcome is not Outcome.REJECTED:
                if result.id or row.id:  # else made, they say, but not which: in doubt
                    fates[_DONE].append((result.id or row.id, seq))
            elif result.retriable:
                fates[_AGAIN].append((result.rule, result.field, result.message, seq))
            else:
                fates[_QUARANTINED].append((result.rule or "vendor_rejected", result.field, result.message, seq))
        answered = sum(len(rows) for rows in fates.values())
        settled: list[Statement] = [(sql, rows) for sql, rows in fates.items() if rows]
        settled.append((_SETTLED, [(time.time(), "answered" if answered == len(batch.rows) else "partly", number)]))
        self._context.journal.submit(settled)
        done, refused = len(fates[_DONE]), len(fates[_QUARANTINED])
        self._context.report("loaded", {"object": self._work.name, "records": done, "rejected": refused})


def _batch(operation: Operation, rows: Mapping[int, Row]) -> _Batch:
    return _Batch(operation, list(rows.values()), {row.key: seq for seq, row in rows.items()})


def give_up(context: Context, work: ObjectWork) -> None:
    """Records that a vendor has put off again and again need a person, who is told what it said last."""
    message = f"The target put this record off {MOST_ATTEMPTS} times. Try it again later."
    sql = (
        "UPDATE records SET state='quarantined', rule=coalesce(rule, 'put_off'), message=? || coalesce(' It says: ' || message, '') "
        "WHERE object=? AND state IN ('planned', 'sent') AND state='planned' AND attempts>=?"
    )
    context.journal.write([(sql, [(message, work.name, MOST_ATTEMPTS)])])


def anything_left(context: Context, work: ObjectWork) -> bool:
    """Whether any record of the object is planned or in doubt."""
    sql = "SELECT 1 FROM records WHERE object=? AND state IN ('planned', 'sent') LIMIT 1"
    return bool(context.journal.rows(sql, (work.name,)))
