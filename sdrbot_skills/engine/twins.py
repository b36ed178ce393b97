"""Looking for records that the run made twice.

With a migration key: every key is asked for, and one that two records carry is a double. Without: the records that came to the target
during the run and that no source record accounts for are compared with what was sent.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import UTC, datetime

import orjson

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.engine.arrival import arrival_field
from sdrbot_skills.engine.candidate import to_json
from sdrbot_skills.engine.decide import Normalisers, normalisers_for
from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.engine.reader import JournalReader
from sdrbot_skills.engine.verdict import Verdict
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.model.records import Comparison, Condition, Record
from sdrbot_skills.model.values import instant

CLOCKS_DIFFER_BY = 600.0
_CARRIED = (
    "SELECT source_id, target_id FROM records WHERE object=? AND state IN ('done', 'quarantined') ORDER BY source_id"
)
_MADE = (
    "SELECT r.source_id, p.body FROM records r JOIN payloads p ON p.seq = r.seq "
    "WHERE r.object=? AND r.decision='create' AND r.state='done' ORDER BY r.source_id"
)
_SHARED = (
    "SELECT target_id, max(source_id), count(*) FROM records WHERE object=? AND decision='create' AND state='done' "
    "GROUP BY target_id HAVING count(*) > 1"
)


def find_twins(
    work: ObjectWork, target: Crm, journal: JournalReader, verdict: Verdict, patience: Patience, key_prefix: str
) -> None:
    """Report doubles of one object, and source records that ended up in one record though each was to have its own."""
    for target_id, source_id, number in journal.rows(_SHARED, (work.name,)):
        message = f"{number} source records, each to have a record of its own, share this one."
        verdict.differs("lost", work, message, source_id=source_id, target_id=target_id)
    if work.key_field:
        _by_key(work, work.key_field, target, journal, verdict, patience, key_prefix)
    else:
        _by_content(work, target, journal, verdict, patience)


def _by_key(
    work: ObjectWork,
    key_field: str,
    target: Crm,
    journal: JournalReader,
    verdict: Verdict,
    patience: Patience,
    key_prefix: str,
) -> None:
    for rows in journal.stream(_CARRIED, (work.name,), target.capabilities.find_batch):
        wanted = {key_prefix + source_id: source_id for source_id, _ in rows}
        records = patience.call(lambda: target.find(work.plan.target, key_field, list(wanted), [key_field]))  # noqa: B023 - called at once
        carriers: dict[str, set[str]] = defaultdict(set)
        for record in records:
            carriers[str(record.values.get(key_field))].add(record.id)
        for key, ids in carriers.items():
            for extra in sorted(ids)[1:]:
                message = "Another record of the target carries the same migration key."
                verdict.differs("duplicated", work, message, source_id=wanted.get(key), target_id=extra)


def _by_content(work: ObjectWork, target: Crm, journal: JournalReader, verdict: Verdict, patience: Patience) -> None:
    began = journal.rows("SELECT min(intent_at) FROM batches WHERE object=?", (work.name,))[0][0]
    strangers = (
        _strangers(work, target, journal, patience, began) if began and arrival_field(work.plan, work.target) else []
    )
    if not strangers:
        return
    normal = normalisers_for(target.codec, work.target)
    names = {name for record in strangers for name in record.values}
    unaccounted: dict[bytes, list[str]] = defaultdict(list)
    for record in strangers:
        unaccounted[_content(record.values, names, normal)].append(record.id)
    for rows in journal.stream(_MADE, (work.name,), 1000):
        for source_id, payload in rows:
            for target_id in unaccounted.pop(_content(orjson.loads(payload), names, normal), ()):
                message = "The target got this record during the run, it is like one that was sent, and no source record accounts for it."
                verdict.differs("duplicated", work, message, source_id=source_id, target_id=target_id)


def _strangers(work: ObjectWork, target: Crm, journal: JournalReader, patience: Patience, began: float) -> list[Record]:
    """Records that came to the target since the run began and that the journal does not mention; in-doubt ones are expected."""
    doubtful = journal.rows("SELECT count(*) FROM records WHERE object=? AND rule='in_doubt'", (work.name,))[0][0]
    since = instant(datetime.fromtimestamp(max(began - CLOCKS_DIFFER_BY, 0), UTC).isoformat())
    where = [Condition(str(arrival_field(work.plan, work.target)), Comparison.GE, since)]
    found: list[Record] = []
    cursor: str | None = None
    while True:
        start = cursor
        page = patience.call(lambda: target.read(work.plan.target, work.image_fields, where, start))  # noqa: B023 - called at once
        ids = [record.id for record in page.records]
        known: set[str] = set()
        for part in chunks(ids, 500):
            marks = ",".join("?" * len(part))
            known |= {
                row[0] for row in journal.rows(f"SELECT target_id FROM records WHERE target_id IN ({marks})", part)
            }
        found += [record for record in page.records if record.id not in known]
        cursor = page.cursor
        if cursor is None:
            return found if not doubtful else _beyond(found, int(doubtful))


def _beyond(strangers: list[Record], expected: int) -> list[Record]:
    """In-doubt records may be on the target without our knowing which they are: that many strangers are no proof of a double."""
    return strangers if len(strangers) > expected else []


def _content(values: dict[str, object], names: set[str], normal: Normalisers) -> bytes:
    spelled = {name: normal[name](values.get(name)) for name in sorted(names)}
    return hashlib.blake2b(to_json(spelled), digest_size=12).digest()
