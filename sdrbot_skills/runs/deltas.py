"""What came to the source, or changed there, since a run read it: carried by a run of its own, with its own dry run and approval."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from sdrbot_skills import engine, planning
from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.model.results import Finding
from sdrbot_skills.runs import preparing
from sdrbot_skills.runs.brokers import adapter, plan_broker
from sdrbot_skills.runs.directory import RunDirectory, all_runs, need_standing, taken_back_by
from sdrbot_skills.runs.sandboxed import DOUBTFUL
from sdrbot_skills.runs.state import CARRYING, Status


def prepare(parent: RunDirectory, plan_file: Path | None = None) -> RunDirectory:
    """A run over what the parent and the runs that followed it have not carried, by a mended plan or, without one, the parent's own.

    Raises `Refused` for a parent that is not done, `ConfigurationError` where there is nothing to carry.
    """
    need_standing(parent)
    state = parent.state()
    if state.kind not in CARRYING or state.status != Status.DONE:
        raise Refused(
            f"Run {parent.id} is {state.plain}; a delta follows a migration that is done.", code="parent_not_done"
        )
    if plan_file is None:
        plan, script = preparing.sealed_plan(parent), parent.script_path
    else:
        plan, script = planning.load_plan(plan_file), None
    with ExitStack() as stack:
        journals = [
            stack.enter_context(engine.read_journal(run.journal_path))
            for run in reversed(list(family(parent)))
            if run.journal_path.exists()
        ]
        if not journals:
            raise ConfigurationError(f"What run {parent.id} carried was forgotten; make a dry run of its plan instead.")
        broker = stack.enter_context(plan_broker(plan, "verify"))
        source, target = adapter(broker, plan.source.connection), adapter(broker, plan.target.connection)
        found = engine.came_or_changed(plan, source, target, journals)
        doubtful = {
            name: [
                one
                for journal in journals
                for one in engine.in_doubt(journal, name, entry.migration_key, found.only.get(name, []))
            ]
            for name, entry in plan.objects.items()
        }
    if not any(found.only.values()):
        raise ConfigurationError(
            f"Nothing came to the source and nothing changed there since run {parent.id}.{_left(found)}"
        )
    child = preparing.prepare(plan, script=script, kind="delta", parent=parent.id)
    child.write_json("sealed", "only.json", found.only)
    child.write_json("sealed", DOUBTFUL, doubtful)
    child.write_json("sealed", "delta.json", {name: part for name, part in found._asdict().items() if name != "only"})
    return child


def family(parent: RunDirectory) -> Iterator[RunDirectory]:
    """The run and those retries and deltas of it that have written and were not taken back, oldest first."""
    ids = {parent.id}
    yield parent
    for run in all_runs():
        state = run.state()
        if state.parent in ids and state.kind in CARRYING:
            ids.add(run.id)
            if (run.trusted / "live").is_dir() and taken_back_by(run) is None:
                yield run


def unrecognised(run: RunDirectory) -> list[Finding]:
    """Changed records that a delta leaves, as findings of its dry run."""
    return [
        Finding(
            rule="not_recognisable",
            severity="warning",
            object=name,
            count=number,
            message="Changed on the source, and left: without a migration key or a match field they would be made twice.",
        )
        for name, number in (run.read_json("sealed", "delta.json") or {"unrecognised": {}})["unrecognised"].items()
    ]


def _left(found: engine.Delta) -> str:
    number = sum(found.unrecognised.values())
    if not number:
        return ""
    return f" {number:,} changed records are left: without a migration key or a match field they would be made twice."
