"""Links that go by jobs of the target: thousands in one upload, where the target can make links of this kind so.

A job makes each of its links anew, so only links of records that this run has made go by one. Its handle is in the journal before anything is
uploaded, and a job that was started is followed to its end before any other link is made: what it made is settled by its results. What a job
refused or left goes by an ordinary call, which looks first at what is there; from then on, whatever breaks off, so do all others that are left.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import count, islice

import orjson

from sdrbot_skills.crm.capabilities import BulkLane, bulk_lane
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.jobs import follow, job_of, known, start
from sdrbot_skills.engine.journal import Statement
from sdrbot_skills.engine.link_rows import SETTLE, Ready, Settled, Taken
from sdrbot_skills.engine.work import LinkWork, ObjectWork
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.model.records import BulkJob, JobState, Outcome, Row

_NUMBER = "SELECT count(*) FROM links WHERE object=? AND type=? AND to_object=? AND state IN ('planned', 'sent')"
_LEFT = (
    "SELECT batch, handle, state FROM jobs WHERE object=? AND state IN ('open', 'starting', 'started') ORDER BY batch"
)
_STATE = "UPDATE jobs SET state=? WHERE batch=?"
_SETTLED = "UPDATE batches SET settled_at=?, outcome=? WHERE id=?"
_PARTLY = "partly"


def link_jobs(context: Context, work: ObjectWork, link: LinkWork) -> LinkJobs | None:
    """The jobs for an object's links of one kind, where their number is worth one or an earlier process has left some."""
    capabilities = context.target.capabilities
    if not context.live or link.target.name not in capabilities.job_links:
        return None
    number = int(context.journal.rows(_NUMBER, (work.name, link.target.name, link.to_object))[0][0])
    bulk = bulk_lane(capabilities, context.plan.limits.lane, number)
    left = context.journal.rows(_LEFT, (_name(work, link),))
    return LinkJobs(context, work, link, bulk, number, left) if bulk is not None or left else None


def went_by_jobs(context: Context, work: ObjectWork, link: LinkWork) -> bool:
    """Whether a job may have made some of these links, whatever is known of it."""
    return bool(context.journal.rows("SELECT 1 FROM jobs WHERE object=? LIMIT 1", (_name(work, link),)))


def _name(work: ObjectWork, link: LinkWork) -> str:
    """What the journal's jobs and batches call these links; no object is called so."""
    return f"{work.name}>{link.to_object} {link.target.name}"


class LinkJobs:
    """Gathers the links of one kind and sends them by jobs, one at a time. `left`: jobs that an earlier process has left."""

    def __init__(
        self,
        context: Context,
        work: ObjectWork,
        link: LinkWork,
        bulk: BulkLane | None,
        number: int,
        left: Sequence[tuple[int, bytes, str]],
    ) -> None:
        self._context, self._link, self._name = context, link, _name(work, link)
        self._rows = bulk.rows(number) if bulk else 0
        self._least = 1 if context.plan.limits.lane == "bulk" else bulk.worth_from if bulk else 0
        newest = context.journal.rows("SELECT coalesce(max(id), 0) FROM batches")
        self._numbers = count(int(newest[0][0]) + 1)
        self._waiting: dict[str, list[Ready]] = defaultdict(list)
        self._taken_up: list[int] = []
        self._made: dict[str, int] = {}
        partly = context.journal.rows("SELECT 1 FROM batches WHERE object=? AND outcome=?", (self._name, _PARTLY))
        self._open = bulk is not None and not partly
        for batch, handle, state in left:
            self._take_up(batch, job_of(handle), state)

    def take(self, ready: Sequence[Ready]) -> Taken:
        """Of some links: which an earlier process's job has made, and which go by an ordinary call; the others wait for a job."""
        by_call: list[Ready] = []
        settled: list[Settled] = []
        for one in ready:
            key = _key(one)
            if key in self._made:
                settled.append(Settled(one.seq, "done", self._made[key]))
                self._made[key] = 0
            elif one.new and self._open:
                self._waiting[key].append(one)
            else:
                by_call.append(one)
        while self._open and len(self._waiting) >= self._rows:
            by_call += self._carry()
        return Taken(by_call, settled)

    def rest(self) -> list[Ready]:
        """Send what still waits, where it is worth a job; the links that go by an ordinary call."""
        if self._open and self._waiting and len(self._waiting) >= self._least:
            return self._carry()
        return [one for some in self._waiting.values() for one in some]

    def close(self) -> None:
        """All links are settled: an earlier process's jobs need not be read again."""
        self._context.journal.write([(_STATE, [("read", batch) for batch in self._taken_up])])

    def _take_up(self, batch: int, job: BulkJob, state: str) -> None:
        if state == "open":
            self._context.journal.write(_dropped(batch))
            return
        self._taken_up.append(batch)
        started = job if state == "started" else start(self._context, batch, job)
        ended = follow(self._context, started)
        results = self._context.patience.call(lambda: list(self._context.target.job_results(started)))
        self._made |= {one.key: 1 for one in results if one.outcome is not Outcome.REJECTED}
        if ended is not JobState.COMPLETE:
            self._open = False
            self._context.journal.write([(_SETTLED, [(time.time(), _PARTLY, batch)])])

    def _carry(self) -> list[Ready]:
        """One job from its making to its results; the links that it did not make."""
        context, some = self._context, list(islice(self._waiting, self._rows))
        pairs = {key: self._waiting.pop(key) for key in some}
        batch, job = context.patience.call(lambda: self._uploaded(pairs, next(self._numbers)))
        context.journal.write([known(batch, job, "starting")])
        started = start(context, batch, job)
        ended = follow(context, started)
        results = context.patience.call(lambda: list(context.target.job_results(started)))
        made = {one.key for one in results if one.outcome is not Outcome.REJECTED}
        done = [
            ("done", int(number == 0), None, None, one.seq)
            for key in pairs
            if key in made
            for number, one in enumerate(pairs[key])
        ]
        rest = [one for key, some in pairs.items() if key not in made for one in some]
        settled: Statement = (_SETTLED, [(time.time(), _PARTLY if rest else ended.value, batch)])
        context.journal.write([(SETTLE, done), settled, (_STATE, [("read", batch)])])
        context.report("linked", {"object": self._name.partition(">")[0], "links": len(made)})
        self._open = self._open and not rest
        return rest

    def _uploaded(self, pairs: dict[str, list[Ready]], batch: int) -> tuple[int, BulkJob]:
        context = self._context
        job = context.target.open_link_job(self._link.target)
        intent = (batch, self._name, "job", len(pairs), job.id, time.time())
        handle = orjson.dumps(job._asdict())
        context.journal.write(
            [
                ("INSERT INTO batches(id, object, operation, rows, digest, intent_at) VALUES(?,?,?,?,?,?)", [intent]),
                ("INSERT INTO jobs VALUES(?,?,?,'open')", [(batch, self._name, handle)]),
            ]
        )
        try:
            return batch, context.target.upload(job, _rows(job, pairs))
        except MigrationError:
            context.journal.write(_dropped(batch))
            raise


def _rows(job: BulkJob, pairs: dict[str, list[Ready]]) -> Iterator[Row]:
    start, end = job.columns
    for key, (one, *_) in pairs.items():
        yield Row(key, {start: one.from_id, end: one.to_id})


def _key(one: Ready) -> str:
    return f"{one.from_id}>{one.to_id}"


def _dropped(batch: int) -> list[Statement]:
    """It was never started, so it has made nothing."""
    return [(_SETTLED, [(time.time(), "not_sent", batch)]), (_STATE, [("dropped", batch)])]
