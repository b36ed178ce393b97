"""The source values of records that the target refused, fetched again: loading does not carry them along."""

from __future__ import annotations

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.engine.candidate import to_json
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.work import ObjectWork

_WITHOUT = (
    "SELECT r.source_id FROM records r LEFT JOIN quarantine q ON q.object = r.object AND q.source_id = r.source_id "
    "WHERE r.object=? AND r.state='quarantined' AND q.source_id IS NULL"
)


def keep_values(context: Context, work: ObjectWork) -> None:
    """Add the source values to quarantined records that have none; one that is gone from the source keeps none."""
    ids = [row[0] for row in context.journal.rows(_WITHOUT, (work.name,))]
    for part in chunks(ids, context.source.capabilities.get_batch):
        records = context.patience.call(lambda: context.source.get(work.plan.source, part, work.reads))  # noqa: B023 - called at once
        rows = [(work.name, record.id, to_json(record.values)) for record in records]
        context.journal.write([("INSERT OR REPLACE INTO quarantine VALUES(?, ?, ?)", rows)])
