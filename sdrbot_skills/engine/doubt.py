"""Records that were sent and whose fate is not known: the target is asked, nothing is guessed, nothing is sent twice that could double.

- An update, and a create that is an upsert by our unique migration key, come out the same a second time: they are planned again, unless
  the migration key shows that the record is there.
- Any other create: the records that the target has got since the intent are compared with what was sent, as multisets. What is found
  there is done. What is not found could still be on its way, so it is quarantined as `in_doubt` and not sent again by this run.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.engine.arrival import arrival_field
from sdrbot_skills.engine.candidate import to_json
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.decide import Normalisers, normalisers
from sdrbot_skills.engine.keys import key_values
from sdrbot_skills.engine.load import can_repeat_creates
from sdrbot_skills.engine.reader import JournalReader
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.model.records import Comparison, Condition, Record
from sdrbot_skills.model.values import instant

CLOCKS_DIFFER_BY = 600.0

_DOUBTFUL = (
    "SELECT r.source_id, r.decision, p.body, b.intent_at FROM records r JOIN payloads p ON p.seq = r.seq LEFT JOIN batches b ON b.id = r.batch "
    "WHERE r.object=? AND r.state IN ('planned', 'sent') AND r.state='sent' ORDER BY r.seq"
)
_DONE = "UPDATE records SET state='done', target_id=? WHERE object=? AND source_id=?"
_AGAIN = "UPDATE records SET state='planned' WHERE object=? AND source_id=?"
_IN_DOUBT = "UPDATE records SET state='quarantined', rule='in_doubt', message=? WHERE object=? AND source_id=?"
_RESOLVED = (
    "UPDATE batches SET settled_at=coalesce(settled_at, intent_at), outcome='resolved' "
    "WHERE object=? AND (outcome IS NULL OR outcome='unknown')"
)
_MESSAGE = (
    "This record was sent, no answer came, and the target does not show whether it is there. It is not sent again, so that it cannot be "
    "doubled. Look for it on the target; a retry run looks for it too, and leaves it where nothing tells whether it is there."
)


UNKNOWN = (
    "An earlier run has sent this record and got no answer, and nothing on the target can be recognised as it. It is not made again, so that it "
    "cannot be doubled. Look for it on the target, and make it there by hand where it is missing."
)


class _Doubt(NamedTuple):
    source_id: str
    payload: dict[str, Any]
    intent_at: float


def resolve(context: Context, work: ObjectWork) -> None:
    """Settle every record of the object that is in doubt. No batch of the object may be on its way meanwhile."""
    rows = context.journal.rows(_DOUBTFUL, (work.name,))
    if not rows:
        return
    updates = [row[0] for row in rows if row[1] == "update"]
    creates = [_Doubt(row[0], orjson.loads(row[2]), row[3] or 0.0) for row in rows if row[1] != "update"]
    again, found = list(updates), dict[str, str]()
    if creates and work.key_field:
        found = _by_migration_key(context, work, work.key_field, creates)
        creates = [doubt for doubt in creates if doubt.source_id not in found]
    if can_repeat_creates(context, work):
        again += [doubt.source_id for doubt in creates]
        creates = []
    elif creates and not work.key_field:
        found |= _as_multisets(context, work, creates)
        creates = [doubt for doubt in creates if doubt.source_id not in found]
    name = work.name
    context.journal.write(
        [
            (_DONE, [(target_id, name, source_id) for source_id, target_id in found.items()]),
            (_AGAIN, [(name, source_id) for source_id in again]),
            (_IN_DOUBT, [(_MESSAGE, name, doubt.source_id) for doubt in creates]),
            (_RESOLVED, [(name,)]),
        ]
    )
    context.report("resolved", {"object": name, "found": len(found), "again": len(again), "in_doubt": len(creates)})


def _by_migration_key(context: Context, work: ObjectWork, key_field: str, doubts: Sequence[_Doubt]) -> dict[str, str]:
    wanted = {context.migration_key(doubt.source_id): doubt.source_id for doubt in doubts}
    found: dict[str, str] = {}
    for part in chunks(list(wanted), context.target.capabilities.find_batch):
        records = context.patience.call(
            lambda: context.target.find(work.plan.target, key_field, part, [key_field])  # noqa: B023 - called at once
        )
        for record in records:
            source_id = wanted.get(str(record.values.get(key_field)))
            if source_id is not None:
                found.setdefault(source_id, record.id)
    return found


def _as_multisets(context: Context, work: ObjectWork, doubts: Sequence[_Doubt]) -> dict[str, str]:
    """Pair records in doubt with new target records of the same content; alike ones are paired in any order, since they are alike."""
    names = sorted({name for doubt in doubts for name in doubt.payload})
    normal = normalisers(context, work)
    waiting: dict[str, list[_Doubt]] = defaultdict(list)
    for doubt in doubts:
        waiting[_content(doubt.payload, doubt.payload, normal)].append(doubt)
    shapes = {tuple(sorted(doubt.payload)) for doubt in doubts}
    found: dict[str, str] = {}
    for records in _new_records(context, work, names, doubts):
        sql = "SELECT target_id FROM records WHERE object=? AND target_id IN"
        known = {row[0] for row in context.journal.among(sql, work.name, [record.id for record in records])}
        for record in records:
            if record.id in known or record.id in found.values():
                continue
            for shape in shapes:
                alike = waiting.get(_content(record.values, shape, normal))
                if alike:
                    found[alike.pop().source_id] = record.id
                    break
    return found


def _new_records(
    context: Context, work: ObjectWork, names: Sequence[str], doubts: Sequence[_Doubt]
) -> Iterator[list[Record]]:
    """Records that may have come of these sends: those made since, where the target says when; else those with the same match key."""
    call, target, arrived = context.patience.call, context.target, arrival_field(work.plan, work.target)
    if arrived:
        since = min(doubt.intent_at for doubt in doubts) - CLOCKS_DIFFER_BY
        moment = instant(datetime.fromtimestamp(max(since, 0), UTC).isoformat())
        where = [Condition(arrived, Comparison.GE, moment)]
        cursor: str | None = None
        while True:
            start = cursor
            page = call(lambda: target.read(work.plan.target, names, where, start))  # noqa: B023 - called at once
            yield page.records
            cursor = page.cursor
            if cursor is None:
                return
    for key in work.plan.match.on[:1]:
        values = {one for doubt in doubts for one in key_values(doubt.payload.get(key.field), "exact")}
        for part in chunks(sorted(values), target.capabilities.find_batch):
            yield call(lambda: target.find(work.plan.target, key.field, part, names))  # noqa: B023 - called at once


def _content(values: dict[str, Any], names: Any, normal: Normalisers) -> str:
    spelled = {name: normal[name](values.get(name)) for name in sorted(names)}
    return hashlib.sha256(to_json(spelled)).hexdigest()


def in_doubt(journal: JournalReader, object_name: str, key_field: str | None, ids: Sequence[str]) -> list[str]:
    """Of these source ids those that the run, or one before it, has sent without learning what became of them, and that no migration key went with.

    A run that only looked for what an earlier one had sent keeps no payload of it.
    """
    sql = "SELECT r.source_id, p.body FROM records r LEFT JOIN payloads p ON p.seq = r.seq WHERE r.object=? AND r.rule='in_doubt' AND r.source_id IN"
    found = journal.among(sql, object_name, ids)
    return [source_id for source_id, body in found if body is None or not orjson.loads(body).get(key_field)]
