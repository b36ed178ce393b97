"""What a later run has still to take: source records that came or changed since the runs before it read them. It only reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.engine.duplicates import one_with
from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.engine.reader import JournalReader
from sdrbot_skills.engine.work import ObjectWork, spell_out
from sdrbot_skills.model.plan import Plan

_KNOWN = (
    "SELECT source_id, version FROM records WHERE decision NOT IN ('deferred', 'gone') AND object=? AND source_id IN"
)
_WAITING = "SELECT DISTINCT object, from_source, to_object, to_source FROM links WHERE state='left' AND rule='other_end_not_carried'"


class Delta(NamedTuple):
    """Per object the source ids to take, and how many came and changed. `unrecognised`: how many changed ones are left, because the plan has no
    way to recognise them on the target and they would be made a second time."""

    only: dict[str, list[str]]
    came: dict[str, int]
    changed: dict[str, int]
    unrecognised: dict[str, int]


def came_or_changed(plan: Plan, source: Crm, target: Crm, journals: Sequence[JournalReader]) -> Delta:
    """Read the source's ids and versions anew and hold them against the journals, the newest first.

    A record in quarantine counts as dealt with unless it changed since (a retry is for it). Where the source tells no time of change, only what came
    is found. A carried record whose link waited for one that is taken now comes along.
    """
    patience, found = Patience(), Delta({}, {}, {}, {})
    for work in spell_out(plan, source, target).values():
        ids: list[str] = []
        cursor: str | None = None
        while True:
            start = cursor
            page = patience.call(lambda: source.read(work.plan.source, work.reads[:1], work.where, start))  # noqa: B023 - called at once
            ids += _new(work, {record.id: record.modified for record in page.records}, journals, found)
            cursor = page.cursor
            if cursor is None:
                break
        found.only[work.name] = list(dict.fromkeys(ids))
    _add_waiting(found.only, journals)
    for name, ids in found.only.items():
        found.only[name] = list(dict.fromkeys([*ids, *_one_with(journals, name, ids)]))
    return found


def _one_with(journals: Sequence[JournalReader], name: str, ids: Sequence[str]) -> list[str]:
    return [one for journal in journals for one in one_with(journal.rows, name, ids)]


def _new(
    work: ObjectWork, versions: dict[str, str | None], journals: Sequence[JournalReader], found: Delta
) -> list[str]:
    known: dict[str, str | None] = {}
    for journal in reversed(journals):
        known.update(journal.among(_KNOWN, work.name, list(versions)))
    came = [one for one in versions if one not in known]
    changed = [one for one, version in versions.items() if one in known and version and version != known[one]]
    _count(found.came, work.name, len(came))
    if not work.looks_up:
        _count(found.unrecognised, work.name, len(changed))
        return came
    _count(found.changed, work.name, len(changed))
    return came + changed


def _add_waiting(only: dict[str, list[str]], journals: Sequence[JournalReader]) -> None:
    taken = {name: set(ids) for name, ids in only.items()}
    for journal in journals:
        for name, from_source, to_object, to_source in journal.rows(_WAITING):
            if to_source in taken.get(to_object, ()) and from_source not in taken.get(name, ()):
                taken[name].add(from_source)
                only[name].append(from_source)


def _count(counts: dict[str, int], name: str, number: int) -> None:
    if number:
        counts[name] = counts.get(name, 0) + number
