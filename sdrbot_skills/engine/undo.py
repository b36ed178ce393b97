"""Undo: what a run made is deleted, what it changed gets its former values, what it linked is unlinked; what was edited since is spared.

Ids come from the ledger only: a journal, written inside the sandbox, cannot name a record that the run did not touch. The journal gives
what was sent (to see whether somebody has edited it since) and the before-images. An opt-out is never taken back.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.batching import chunks, link_key
from sdrbot_skills.engine.decide import Normalisers, normalisers_for
from sdrbot_skills.engine.evidence import Ledger
from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.engine.reader import JournalReader
from sdrbot_skills.engine.work import target_order
from sdrbot_skills.errors import BatchRejected, OutcomeUnknown
from sdrbot_skills.model.plan import ObjectPlan, Plan
from sdrbot_skills.model.records import Link, Operation, Outcome, Record, Row, RowResult
from sdrbot_skills.model.results import Difference, Finding, UndoCounts, UndoResult
from sdrbot_skills.model.schema import LinkType, ObjectSchema
from sdrbot_skills.model.values import Kind, instant

SETTLING_TIME = 600.0
MOST_LISTED = 1000
_ROUNDS = 4
_PART = 500
_SENT = (
    "SELECT r.target_id, r.source_id, p.body FROM records r LEFT JOIN payloads p ON p.seq = r.seq "
    "WHERE r.object=? AND r.decision='create' AND r.target_id IN"
)
_IMAGES = "SELECT target_id, source_id, image, sent FROM before_images WHERE object=? AND target_id IN"
_LINKS = (
    "SELECT f.target_id, coalesce(t.target_id, s.target_id) FROM links l "
    "JOIN records f ON f.object = l.object AND f.source_id = l.from_source "
    "JOIN records t ON t.object = l.to_object AND t.source_id = l.to_source "
    "LEFT JOIN records s ON s.object = l.to_object AND s.source_id = t.merged_into "
    "WHERE l.object=? AND l.type=? AND l.to_object=? AND l.state='done' AND l.made=1"
)


class _Entry(NamedTuple):
    """One object to undo."""

    name: str
    plan: ObjectPlan
    schema: ObjectSchema
    links: tuple[tuple[LinkType, str], ...]
    normal: Normalisers


def undo(
    plan: Plan,
    target: Crm,
    journal_path: Path,
    ledger: Ledger,
    *,
    preview: bool = False,
    report: Callable[[str, int], None] | None = None,
) -> UndoResult:
    """Take a run back as far as nobody has built on it. May be started again: what is already undone stays so.

    A record counts as edited when a value that the run sent is another now, or when it was changed more than ten minutes after the
    run's end. A record that a spared or foreign record points at is spared too, since deleting it would delete or orphan that one.
    `preview` only says what would be done. `report` is called with an object's name and how many of its records were dealt with.
    """
    with JournalReader(journal_path) as journal:
        return _Undo(plan, target, journal, ledger, preview, report or (lambda name, number: None)).run()


class _Undo:
    def __init__(
        self,
        plan: Plan,
        target: Crm,
        journal: JournalReader,
        ledger: Ledger,
        preview: bool,
        report: Callable[[str, int], None],
    ) -> None:
        self._target, self._journal, self._ledger, self._report = target, journal, ledger, report
        self._patience = Patience()
        self._preview = preview
        self._entries = [self._entry(name, plan) for name in reversed(target_order(plan, target))]
        self._counts = {name: UndoCounts() for name in plan.objects}
        self._listed: list[Difference] = []
        self._spared: set[str] = set()
        self._released: set[tuple[str, str]] = set()
        self._findings: list[Finding] = []
        self._created = {
            entry.name: self._mine(entry, ledger.created_ids(entry.plan.target)) for entry in self._entries
        }
        self._edited_after = self._end_of_run()

    def _entry(self, name: str, plan: Plan) -> _Entry:
        entry = plan.objects[name]
        types = {one.name: one for one in self._target.link_types(entry.target)}
        links = tuple((types[one.target], one.object) for one in entry.links if one.target in types)
        schema = self._target.describe(entry.target)
        return _Entry(name, entry, schema, links, normalisers_for(self._target.codec, schema))

    def _end_of_run(self) -> str:
        ended = self._journal.rows("SELECT max(coalesce(settled_at, intent_at)) FROM batches")[0][0] or time.time()
        return instant(datetime.fromtimestamp(ended + SETTLING_TIME, UTC).isoformat())

    def _mine(self, entry: _Entry, ids: Sequence[str]) -> dict[str, str | None]:
        """Of the ledger's ids those of this object of the plan, each with its source id; ids unknown to the journal go to the first object."""
        known = {row[0]: row[1] for row in self._journal.among(_SENT, entry.name, list(ids))}
        others = [one for one in self._entries_of(entry.plan.target) if one != entry.name]
        elsewhere = {row[0] for name in others for row in self._journal.among(_SENT, name, list(ids))}
        return {one: known.get(one) for one in ids if one in known or one not in elsewhere}

    def _entries_of(self, target_object: str) -> list[str]:
        return [entry.name for entry in self._entries if entry.plan.target == target_object]

    def run(self) -> UndoResult:
        """Links and former values first, then deletion, children before parents."""
        for entry in self._entries:
            self._unlink(entry)
            self._restore(entry)
        for entry in self._entries:
            self._delete(entry)
        self._note_unaccounted()
        total = UndoCounts(
            **{name: sum(getattr(one, name) for one in self._counts.values()) for name in UndoCounts.model_fields}
        )
        return UndoResult(total=total, objects=self._counts, spared=self._listed, findings=self._findings)

    # -- links between records that stay -----------------------------------------------------------------------------------

    def _unlink(self, entry: _Entry) -> None:
        made = {pair for _, pair in self._ledger.links()}
        for link_type, to_object in entry.links:
            if link_type.field:
                continue  # restored with the record's other fields
            goes = self._created[entry.name].keys() | self._created.get(to_object, {}).keys()
            parameters = (entry.name, link_type.name, to_object)
            for pairs in self._journal.stream(_LINKS, parameters, self._target.capabilities.link_batch):
                links = [
                    Link(link_type.name, from_id, to_id)
                    for from_id, to_id in dict.fromkeys(pairs)
                    if from_id not in goes and to_id not in goes and f"{from_id}:{to_id}" in made
                ]
                results = self._unlinked(link_type, links)
                self._counts[entry.name].unlinked += sum(one.outcome is not Outcome.REJECTED for one in results)
                self._refused(entry, [one for one in results if one.outcome is Outcome.REJECTED])

    def _unlinked(self, link_type: LinkType, links: list[Link]) -> list[RowResult]:
        by_key = {link_key(one): one for one in links}

        def send(rows: Sequence[Row]) -> list[RowResult]:
            return self._target.unlink(link_type, [by_key[row.key] for row in rows])

        return list(self._in_rounds([Row(key, {}) for key in by_key], send))

    # -- records that were there before ------------------------------------------------------------------------------------

    def _restore(self, entry: _Entry) -> None:
        ids = [one for one in self._ledger.updated_ids(entry.plan.target) if one not in self._created[entry.name]]
        for part in chunks(ids, min(self._target.capabilities.get_batch, self._target.capabilities.update_batch)):
            images = self._images(entry, part)
            if images:
                self._restore_part(entry, images)
                self._report(entry.name, len(images))

    def _images(self, entry: _Entry, ids: Sequence[str]) -> dict[str, tuple[str, dict[str, Any], dict[str, Any]]]:
        """Per target id the source id, what it held before, and what was sent; the oldest image wins, the newest send."""
        found: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {}
        for target_id, source_id, image, sent in self._journal.among(_IMAGES, entry.name, list(ids)):
            first_id, before, after = found.get(target_id, (source_id, {}, {}))
            found[target_id] = (first_id, {**orjson.loads(image), **before}, {**after, **orjson.loads(sent)})
        return found

    def _restore_part(self, entry: _Entry, images: dict[str, tuple[str, dict[str, Any], dict[str, Any]]]) -> None:
        names = sorted({name for _, before, _ in images.values() for name in before})
        records = self._get(entry, list(images), names)
        rows = []
        for target_id, (source_id, before, sent) in images.items():
            record = records.get(target_id)
            if record is None or self._same(entry, before, record.values):
                continue
            if self._edited(entry, record, sent):
                self._spare(entry, source_id, target_id, "Edited since the run; its values are left as they are.")
                continue
            payload = self._former(entry, before)
            if payload:
                rows.append(Row(target_id, payload, target_id))
                if self._preview:
                    self._released |= {(target_id, name) for name in payload}
        results = self._write(entry, rows)
        self._counts[entry.name].restored += sum(one.outcome is not Outcome.REJECTED for one in results)

    def _same(self, entry: _Entry, before: dict[str, Any], values: dict[str, Any]) -> bool:
        return all(entry.normal[name](value) == entry.normal[name](values.get(name)) for name, value in before.items())

    def _former(self, entry: _Entry, before: dict[str, Any]) -> dict[str, Any]:
        """The payload that brings former values back; a field that was empty is cleared, a consent stays as it is."""
        consents = {one.target for one in entry.plan.fields if one.transform and one.transform.name == "opt_out"}
        payload: dict[str, Any] = {}
        for name, value in before.items():
            field = entry.schema.field(name)
            if name in consents or (field is not None and field.kind is Kind.CONSENT):
                continue
            if value in (None, "") and field is not None:
                self._target.codec.encoder(field)(None, payload)
            else:
                payload[name] = value
        return payload

    # -- records that the run made -----------------------------------------------------------------------------------------

    def _delete(self, entry: _Entry) -> None:
        """First all are looked at, then what may go goes: a record can point at another of the same object."""
        size = min(self._target.capabilities.get_batch, self._target.capabilities.delete_batch)
        going = [one for part in chunks(list(self._created[entry.name]), size) for one in self._unedited(entry, part)]
        while (free := self._not_pointed_at(entry, going)) != going:
            going = free
        for part in chunks(going, size):
            results = self._deleted(entry, part)
            self._counts[entry.name].deleted += sum(one.outcome is Outcome.DELETED for one in results)
            self._refused(entry, [one for one in results if one.outcome is Outcome.REJECTED])
            self._report(entry.name, len(part))

    def _unedited(self, entry: _Entry, ids: Sequence[str]) -> list[str]:
        sent = self._sent(entry, ids)
        names = sorted({name for payload in sent.values() for name in payload}) or [entry.schema.fields[0].name]
        records = self._get(entry, ids, names)
        return [
            one for one in ids if one in records and not self._spared_if_edited(entry, records[one], sent.get(one, {}))
        ]

    def _sent(self, entry: _Entry, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What the run sent of each record last: its payload, and the fields of the second pass."""
        sent = {
            row[0]: orjson.loads(row[2]) if row[2] else {} for row in self._journal.among(_SENT, entry.name, list(ids))
        }
        for link_type, to_object in entry.links:
            if link_type.field:
                for target_id in sent:
                    sent[target_id].pop(
                        link_type.field, None
                    )  # compared by what the link rows say, not by the first payload
                self._add_parents(entry, link_type, to_object, sent)
        return sent

    def _add_parents(self, entry: _Entry, link_type: LinkType, to_object: str, sent: dict[str, dict[str, Any]]) -> None:
        for part in chunks(list(sent), _PART):
            sql = f"{_LINKS} AND f.target_id IN ({','.join('?' * len(part))})"
            for from_id, to_id in self._journal.rows(sql, [entry.name, link_type.name, to_object, *part]):
                if to_id is not None:
                    sent[from_id][str(link_type.field)] = to_id

    def _spared_if_edited(self, entry: _Entry, record: Record, sent: dict[str, Any]) -> bool:
        if not self._edited(entry, record, sent):
            return False
        self._spare(entry, self._created[entry.name].get(record.id), record.id, "Edited since the run; it stays.")
        return True

    def _not_pointed_at(self, entry: _Entry, ids: list[str]) -> list[str]:
        """Those that no remaining record points at by a field: with them that record would go, or lose its parent."""
        held: set[str] = set()
        for child in self._entries:
            for link_type, to_object in child.links:
                if link_type.field and to_object == entry.name:
                    held |= self._held_by(child, link_type.field, ids, same=child.name == entry.name)
        for one in ids:
            if one in held:
                self._spare(
                    entry, self._created[entry.name].get(one), one, "A record that stays points at it; it stays too."
                )
        return [one for one in ids if one not in held]

    def _held_by(self, child: _Entry, field: str, ids: list[str], *, same: bool) -> set[str]:
        held: set[str] = set()
        for part in chunks(ids, self._target.capabilities.find_batch):
            records = self._patience.call(lambda: self._target.find(child.plan.target, field, part, [field]))  # noqa: B023 - called at once
            goes = self._created[child.name].keys() - self._spared if same or self._preview else set[str]()
            stay = [one for one in records if one.id not in goes and (one.id, field) not in self._released]
            held |= {str(record.values.get(field)) for record in stay}
        return held

    # -- shared --------------------------------------------------------------------------------------------------------------

    def _edited(self, entry: _Entry, record: Record, sent: dict[str, Any]) -> bool:
        if record.modified is not None and record.modified > self._edited_after:
            return True
        return not self._same(entry, sent, record.values)

    def _get(self, entry: _Entry, ids: Sequence[str], names: Sequence[str]) -> dict[str, Record]:
        records = self._patience.call(lambda: self._target.get(entry.plan.target, ids, names))
        return {record.id: record for record in records}

    def _write(self, entry: _Entry, rows: list[Row]) -> list[RowResult]:
        results = list(
            self._in_rounds(rows, lambda part: self._target.write(entry.plan.target, Operation.UPDATE, part))
        )
        self._refused(entry, [one for one in results if one.outcome is Outcome.REJECTED])
        return results

    def _deleted(self, entry: _Entry, ids: Sequence[str]) -> list[RowResult]:
        rows = [Row(one, {}, one) for one in ids]
        return list(
            self._in_rounds(rows, lambda part: self._target.delete(entry.plan.target, [row.key for row in part]))
        )

    def _in_rounds(self, rows: Sequence[Row], send: Callable[[Sequence[Row]], list[RowResult]]) -> Iterator[RowResult]:
        """The result of every row. Restoring and deleting may be repeated, so what is not answered is sent again."""
        waiting = list(rows)
        for round_number in range(_ROUNDS):
            if not waiting:
                return
            if round_number:
                self._patience.pause(round_number)
            results = {one.key: one for one in self._attempt(waiting, send)}
            settled = [one for one in results.values() if not (one.retriable or one.rule == "unanswered")]
            yield from settled
            keys = {one.key for one in settled}
            waiting = [row for row in waiting if row.key not in keys]
        yield from (
            RowResult(row.key, Outcome.REJECTED, None, "put_off", None, "The CRM did not answer.") for row in waiting
        )

    def _attempt(self, rows: Sequence[Row], send: Callable[[Sequence[Row]], list[RowResult]]) -> list[RowResult]:
        if self._preview:
            return [RowResult(row.key, Outcome.DELETED, row.id) for row in rows]
        try:
            return self._patience.call(lambda: send(rows))
        except OutcomeUnknown:
            return []
        except BatchRejected as rejected:
            if len(rows) == 1:
                return [RowResult(rows[0].key, Outcome.REJECTED, None, rejected.rule, None, str(rejected))]
            middle = len(rows) // 2
            return self._attempt(rows[:middle], send) + self._attempt(rows[middle:], send)

    def _spare(self, entry: _Entry, source_id: str | None, target_id: str, message: str) -> None:
        self._counts[entry.name].spared += 1
        self._spared.add(target_id)
        if len(self._listed) < MOST_LISTED:
            self._listed.append(
                Difference(
                    kind="edited_since", object=entry.name, source_id=source_id, target_id=target_id, message=message
                )
            )

    def _refused(self, entry: _Entry, results: Sequence[RowResult]) -> None:
        self._counts[entry.name].failed += len(results)
        if results:
            rules = defaultdict(list)
            for one in results:
                rules[one.rule or "vendor_rejected"].append(one.key)
            for rule, keys in rules.items():
                message = "The CRM refused to take this back; do it by hand."
                self._findings.append(
                    Finding(
                        rule=rule,
                        severity="problem",
                        object=entry.name,
                        count=len(keys),
                        message=message,
                        examples=keys[:5],
                    )
                )

    def _note_unaccounted(self) -> None:
        """Records that the journal says were made but that the ledger has no answer for may not be touched."""
        for entry in self._entries:
            created = self._created[entry.name]
            sql = "SELECT target_id FROM records WHERE object=? AND decision='create' AND state='done' ORDER BY seq"
            left: list[str] = []
            for rows in self._journal.stream(sql, (entry.name,), 1000):
                left += [row[0] for row in rows if row[0] not in created]
            if left:
                message = (
                    "The run says it made these, but no answer of the CRM proves it; they stay. Delete them by hand."
                )
                self._findings.append(
                    Finding(
                        rule="not_in_ledger",
                        severity="warning",
                        object=entry.name,
                        count=len(left),
                        message=message,
                        examples=left[:5],
                    )
                )
