"""What a retry has still to take: records in quarantine, and carried ones whose links waited for what is there by now. It only reads journals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson

from sdrbot_skills.engine.link_rows import LEFT_FOR_GOOD
from sdrbot_skills.engine.reader import JournalReader
from sdrbot_skills.model.plan import ObjectPlan, Plan, WhenFound

_QUARANTINED = "SELECT object, source_id FROM records WHERE state='quarantined' ORDER BY seq"
_LEFT = "SELECT object, type, from_source, to_object, to_source, rule FROM links WHERE state='left' ORDER BY seq"
_CARRIED = "SELECT source_id FROM records WHERE state='done' AND object=? AND source_id IN"
_MADE = "SELECT type, from_source, to_source FROM links WHERE state='done' AND object=? AND from_source IN"
_SENT = (
    "SELECT r.source_id, coalesce(s.decision, r.decision), p.body FROM records r "
    "LEFT JOIN records s ON s.object = r.object AND s.source_id = r.merged_into "
    "LEFT JOIN payloads p ON p.seq = coalesce(s.seq, r.seq) WHERE coalesce(s.state, r.state)='done' AND r.object=? AND r.source_id IN"
)
AT_ONCE = 5_000
"""Links in memory at the same time; of all of them only the ids of the records that they start at are kept."""


class Left(NamedTuple):
    """Per object the source ids to take. `unrecognised`: how many carried records with links to make are left, because nothing on the target would be
    recognised as them and they would be made twice. `for_good`: how many links stay as they are, by rule."""

    only: dict[str, list[str]]
    unrecognised: dict[str, int]
    for_good: dict[str, int]


class _Link(NamedTuple):
    object: str
    type: str
    from_source: str
    to_object: str
    to_source: str
    rule: str | None


def left_to_try(
    plan: Plan, journal: JournalReader, followers: Sequence[JournalReader], others: Sequence[JournalReader]
) -> Left:
    """Of one run. `followers`: the retries and deltas of it, whose records and links are not tried again; `others`: every run with the same two
    accounts, which may have carried the other end of a link since."""
    only: dict[str, list[str]] = defaultdict(list)
    for name, source_id in journal.rows(_QUARANTINED):
        only[name].append(source_id)
    for name, ids in only.items():
        carried = _carried(followers, name, ids)
        only[name] = [one for one in ids if one not in carried]
    waiting, for_good = _with_open_links(plan, journal, followers, others)
    unrecognised: dict[str, int] = {}
    for name, ids in waiting.items():
        again, lost = _carried_once(plan.objects[name], journal, name, ids)
        only[name] += again
        if lost:
            unrecognised[name] = lost
    return Left({name: ids for name, ids in only.items() if ids}, unrecognised, for_good)


def _with_open_links(
    plan: Plan, journal: JournalReader, followers: Sequence[JournalReader], others: Sequence[JournalReader]
) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Per object the records with links that a retry could make, and by rule how many links it would find as they are."""
    starts: dict[str, dict[str, None]] = defaultdict(dict)
    for_good: Counter[str] = Counter()
    for rows in journal.stream(_LEFT, (), AT_ONCE):
        grouped: dict[tuple[str, str], list[_Link]] = defaultdict(list)
        for link in map(_Link._make, rows):
            if link.object in plan.objects and link.to_object in plan.objects:
                grouped[link.object, link.to_object].append(link)
        for (name, to_object), links in grouped.items():
            keyed = bool(plan.objects[to_object].migration_key)
            open_links, stay = _parted(links, followers, others if keyed else ())
            starts[name].update(dict.fromkeys(link.from_source for link in open_links))
            for_good += stay
    return {name: list(ids) for name, ids in starts.items()}, dict(for_good)


def _parted(
    links: Sequence[_Link], followers: Sequence[JournalReader], others: Sequence[JournalReader]
) -> tuple[list[_Link], Counter[str]]:
    """Of links between the same two objects those that a retry could make, and by rule how many stay. `others`: who may have carried their other ends."""
    name, to_object = links[0].object, links[0].to_object
    starts, far = _each(one.from_source for one in links), _each(one.to_source for one in links)
    made = {row for follower in followers for row in follower.among(_MADE, name, starts)}
    arrived = _carried(others, to_object, far)
    found: list[_Link] = []
    for_good: Counter[str] = Counter()
    for link in links:
        if (link.type, link.from_source, link.to_source) in made:
            continue
        if link.rule in LEFT_FOR_GOOD or (link.rule == "other_end_not_carried" and link.to_source not in arrived):
            for_good[str(link.rule)] += 1
        elif link.rule != "this_end_not_carried":  # that one comes with its record, or not at all
            found.append(link)
    return found, for_good


def _carried_once(entry: ObjectPlan, journal: JournalReader, name: str, ids: Sequence[str]) -> tuple[list[str], int]:
    """Of these records those that were carried and can be carried again without doubling; and how many were made without a migration key and
    without a value in any field by which the plan finds records."""
    by_match = [] if entry.match.when_found is WhenFound.CREATE else [key.field for key in entry.match.on]
    known_by = [*by_match, *([entry.migration_key] if entry.migration_key else [])]
    again, lost = [], 0
    for source_id, decision, body in journal.among(_SENT, name, ids):
        sent = orjson.loads(body) if body else {}
        if decision != "create" or any(sent.get(field) or sent.get(field.partition(".")[0]) for field in known_by):
            again.append(source_id)
        else:
            lost += 1
    return again, lost


def _carried(journals: Sequence[JournalReader], name: str, ids: Sequence[str]) -> set[str]:
    return {row[0] for journal in journals for row in journal.among(_CARRIED, name, ids)}


def _each(ids: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(ids))
