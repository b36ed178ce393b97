"""Undo: what a run made is deleted, what it changed gets its former values, what it linked is unlinked; what was edited since is spared.

Ids come from the ledger only: a journal, written inside the sandbox, cannot name a record that the run did not touch. The journal gives
what was sent (to see whether somebody has edited it since) and the before-images. An opt-out is never taken back. Every record is looked at before
the undo itself changes anything near it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.batching import chunks, link_key
from sdrbot_skills.engine.evidence import Ledger
from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.engine.reader import JournalReader
from sdrbot_skills.engine.undo_look import LINKS, Entry, Image, Look, same
from sdrbot_skills.engine.undo_report import Report
from sdrbot_skills.engine.undo_send import Send, in_rounds
from sdrbot_skills.engine.work import target_order
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.records import Link, Operation, Outcome, Row, RowResult
from sdrbot_skills.model.results import UndoResult
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.model.values import Kind


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

    What counts as edited is said in `undo_look`. A record that a spared or foreign record points at is spared too, since deleting it would delete or
    orphan that one. `preview` only says what would be done. `report` is called with an object's name and how many of its records were dealt with.
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
        self._target, self._journal, self._ledger, self._progress = target, journal, ledger, report
        self._patience = Patience()
        self._preview = preview
        self._look = Look(target, journal, ledger, self._patience)
        self._entries = [self._look.entry(name, plan) for name in reversed(target_order(plan, target))]
        self._told = Report(list(plan.objects))
        self._released: set[tuple[str, str]] = set()
        self._created = {
            entry.name: self._mine(entry, ledger.created_ids(entry.plan.target)) for entry in self._entries
        }

    def _mine(self, entry: Entry, ids: Sequence[str]) -> dict[str, str | None]:
        """Of the ledger's ids those of this object of the plan, each with its source id; ids unknown to the journal go to the first object."""
        known = self._look.source_ids(entry.name, ids)
        others = [one.name for one in self._entries if one.plan.target == entry.plan.target and one.name != entry.name]
        elsewhere = {one for name in others for one in self._look.source_ids(name, ids)}
        return {one: known.get(one) for one in ids if one in known or one not in elsewhere}

    def run(self) -> UndoResult:
        """Former values first, then links between records that stay, then deletion, children before parents."""
        unedited = {entry.name: self._unedited(entry) for entry in self._entries}
        for entry in self._entries:
            self._restore(entry)
        for entry in self._entries:
            self._unlink(entry)
        for entry in self._entries:
            self._delete(entry, unedited[entry.name])
        for entry in self._entries:
            self._told.unaccounted(entry.name, self._journal, self._created[entry.name])
        return self._told.result()

    # -- records that were there before ------------------------------------------------------------------------------------

    def _restore(self, entry: Entry) -> None:
        ids = [one for one in self._ledger.updated_ids(entry.plan.target) if one not in self._created[entry.name]]
        for part in chunks(ids, min(self._target.capabilities.get_batch, self._target.capabilities.update_batch)):
            images = self._look.images(entry, part)
            if images:
                self._restore_part(entry, images)
                self._progress(entry.name, len(images))

    def _restore_part(self, entry: Entry, images: dict[str, Image]) -> None:
        names = sorted({name for image in images.values() for name in image.before})
        records = self._look.records(entry, list(images), names)
        changed = [record for record in records.values() if not same(entry, images[record.id].before, record.values)]
        edited = self._look.edited(entry, changed, {one: image.sent for one, image in images.items()})
        rows = []
        for record in changed:
            if record.id in edited:
                message = f"{edited[record.id]}; its values are left as they are."
                self._told.spare(entry.name, images[record.id].source_id, record.id, message)
                continue
            payload = self._former(entry, images[record.id].before)
            if payload:
                rows.append(Row(record.id, payload, record.id))
                if self._preview:
                    self._released |= {(record.id, name) for name in payload}
        results = self._sent(rows, lambda part: self._target.write(entry.plan.target, Operation.UPDATE, part))
        self._told.count(entry.name, "restored", results)

    def _former(self, entry: Entry, before: dict[str, Any]) -> dict[str, Any]:
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

    # -- links between records that stay -----------------------------------------------------------------------------------

    def _unlink(self, entry: Entry) -> None:
        made = {pair for _, pair in self._ledger.links()}
        for link_type, to_object in entry.links:
            if link_type.field:
                continue  # restored with the record's other fields
            goes = self._created[entry.name].keys() | self._created.get(to_object, {}).keys()
            parameters = (entry.name, link_type.name, to_object)
            for pairs in self._journal.stream(LINKS, parameters, self._target.capabilities.link_batch):
                links = [
                    Link(link_type.name, from_id, to_id)
                    for from_id, to_id in dict.fromkeys(pairs)
                    if from_id not in goes and to_id not in goes and f"{from_id}:{to_id}" in made
                ]
                self._told.count(entry.name, "unlinked", self._unlinked(link_type, links))

    def _unlinked(self, link_type: LinkType, links: list[Link]) -> list[RowResult]:
        by_key = {link_key(one): one for one in links}

        def send(rows: Sequence[Row]) -> list[RowResult]:
            return self._target.unlink(link_type, [by_key[row.key] for row in rows])

        return self._sent([Row(key, {}) for key in by_key], send)

    # -- records that the run made -----------------------------------------------------------------------------------------

    def _unedited(self, entry: Entry) -> list[str]:
        """Of the records that the run made those that may go; the edited ones are spared."""
        found: list[str] = []
        for part in chunks(list(self._created[entry.name]), self._target.capabilities.get_batch):
            sent = self._look.sent(entry, part)
            names = sorted({name for payload in sent.values() for name in payload}) or [entry.schema.fields[0].name]
            records = self._look.records(entry, part, names)
            edited = self._look.edited(entry, list(records.values()), sent)
            for one, how in edited.items():
                self._told.spare(entry.name, self._created[entry.name].get(one), one, f"{how}; it stays.")
            found += [one for one in part if one in records and one not in edited]
        return found

    def _delete(self, entry: Entry, going: list[str]) -> None:
        """A record can point at another of the same object, so that sparing one may spare the next."""
        while (free := self._not_pointed_at(entry, going)) != going:
            going = free
        for part in chunks(going, self._target.capabilities.delete_batch):
            rows = [Row(one, {}, one) for one in part]
            results = self._sent(rows, lambda some: self._target.delete(entry.plan.target, [row.key for row in some]))
            self._told.count(entry.name, "deleted", results)
            self._progress(entry.name, len(part))

    def _not_pointed_at(self, entry: Entry, ids: list[str]) -> list[str]:
        """Those that no remaining record points at by a field: with them that record would go, or lose its parent."""
        held: set[str] = set()
        for child in self._entries:
            for link_type, to_object in child.links:
                if link_type.field and to_object == entry.name:
                    held |= self._held_by(child, link_type.field, ids, same=child.name == entry.name)
        for one in ids:
            if one in held:
                message = "A record that stays points at it; it stays too."
                self._told.spare(entry.name, self._created[entry.name].get(one), one, message)
        return [one for one in ids if one not in held]

    def _held_by(self, child: Entry, field: str, ids: list[str], *, same: bool) -> set[str]:
        held: set[str] = set()
        for part in chunks(ids, self._target.capabilities.find_batch):
            records = self._patience.call(lambda: self._target.find(child.plan.target, field, part, [field]))  # noqa: B023 - called at once
            goes = self._created[child.name].keys() - self._told.spared if same or self._preview else set[str]()
            stay = [one for one in records if one.id not in goes and (one.id, field) not in self._released]
            held |= {str(record.values.get(field)) for record in stay}
        return held

    def _sent(self, rows: Sequence[Row], send: Send) -> list[RowResult]:
        """The result of every row; a preview sends nothing and takes all for done."""
        if self._preview:
            return [RowResult(row.key, Outcome.DELETED, row.id) for row in rows]
        return list(in_rounds(self._patience, rows, send))
