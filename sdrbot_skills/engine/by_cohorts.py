"""A live run that goes by cohorts: each is carried whole, links included, before the next begins, and is remembered as done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sdrbot_skills.engine.cohorts import Cohorts
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.journal import set_checkpoint
from sdrbot_skills.engine.prepare import Preparer
from sdrbot_skills.engine.scope import Scope

DONE = "cohorts done"
CAME_SINCE = "At least so many came to the source since the dry run; a delta run takes them."

CarryAll = Callable[[Context, Mapping[str, Preparer]], None]


def carry_by_cohorts(context: Context, scope: Scope, carry_all: CarryAll) -> None:
    """Carry everything in the scope; goes on after the last cohort that is done. The target's keys are read once for all cohorts."""
    size = context.target.capabilities
    cohorts = Cohorts(context.job.work, scope, list(context.objects), max(size.create_batch, size.upsert_batch))
    preparers = {name: Preparer(context, work) for name, work in context.objects.items()}
    try:
        context.more_to_come = True
        done = int(context.journal.checkpoint("", DONE) or 0)
        for number, ids in cohorts.from_number(done + 1):
            context.only = dict(ids)
            carry_all(context, preparers)
            context.journal.write([set_checkpoint("", DONE, str(number))])
            context.report("cohort", {"done": number})
        _close(context, preparers)
        context.only, context.more_to_come = {}, False
        carry_all(context, preparers)  # nothing but the links that waited for a later cohort
    finally:
        for preparer in preparers.values():
            preparer.matcher.close()
        cohorts.close()


def _close(context: Context, preparers: Mapping[str, Preparer]) -> None:
    """What went from the source, and how many came: these have no cohort, so only their number is known."""
    for name, preparer in preparers.items():
        preparer.note_gone()
        context.journal.flush()
        work = context.objects[name]
        sql = "SELECT count(*) FROM records WHERE object=? AND decision<>'gone'"
        dealt_with = int(context.journal.rows(sql, (name,))[0][0])
        there = context.patience.call(lambda: context.source.count(work.plan.source, work.where))  # noqa: B023 - called at once
        if there > dealt_with:
            came = ("came_since", "info", name, "", CAME_SINCE, there - dealt_with, "[]")
            context.journal.write([("INSERT OR REPLACE INTO findings VALUES(?, ?, ?, ?, ?, ?, ?)", [came])])
