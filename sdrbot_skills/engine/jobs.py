"""Records that go by jobs of the target: thousands of upserts by the migration key in one upload.

The job's handle is in the journal before anything is uploaded, and that it is about to start before the target may work on it, so that a new
process takes it up where the old one stopped: one that was never started has done nothing and is dropped, any other is followed to its end. Some
targets name a job only when they have taken it: uploading and starting each answer the handle by which it is known from then on. Where a start was
sent and nobody can tell what became of it, its rows are in doubt (`doubt.py`), as is every row without a result. A row that the job refused goes
once more by an ordinary call, which knows options that jobs do not and says why; so does one that turns out not to be there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

import orjson

from sdrbot_skills.crm.capabilities import BulkLane, bulk_lane
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.journal import Statement
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.errors import BatchRejected, MigrationError, OutcomeUnknown, Refused
from sdrbot_skills.model.records import BulkJob, JobState, Outcome, Row, RowResult

AT_ONCE = 2
FIRST_POLL, LONGEST_POLL = 0.25, 20.0
_PART = 1000
_SENT = "UPDATE records SET state='sent', batch=?, attempts=attempts+1 WHERE seq=?"
_ROWS = (
    "SELECT r.seq, r.source_id, p.body FROM records r INDEXED BY sent_by JOIN payloads p ON p.seq = r.seq "
    "WHERE r.batch=? AND r.state='sent' AND r.seq>? ORDER BY r.seq LIMIT ?"
)
_OF_JOB = "WHERE object=? AND source_id=? AND batch=? AND state='sent'"
_DONE = f"UPDATE records SET state='done', target_id=?, rule=NULL, message=NULL {_OF_JOB}"
_AGAIN = f"UPDATE records SET state='planned' {_OF_JOB}"
_BY_CALL = f"UPDATE records SET state='planned', no_job=1 {_OF_JOB}"
_NOT_SENT = "UPDATE records SET state='planned', attempts=attempts-1 WHERE batch=? AND state='sent'"
_NO_JOB = "UPDATE records SET no_job=1 WHERE batch=? AND state='sent'"
_STATE = "UPDATE jobs SET state=? WHERE batch=?"
_KNOWN = "UPDATE jobs SET handle=?, state=? WHERE batch=?"
_IN_DOUBT = (
    "A job was started and no answer came. Its records were looked up, and those that were not there written by calls; should the target carry it out "
    "later all the same, it writes the same values into the same records once more."
)
_SETTLED = "UPDATE batches SET settled_at=?, outcome=? WHERE id=?"

T = TypeVar("T")


def job_loader(context: Context, work: ObjectWork, numbers: Iterator[int]) -> JobLoader | None:
    """The loader for this object's new records, where the migration key makes a repeated upsert harmless and their number is worth jobs.

    `numbers` gives each batch its number in the journal.
    """
    key = work.target.field(work.key_field or "")
    capabilities, lane = context.target.capabilities, context.plan.limits.lane
    if capabilities.bulk_write is None or lane == "collections":
        return None
    if key is None or not key.upsert_key or not capabilities.custom_upsert_key:
        return None
    volume = _volume(context, work)
    bulk = bulk_lane(capabilities, lane, volume)
    if bulk is None:
        return None
    least = 1 if lane == "bulk" else bulk.worth_from
    return JobLoader(context, work, numbers, bulk, rows=bulk.rows(volume), least=least)


def _volume(context: Context, work: ObjectWork) -> int:
    """How many records the dry run meant to create; of a pilot or a retry, how many are to be carried."""
    if context.only is not None:
        return len(context.only.get(work.name, ()))
    if context.scope is not None:
        return context.scope.count(work.name, "create")
    return context.patience.call(lambda: context.source.count(work.plan.source, work.where))


class JobLoader:
    """Sends one object's new records by jobs of `rows` records or as many bytes as the lane allows, two at a time; `least`: fewer are not worth one."""

    def __init__(
        self, context: Context, work: ObjectWork, numbers: Iterator[int], lane: BulkLane, *, rows: int, least: int
    ) -> None:
        self._context, self._work, self._numbers, self._lane = context, work, numbers, lane
        self._rows, self._least = rows, least
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="job")
        self._room = threading.Semaphore(AT_ONCE)
        self._begin_next()

    def _begin_next(self) -> None:
        self._seqs: list[int] = []
        self._columns: dict[str, None] = {}
        self._size = 0

    def add(self, seq: int, row: Row, size: int) -> bool:
        """Take a row for the next job; `False` where a job cannot carry it."""
        if not self._context.target.job_takes(row) or not self._has_room_for(row):
            return False
        self._seqs.append(seq)
        self._columns.update(dict.fromkeys(row.payload))
        self._size += size
        if len(self._seqs) >= self._rows or self._size >= self._lane.bytes_per_job:
            self._hand_over()
        return True

    def _has_room_for(self, row: Row) -> bool:
        most = self._lane.columns_per_job
        return len(self._columns) + len(row.payload) <= most or len(self._columns.keys() | row.payload.keys()) <= most

    def rest(self) -> list[int]:
        """Hand over what has gathered; or, where it is not worth a job, say which rows these are."""
        if len(self._seqs) >= self._least:
            self._hand_over()
        left = self._seqs
        self._begin_next()
        return left

    def close(self) -> None:
        """Wait for the jobs under way."""
        self._pool.shutdown(wait=True)

    def _hand_over(self) -> None:
        seqs, columns = self._seqs, tuple(self._columns)
        self._begin_next()
        while not self._room.acquire(timeout=0.2):
            if self._context.trouble:
                return
        self._pool.submit(self._carry_in_thread, seqs, columns).add_done_callback(self._leave)

    def _leave(self, _: Future[None]) -> None:
        self._room.release()

    def _carry_in_thread(self, seqs: Sequence[int], columns: Sequence[str]) -> None:
        if self._context.trouble:
            return
        try:
            carry(self._context, self._work, seqs, columns, self._numbers)
        except BaseException as error:  # noqa: BLE001 - raised again by the thread that waits for all batches
            self._context.failed(error)


# -- one job -----------------------------------------------------------------------------------------------------------


def carry(
    context: Context, work: ObjectWork, seqs: Sequence[int], columns: Sequence[str], numbers: Iterator[int]
) -> None:
    """One job from its making to its results."""
    number, job = context.patience.call(lambda: _uploaded(context, work, seqs, columns, next(numbers)))
    context.journal.write([known(number, job, "starting")])
    _finish(context, work, number, job, "starting")


def take_up(context: Context, work: ObjectWork) -> None:
    """Bring the jobs that an earlier process left to their end; those it never started are dropped and their records planned again."""
    jobs = "SELECT batch, handle, state FROM jobs WHERE object=? AND state IN ('open', 'starting', 'started') ORDER BY batch"
    for number, handle, state in context.journal.rows(jobs, (work.name,)):
        if state == "open":
            _drop(context, number)
        else:
            _finish(context, work, number, job_of(handle), state)


def _uploaded(
    context: Context, work: ObjectWork, seqs: Sequence[int], columns: Sequence[str], number: int
) -> tuple[int, BulkJob]:
    """A job with its rows in it. Whatever goes wrong on the way, nothing of it was carried out: the rows are planned again."""
    job = context.target.open_job(work.plan.target, columns, str(work.key_field))
    intent = (number, work.name, "job", len(seqs), job.id, time.time())
    context.journal.write(
        [
            ("INSERT INTO batches(id, object, operation, rows, digest, intent_at) VALUES(?,?,?,?,?,?)", [intent]),
            ("INSERT INTO jobs VALUES(?,?,?,'open')", [(number, work.name, orjson.dumps(job._asdict()))]),
            (_SENT, [(number, seq) for seq in seqs]),
        ]
    )
    try:
        return number, context.target.upload(job, _rows(context, number))
    except MigrationError:
        _drop(context, number)
        raise


def _rows(context: Context, number: int) -> Iterator[Row]:
    last = 0
    while rows := context.journal.rows(_ROWS, (number, last, _PART)):
        for last, source_id, body in rows:  # noqa: B007 - `last` is where the next part begins
            yield Row(source_id, orjson.loads(body))


def _finish(context: Context, work: ObjectWork, number: int, job: BulkJob, state: str) -> None:
    """From the start of a job, or from finding it started, to its results."""
    call, target = context.patience.call, context.target
    try:
        started = job if state == "started" else start(context, number, job)
    except OutcomeUnknown:
        _lose(context, work, number)
        return
    except BatchRejected:
        context.journal.write([(_NO_JOB, [(number,)])])
        _drop(context, number)
        return
    except Refused:
        _drop(context, number)
        raise
    ended = follow(context, started)
    call(lambda: _settle_all(context, work, number, target.job_results(started)))
    settled: Statement = (_SETTLED, [(time.time(), ended.value, number)])
    context.journal.write([(_NO_JOB, [(number,)]), settled, (_STATE, [("read", number)])])


def start(context: Context, number: int, job: BulkJob) -> BulkJob:
    """Start an uploaded job, or find it started; the job as it is known from then on, which is in the journal."""
    started = context.patience.call(lambda: context.target.start_job(job))
    context.journal.write([known(number, started, "started")])
    return started


def follow(context: Context, job: BulkJob) -> JobState:
    """Look at a started job until it has ended; how it did."""
    call, target = context.patience.call, context.target
    pause = FIRST_POLL
    while (state := call(lambda: target.job_state(job))) is JobState.WORKING:
        context.patience.rest(pause)
        context.go_on()
        pause = min(pause * 1.5, LONGEST_POLL)
    return state


def known(number: int, job: BulkJob, state: str) -> Statement:
    """The statement that remembers by which handle a job is known, and how far it is."""
    return _KNOWN, [(orjson.dumps(job._asdict()), state, number)]


def _lose(context: Context, work: ObjectWork, number: int) -> None:
    """Sent to be started, and whether the target works on it cannot be told: its rows are looked up, and go by calls where they are not there."""
    context.findings.add("job_in_doubt", "warning", work.name, _IN_DOUBT)
    unknown: Statement = (_SETTLED, [(None, "unknown", number)])
    context.journal.write([(_NO_JOB, [(number,)]), unknown, (_STATE, [("lost", number)])])


def _drop(context: Context, number: int) -> None:
    """The job was never started: its rows are planned again."""
    settled = (time.time(), "not_sent", number)
    context.journal.write([(_NOT_SENT, [(number,)]), (_SETTLED, [settled]), (_STATE, [("dropped", number)])])


def _settle_all(context: Context, work: ObjectWork, number: int, results: Iterable[RowResult]) -> None:
    for part in _parts(results, _PART):
        _settle(context, work, number, part)


def _settle(context: Context, work: ObjectWork, number: int, results: Sequence[RowResult]) -> None:
    start = len(context.plan.key_prefix)
    fates: dict[str, list[tuple[object, ...]]] = {_DONE: [], _AGAIN: [], _BY_CALL: []}
    for result in results:
        row = (work.name, result.key[start:], number)
        if result.outcome is not Outcome.REJECTED and result.id:
            fates[_DONE].append((result.id, *row))
        elif result.outcome is Outcome.REJECTED:
            fates[_AGAIN if result.retriable else _BY_CALL].append(row)
    context.journal.submit([(sql, rows) for sql, rows in fates.items() if rows])
    context.report("loaded", {"object": work.name, "records": len(fates[_DONE]), "rejected": 0})


def job_of(handle: bytes) -> BulkJob:
    """A job as the journal keeps it."""
    kept = BulkJob(**orjson.loads(handle))
    return kept._replace(columns=tuple(kept.columns))


def _parts(items: Iterable[T], size: int) -> Iterator[list[T]]:
    source = iter(items)
    while part := list(islice(source, size)):
        yield part
