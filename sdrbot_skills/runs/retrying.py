"""Another try of the records that are in quarantine: a run of its own, with its own dry run and approval."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from sdrbot_skills import engine, planning
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.results import Finding
from sdrbot_skills.planning.valuemaps import counted
from sdrbot_skills.runs import preparing
from sdrbot_skills.runs.deltas import family
from sdrbot_skills.runs.directory import RunDirectory, all_runs, need_standing, taken_back_by
from sdrbot_skills.runs.sandboxed import DOUBTFUL
from sdrbot_skills.runs.state import CARRYING

_LEFT = "left.json"
_TWICE = "without a migration key or a match field they would be made twice"


def prepare(parent: RunDirectory, plan_file: Path | None = None) -> RunDirectory:
    """A run over the parent's quarantined records, by a mended plan or, without one, the parent's own. Records that were carried come along where a
    link of theirs can be made by now.

    Raises `Refused` for a parent that was taken back, `ConfigurationError` where nothing is left to try.
    """
    parent.need_memory("try again")
    need_standing(parent)
    if plan_file is None:
        plan, script = preparing.sealed_plan(parent), parent.script_path
    else:
        plan, script = planning.load_plan(plan_file), None
    with ExitStack() as stack:
        journals = {run.id: stack.enter_context(engine.read_journal(_recorded(run))) for run in _journalled(parent)}
        journal = journals[parent.id]
        relatives = [journals[run.id] for run in family(parent) if run.id in journals]
        followers = [one for one in relatives if one is not journal]
        left = engine.left_to_try(plan, journal, followers, [one for one in journals.values() if one is not journal])
        if not left.only:
            raise ConfigurationError(f"Run {parent.id}: nothing is left to try. {_all_left(left)}")
        for name, ids in left.only.items():
            ids += engine.one_with(journal.rows, name, ids)
        doubtful = {name: _in_doubt(plan, [journal, *followers], name, ids) for name, ids in left.only.items()}
    child = preparing.prepare(plan, script=script, kind="retry", parent=parent.id)
    child.write_json("sealed", "only.json", left.only)
    child.write_json("sealed", DOUBTFUL, doubtful)
    child.write_json("sealed", _LEFT, left.unrecognised)
    return child


def not_taken_along(run: RunDirectory) -> list[Finding]:
    """Carried records whose links a retry cannot make, as findings of its dry run."""
    return [
        Finding(
            rule="not_recognisable",
            severity="warning",
            object=name,
            count=number,
            message=f"Carried before, with links that are still to be made, and left: {_TWICE}.",
        )
        for name, number in (run.read_json("sealed", _LEFT) or {}).items()
    ]


def _recorded(run: RunDirectory) -> Path:
    """What a run did, or, where it never went live, what its dry run found."""
    return run.journal_path if run.journal_path.exists() else run.scope_path


def _journalled(parent: RunDirectory) -> list[RunDirectory]:
    """The run, and every run between the same two connections that has written and was not taken back."""
    ours = parent.state()
    found = [parent] if _recorded(parent).exists() else []
    for run in all_runs():
        state = run.state()
        same = (state.source, state.target, state.target_account) == (ours.source, ours.target, ours.target_account)
        if same and run.id != parent.id and state.kind in CARRYING and (run.trusted / "live").is_dir():
            found += [run] if run.journal_path.exists() and taken_back_by(run) is None else []
    if not found or found[0] is not parent:
        raise ConfigurationError(
            f"Run {parent.id} has tried nothing yet; `crm-migrate resume` or a new dry run goes on."
        )
    return found


def _in_doubt(plan: Plan, journals: list[engine.JournalReader], name: str, ids: list[str]) -> list[str]:
    key = plan.objects[name].migration_key
    return list(dict.fromkeys(one for journal in journals for one in engine.in_doubt(journal, name, key, ids)))


def _all_left(left: engine.Left) -> str:
    """Why what is not on the target as it was on the source stays so."""
    links = [
        f"{counted(number, 'link')} not made: {engine.REASONS.get(rule, rule)}"
        for rule, number in left.for_good.items()
    ]
    records = [
        f"{counted(number, 'record')} of {name} with links still to be made: {_TWICE}."
        for name, number in left.unrecognised.items()
    ]
    return " ".join(["No record is in quarantine that was not carried since.", *links, *records])
