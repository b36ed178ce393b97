"""A live run that goes by cohorts: each is carried whole, links included, before the next begins, and is remembered as done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sdrbot_skills.engine.cohorts import Cohorts
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.journal import set_checkpoint
from sdrbot_skills.engine.prepare import Preparer, note_gone
from sdrbot_skills.engine.scope import Scope
from sdrbot_skills.engine.work import ObjectWork

DONE = "cohorts done"
CAME_SINCE = "At least so many came to the source since the dry run; a delta run takes them."


class Preparers:
    """The preparer of each object, made when it is first needed and kept for all cohorts: it knows the target's keys as they were then."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._made: dict[str, Preparer] = {}

    @contextmanager
    def of(self, work: ObjectWork) -> Iterator[Preparer]:
        """The preparer of an object."""
        if work.name not in self._made:
            cohort, self._context.only = self._context.only, None  # how to look up is chosen for all cohorts
            try:
                self._made[work.name] = Preparer(self._context, work)
            finally:
                self._context.only = cohort
        yield self._made[work.name]

    def close(self) -> None:
        """Remove what they keep on disk."""
        for preparer in self._made.values():
            preparer.close()


@contextmanager
def used_once(context: Context, work: ObjectWork) -> Iterator[Preparer]:
    """A preparer for one use."""
    preparer = Preparer(context, work)
    try:
        yield preparer
    finally:
        preparer.close()


CarryAll = Callable[[Context, Preparers], None]


def carry_by_cohorts(context: Context, scope: Scope, carry_all: CarryAll) -> None:
    """Carry everything in the scope; goes on after the last cohort that is done. The target's keys are read once for all cohorts."""
    size = context.target.capabilities
    cohorts = Cohorts(context.job.work, scope, list(context.objects), max(size.create_batch, size.upsert_batch))
    preparers = Preparers(context)
    try:
        context.more_to_come = True
        done = int(context.journal.checkpoint("", DONE) or 0)
        for number, ids in cohorts.from_number(done + 1):
            context.only = dict(ids)
            carry_all(context, preparers)
            context.journal.write([set_checkpoint("", DONE, str(number))])
            context.report("cohort", {"done": number})
        for work in context.objects.values():
            _count_what_changed(context, work)
        context.only, context.more_to_come = {}, False
        carry_all(context, preparers)  # nothing but the links that waited for a later cohort
    finally:
        preparers.close()
        cohorts.close()


def _count_what_changed(context: Context, work: ObjectWork) -> None:
    """What went from the source, and how many came: these have no cohort, so only their number is known."""
    note_gone(context, work)
    context.journal.flush()
    sql = "SELECT count(*) FROM records WHERE object=? AND decision<>'gone'"
    dealt_with = int(context.journal.rows(sql, (work.name,))[0][0])
    there = context.patience.call(lambda: context.source.count(work.plan.source, work.where))
    if there > dealt_with:
        came = ("came_since", "info", work.name, "", CAME_SINCE, there - dealt_with, "[]")
        context.journal.write([("INSERT OR REPLACE INTO findings VALUES(?, ?, ?, ?, ?, ?, ?)", [came])])
