"""Another try of the records that are in quarantine: a run of its own, with its own dry run and approval."""

from __future__ import annotations

from pathlib import Path

from sdrbot_skills import planning
from sdrbot_skills.engine import LEFT_FOR_GOOD, in_doubt, one_with, read_journal
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.runs import preparing
from sdrbot_skills.runs.directory import RunDirectory
from sdrbot_skills.runs.outcome import outcome
from sdrbot_skills.runs.sandboxed import DOUBTFUL


def prepare(parent: RunDirectory, plan_file: Path | None = None) -> RunDirectory:
    """A run over the parent's quarantined records, by a mended plan or, without one, the parent's own."""
    parent.need_memory("try again")
    rows = [*outcome(parent).quarantine, *_with_links_left(parent)]
    if not rows:
        raise ConfigurationError(f"Run {parent.id} has nothing in quarantine.")
    only: dict[str, list[str]] = {}
    for row in rows:
        chosen = only.setdefault(row["object"], [])
        if row["source_id"] not in chosen:
            chosen.append(row["source_id"])
    doubtful = _look_into(parent, only)
    if plan_file is None:
        plan, script = preparing.sealed_plan(parent), parent.script_path
    else:
        plan, script = planning.load_plan(plan_file), None
    child = preparing.prepare(plan, script=script, kind="retry", parent=parent.id)
    child.write_json("sealed", "only.json", only)
    child.write_json("sealed", DOUBTFUL, doubtful)
    return child


def _with_links_left(parent: RunDirectory) -> list[dict[str, str]]:
    """The records whose links waited for one that was kept back: their links are made once it is there."""
    if not parent.journal_path.exists():
        return []
    with read_journal(parent.journal_path) as journal:
        left = [(name, source_id) for name, _, source_id, _, rule in journal.left_links() if rule not in LEFT_FOR_GOOD]
    return [{"object": name, "source_id": source_id} for name, source_id in left]


def _look_into(parent: RunDirectory, only: dict[str, list[str]]) -> dict[str, list[str]]:
    """Add to these what was merged into them, since it is made of them all again; and answer those that may be on the target already."""
    if not parent.journal_path.exists():
        return {}
    objects = preparing.sealed_plan(parent).objects
    with read_journal(parent.journal_path) as journal:
        for name, ids in only.items():
            ids += one_with(journal.rows, name, ids)
        return {name: in_doubt(journal, name, objects[name].migration_key, ids) for name, ids in only.items()}
