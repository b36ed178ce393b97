"""One start of the engine: dry or live, from the beginning or from where a journal stands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.engine import summary
from sdrbot_skills.engine.by_cohorts import Preparers, carry_by_cohorts, used_once
from sdrbot_skills.engine.carry import Transform, frame_of
from sdrbot_skills.engine.consent import carry_opt_outs
from sdrbot_skills.engine.context import Context, Report
from sdrbot_skills.engine.doubt import resolve
from sdrbot_skills.engine.events import Event, Events
from sdrbot_skills.engine.jobs import take_up
from sdrbot_skills.engine.journal import Journal
from sdrbot_skills.engine.links import make_links, settle_links_in_records
from sdrbot_skills.engine.load import Loader, anything_left, can_repeat_creates, give_up
from sdrbot_skills.engine.pilot import choose
from sdrbot_skills.engine.prepare import PREPARED, Preparer
from sdrbot_skills.engine.quarantine import keep_values
from sdrbot_skills.engine.scope import Scope
from sdrbot_skills.engine.work import ObjectWork, spell_out
from sdrbot_skills.errors import ConfigurationError, Paused
from sdrbot_skills.model.job import Job
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.results import DryRunResult, LiveResult

JOURNAL = "journal.sqlite"


def run(
    job: Job,
    plan: Plan,
    source: Crm,
    target: Crm,
    transforms: Mapping[str, Transform],
    report: Callable[[Event], None] | None = None,
) -> DryRunResult | LiveResult:
    """Carry out a job: a dry run from scratch, or a live run from wherever its journal stands.

    Writes `dry.json` or `live.json`, `journal.sqlite` and `events.jsonl` into `job.work`. `transforms`: per object of the plan a function from
    canonical source values to canonical target values; a `RowRejected` it raises quarantines the record. A live run that has to wait
    (daily budget, vendor down, account to be connected again) answers `paused`; `Refused`, `SchemaDrift` and `ConfigurationError`
    are raised, and the journal is in order then too: start again with the same job. `report` is called with each event as it is written.
    """
    missing = sorted(plan.objects.keys() - transforms.keys())
    if missing:
        raise ConfigurationError(
            f"The script has no transform for {', '.join(missing)}. Render it again from the plan."
        )
    path = job.work / JOURNAL
    if job.mode == "dry":
        for leftover in (path, path.with_name(f"{JOURNAL}-wal"), path.with_name(f"{JOURNAL}-shm")):
            leftover.unlink(missing_ok=True)
    events = Events(job.work, report)
    try:
        with Journal(path, plan_digest=plan.digest(), mode=job.mode) as journal:
            return _run(job, plan, source, target, transforms, journal, events.report)
    finally:
        events.close()


def _run(
    job: Job,
    plan: Plan,
    source: Crm,
    target: Crm,
    transforms: Mapping[str, Transform],
    journal: Journal,
    report: Report,
) -> DryRunResult | LiveResult:
    scope = Scope(job.scope) if job.scope else None
    context = Context(
        job=job,
        plan=plan,
        source=source,
        target=target,
        transforms=transforms,
        objects=spell_out(plan, source, target),
        frame=frame_of(source.account(), target.account()),
        journal=journal,
        scope=scope,
        report=report,
    )
    try:
        context.only = _only(context)
        context.more_to_come = context.job.pilot is not None
        return _dry(context) if job.mode == "dry" else _live(context)
    finally:
        if scope is not None:
            scope.close()


def _only(context: Context) -> dict[str, list[str]] | None:
    if context.job.pilot is not None and context.live:
        if context.scope is None:
            raise ConfigurationError("A pilot is chosen from what the dry run saw; the job names no scope.")
        return choose(context.scope, list(context.objects), context.job.pilot)
    return context.job.only


# -- dry -----------------------------------------------------------------------------------------------------------------


def _dry(context: Context) -> DryRunResult:
    look_ups: dict[str, dict[str, int]] = {}
    for work in context.objects.values():
        context.report("started", {"object": work.name})
        preparer = Preparer(context, work)
        try:
            preparer.run()
        finally:
            preparer.matcher.close()
        look_ups[work.name] = dict(preparer.matcher.looked_up)
        settle_links_in_records(context, work)
    for work in context.objects.values():
        make_links(context, work)
    journal = context.journal
    result = DryRunResult(
        counts=_with_planned_links(context),
        link_counts=summary.link_counts(journal),
        findings=summary.findings(journal),
        samples=summary.samples(journal),
        opt_outs=summary.opt_outs(journal),
        batches=summary.planned_batches(journal, _batch_sizes(context)),
        look_ups=look_ups,
    )
    summary.write_result(context.job.work / "dry.json", result)
    return result


def _with_planned_links(context: Context) -> dict[str, Any]:
    counted = summary.counts(context.journal, list(context.objects))
    for name, links in summary.link_counts(context.journal).items():
        counted[name].links = sum(links.values())
    return counted


def _batch_sizes(context: Context) -> dict[str, dict[str, int]]:
    size = context.target.capabilities
    return {
        name: {
            "create": size.upsert_batch if can_repeat_creates(context, work) else size.create_batch,
            "update": size.update_batch,
        }
        for name, work in context.objects.items()
    }


# -- live ----------------------------------------------------------------------------------------------------------------


def _live(context: Context) -> LiveResult:
    paused: Paused | None = None
    try:
        if context.job.cohorts and context.scope is not None and context.only is None:
            carry_by_cohorts(context, context.scope, _carry_all)
        else:
            _carry_all(context, None)
    except Paused as error:
        paused = error
    context.journal.write(context.findings.statements())
    result = LiveResult(
        counts=summary.counts(context.journal, list(context.objects)),
        findings=summary.findings(context.journal),
        state="paused" if paused else "pilot_done" if context.job.pilot is not None else "done",
        wake_at=paused.until if paused else None,
        reason=str(paused) if paused else None,
    )
    summary.write_result(context.job.work / "live.json", result)
    return result


def _carry_all(context: Context, preparers: Preparers | None) -> None:
    """All records that the context speaks of, parents first, then their links. `preparers`: those that are used more than once."""
    for work in context.objects.values():
        _carry(context, work, preparers)
    for work in context.objects.values():
        make_links(context, work)


def _carry(context: Context, work: ObjectWork, preparers: Preparers | None) -> None:
    context.report("started", {"object": work.name})
    take_up(context, work)
    resolve(context, work)
    if _is_to_be_prepared(context, work):
        with preparers.of(work) if preparers is not None else used_once(context, work) as preparer:
            _prepare_and_load(context, work, preparer)
    _load_rest(context, work)
    settle_links_in_records(context, work)
    carry_opt_outs(context, work)
    keep_values(context, work)


def _is_to_be_prepared(context: Context, work: ObjectWork) -> bool:
    """Whether anything of the object is not in the journal yet; what is there costs no call."""
    if context.only is None:
        return context.journal.checkpoint(work.name, PREPARED) is None
    ids = set(context.only.get(work.name, ()))
    sql = "SELECT source_id FROM records WHERE object=? AND source_id IN"
    return len(context.journal.among(sql, work.name, ids)) < len(ids)


def _prepare_and_load(context: Context, work: ObjectWork, preparer: Preparer) -> None:
    """Both at once, unless a look-up could then take what this run has just made for what was there before."""
    if preparer.matcher.sees_own_records:
        preparer.run()
        return
    prepared = threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="loader") as pool:
        loading = pool.submit(Loader(context, work).run, prepared)
        try:
            preparer.run()
        except BaseException as error:  # the other threads have to stop too; it is raised again
            context.failed(error)
            raise
        finally:
            prepared.set()
    loading.result()


def _load_rest(context: Context, work: ObjectWork) -> None:
    prepared = threading.Event()
    prepared.set()
    for round_number in range(1, 50):
        resolve(context, work)
        give_up(context, work)
        if not anything_left(context, work):
            return
        if round_number > 1:
            context.patience.pause(round_number - 1)
        Loader(context, work).run(prepared)
    raise Paused(f"{work.name}: some records could not be settled; the run goes on where it stands.")
