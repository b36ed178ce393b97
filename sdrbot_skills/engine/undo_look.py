"""Looking before taking back: what a run sent of each record, what it held before, and whether anybody has changed it since.

A record was edited when a value that the run sent is another now, or when the target's stamp of its last change is later than the CRM's answer to the
run's last write of it, links included, by the CRM's own clock. Where a CRM tells whether an editable field was changed, that decides instead of the
stamp, which also moves when the CRM calculates something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.engine.decide import Normalisers, normalisers_for
from sdrbot_skills.engine.evidence import Ledger
from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.engine.reader import JournalReader
from sdrbot_skills.model.plan import ObjectPlan, Plan
from sdrbot_skills.model.records import Record
from sdrbot_skills.model.schema import LinkType, ObjectSchema
from sdrbot_skills.model.values import instant

SLACK = 2.0
"""Seconds that a stamp may be later than the answer: an answer's `Date` is told in whole seconds."""
OTHER_VALUE = "Edited since the run"
OTHER_FIELD = "Changed after the run's last write to it, in a field that the run does not write"
_PART = 500
_SENT = (
    "SELECT r.target_id, r.source_id, p.body FROM records r LEFT JOIN payloads p ON p.seq = r.seq "
    "WHERE r.object=? AND r.decision='create' AND r.target_id IN"
)
_IMAGES = "SELECT target_id, source_id, image, sent FROM before_images WHERE object=? AND target_id IN"
LINKS = (
    "SELECT f.target_id, coalesce(t.target_id, s.target_id) FROM links l "
    "JOIN records f ON f.object = l.object AND f.source_id = l.from_source "
    "JOIN records t ON t.object = l.to_object AND t.source_id = l.to_source "
    "LEFT JOIN records s ON s.object = l.to_object AND s.source_id = t.merged_into "
    "WHERE l.object=? AND l.type=? AND l.to_object=? AND l.state='done' AND l.made=1"
)


class Entry(NamedTuple):
    """One object to undo. `touched`: per target id the epoch second, by the CRM's clock, of the answer to the run's last write of it."""

    name: str
    plan: ObjectPlan
    schema: ObjectSchema
    links: tuple[tuple[LinkType, str], ...]
    normal: Normalisers
    touched: Mapping[str, float]


class Image(NamedTuple):
    """A record that was there before: its source id, what it held, and what was sent."""

    source_id: str
    before: dict[str, Any]
    sent: dict[str, Any]


class Look:
    """Reads journal, ledger and target; changes nothing."""

    def __init__(self, target: Crm, journal: JournalReader, ledger: Ledger, patience: Patience) -> None:
        self._target, self._journal, self._ledger, self._patience = target, journal, ledger, patience

    def entry(self, name: str, plan: Plan) -> Entry:
        """One object of the plan as it is on the target now."""
        part = plan.objects[name]
        names = {one.target for one in part.links}
        types = {one.name: one for one in self._target.named_link_types(part.target, names)}
        links = tuple((types[one.target], one.object) for one in part.links if one.target in types)
        schema = self._target.describe(part.target)
        touched = self._ledger.touched(part.target)
        return Entry(name, part, schema, links, normalisers_for(self._target.codec, schema), touched)

    def source_ids(self, name: str, ids: Sequence[str]) -> dict[str, str]:
        """Of these target ids those that the journal says were made of this object's records, each with its source id."""
        return {row[0]: row[1] for row in self._journal.among(_SENT, name, list(ids))}

    def records(self, entry: Entry, ids: Sequence[str], names: Sequence[str]) -> dict[str, Record]:
        """The records as they are now."""
        records = self._patience.call(lambda: self._target.get(entry.plan.target, ids, names))
        return {record.id: record for record in records}

    def images(self, entry: Entry, ids: Sequence[str]) -> dict[str, Image]:
        """Of records that were there before; the oldest image wins, the newest send."""
        found: dict[str, Image] = {}
        for target_id, source_id, image, sent in self._journal.among(_IMAGES, entry.name, list(ids)):
            known = found.get(target_id, Image(source_id, {}, {}))
            before = {**orjson.loads(image), **known.before}
            found[target_id] = Image(known.source_id, before, {**known.sent, **orjson.loads(sent)})
        return found

    def sent(self, entry: Entry, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What the run sent last of each record that it made: its payload, and the fields of the second pass."""
        sent = {
            row[0]: orjson.loads(row[2]) if row[2] else {} for row in self._journal.among(_SENT, entry.name, list(ids))
        }
        for link_type, to_object in entry.links:
            if link_type.field:
                for payload in sent.values():  # compared by what the link rows say, not by the first payload
                    payload.pop(link_type.field, None)
                self._add_parents(entry, link_type, to_object, sent)
        return sent

    def _add_parents(self, entry: Entry, link_type: LinkType, to_object: str, sent: dict[str, dict[str, Any]]) -> None:
        ids = list(sent)
        for start in range(0, len(ids), _PART):
            part = ids[start : start + _PART]
            sql = f"{LINKS} AND f.target_id IN ({','.join('?' * len(part))})"
            for from_id, to_id in self._journal.rows(sql, [entry.name, link_type.name, to_object, *part]):
                if to_id is not None:
                    sent[from_id][str(link_type.field)] = to_id

    # -- edited since? ---------------------------------------------------------------------------------------------------

    def edited(self, entry: Entry, records: Sequence[Record], sent: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Of these records the edited ones, each with how that shows."""
        found, moved = {}, {}
        for record in records:
            if not same(entry, sent.get(record.id, {}), record.values):
                found[record.id] = OTHER_VALUE
            elif (after := changed_after(record, self._last_write(entry, record))) is not None:
                moved[record.id] = after
        told = self._patience.call(lambda: self._target.edited_after(entry.plan.target, moved)) if moved else {}
        return found | {one: OTHER_FIELD for one in moved if told.get(one, True)}

    def _last_write(self, entry: Entry, record: Record) -> float:
        """One that was found without an answer is as old as the run's last one at most."""
        return entry.touched.get(record.id) or max(entry.touched.values(), default=0.0)


def changed_after(record: Record, written: float | None) -> str | None:
    """The instant of the run's last write (epoch seconds, by the target's clock) of a record that was changed later than that."""
    if written is None or record.modified is None:
        return None
    after = instant(datetime.fromtimestamp(written + SLACK, UTC).isoformat())
    return after if record.modified > after else None


def same(entry: Entry, wanted: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a record holds these values, as the target compares them."""
    return all(entry.normal[name](value) == entry.normal[name](values.get(name)) for name, value in wanted.items())
