"""Preparing one object: every source record gets a decision in the journal, in the order of the source, chunk by chunk.

The same way in a dry run and in a live one; only that a live run keeps the payloads, which the loader takes from the journal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sdrbot_skills.engine.candidate import Candidate, Chunk, Decision, gathered, to_json
from sdrbot_skills.engine.carry import Carry, compile_carry
from sdrbot_skills.engine.consent import addresses, opt_out_spellings
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.decide import Decider, normalisers
from sdrbot_skills.engine.doubt import UNKNOWN
from sdrbot_skills.engine.duplicates import joined, settler, without_duplicates
from sdrbot_skills.engine.extract import chosen, links_by_record, pages
from sdrbot_skills.engine.journal import Statement, set_checkpoint
from sdrbot_skills.engine.match import Matcher
from sdrbot_skills.engine.parents import LinkRow, Parents
from sdrbot_skills.engine.samples import Samples
from sdrbot_skills.engine.scope import Seen
from sdrbot_skills.engine.since import Since, seen
from sdrbot_skills.engine.unique import Taken
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.errors import RowRejected
from sdrbot_skills.model.plan import SourceDuplicates
from sdrbot_skills.model.records import Link, Page, Record

CURSOR, PREPARED = "cursor", "prepared"

_STATES = {
    Decision.CREATE: "planned",
    Decision.UPDATE: "planned",
    Decision.SKIP: "done",
    Decision.QUARANTINE: "quarantined",
    Decision.MERGED: "aside",
    Decision.DEFERRED: "aside",
}
_SENT = (Decision.CREATE, Decision.UPDATE)
_NO_TRAITS = (None, None, None, None, None)
_RECORD = (
    "INSERT INTO records(seq, object, source_id, version, decision, state, target_id, rule, field, message, merged_into, "
    "size, filled, links, foreign_script, variant) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
_LINK = "INSERT OR IGNORE INTO links(object, type, from_source, to_object, to_source, state, rule, message) VALUES(?,?,?,?,?,?,?,?)"


class Preparer:
    """Prepares one object."""

    def __init__(self, context: Context, work: ObjectWork) -> None:
        self._context, self._work = context, work
        self._carry: Carry = compile_carry(
            work, context.source, context.target, context.transforms[work.name], context.frame, context.findings
        )
        self.matcher = Matcher(context, work)
        self._taken = None if context.live else Taken(context, work, empty=self.matcher.nothing_there)
        self._decide = Decider(context, work).decide
        self._normal = normalisers(context, work)
        self._since = Since(context, work)
        self._parents = Parents(context, work)
        self._samples = Samples(context, work)
        self._link_numbers = _link_numbers(work)
        self._doubtful = frozenset(context.job.doubtful.get(work.name, ()))
        self._next = 0
        self._variant_fields = [
            one.name for one in work.source.fields
            if one.name in work.reads and (one.standard or "").endswith((".stage", ".lifecycle_stage", ".lead_status"))
        ]  # fmt: skip

    def close(self) -> None:
        """Remove what was laid out on the disk for matching."""
        self.matcher.close()
        if self._taken is not None:
            self._taken.close()

    def run(self) -> None:
        """Prepare everything that is not in the journal yet. May be called again with another `Context.only`."""
        context, work = self._context, self._work
        self._next = int(context.journal.rows("SELECT coalesce(max(seq), 0) FROM records")[0][0]) + 1
        cursor = context.journal.checkpoint(work.name, CURSOR) if context.only is None else None
        chunks = gathered(self._chunks(cursor), self.matcher.at_once)
        if work.plan.source_duplicates is not SourceDuplicates.KEEP_BOTH and work.plan.match.on:
            chunks = without_duplicates(context, work, chunks, settler(context, work, opt_out_spellings(context, work)))
        for chunk in chunks:
            context.go_on()
            self._settle(chunk)
        if not context.more_to_come:
            self._look_again()
            note_gone(context, work)
        if context.only is None:
            context.journal.write([set_checkpoint(work.name, PREPARED, "yes")])
        context.journal.write([*self._samples.statements(), *context.findings.statements()])

    # -- carrying ---------------------------------------------------------------------------------------------------------

    def _chunks(self, cursor: str | None) -> Iterator[Chunk]:
        for page in pages(self._context, self._work, cursor):
            yield Chunk(self._carried(page), page.cursor)

    def _carried(self, page: Page) -> list[Candidate]:
        fresh = self._fresh(page.records)
        links = links_by_record(page.links)
        return [self._candidate(record, links.get(record.id, ())) for record in fresh]

    def _fresh(self, records: Sequence[Record]) -> list[Record]:
        sql = "SELECT source_id FROM records WHERE object=? AND source_id IN"
        done = {row[0] for row in self._context.journal.among(sql, self._work.name, [record.id for record in records])}
        distinct = {record.id: record for record in records}
        return [record for source_id, record in distinct.items() if source_id not in done]

    def _candidate(self, record: Record, links: Sequence[Link]) -> Candidate:
        numbers = self._link_numbers
        candidate = Candidate(record, [(number, link.to_id) for link in links for number in numbers.get(link.type, ())])
        if len(candidate.links) > 1:
            candidate.links.sort(key=lambda link: link[0])  # the plan's order says which of two comes first
        try:
            candidate.payload, candidate.keys, candidate.opted_out = self._carry(record)
        except RowRejected as rejected:
            candidate.quarantine(rejected.rule, str(rejected), rejected.field)
        return candidate

    def _look_again(self) -> None:
        """Ask by their ids for records of the scope that the reading did not meet: lists move while people work in the source.

        Behind a filter nobody can tell a record that was missed from one that no longer fits. One that was to become one with others waits for a
        delta: those others are settled by now, without it.
        """
        if self._work.where or self._context.scope is None:
            return
        for missing in not_met(self._context, self._work):
            with_others = joined(self._context.scope.query, self._work.name, missing)
            for page in chosen(self._context, self._work, missing):
                candidates = self._carried(page)
                for candidate in candidates:
                    if candidate.source_id in with_others:
                        candidate.decision, candidate.rule = Decision.DEFERRED, "came_since"
                self._settle(Chunk(candidates))

    # -- deciding ---------------------------------------------------------------------------------------------------------

    def _settle(self, chunk: Chunk) -> None:
        context, work = self._context, self._work
        candidates = chunk.candidates
        known = self._seen(candidates)
        link_rows = self._parents.resolve(candidates)
        self.matcher.match(candidates)
        for candidate in candidates:
            self._decide(candidate)
        if self._taken is not None:
            self._taken.check(candidates)
        for candidate in candidates:
            if candidate.decision is Decision.CREATE and candidate.source_id in self._doubtful:
                candidate.quarantine("in_doubt", UNKNOWN)
            self._samples.consider(candidate)
        link_rows = self._parents.decided(candidates, link_rows)
        self._since.check(candidates, known)
        statements = self._statements(candidates, link_rows)
        if chunk.cursor is not None and context.only is None:
            statements.append(set_checkpoint(work.name, CURSOR, chunk.cursor))
        context.journal.write([*statements, *context.findings.statements()])
        context.report("prepared", {"object": work.name, "records": len(candidates)})

    def _seen(self, candidates: Sequence[Candidate]) -> dict[str, Seen]:
        """What the dry run saw of them; those that it did not see have come since and are left for a later run."""
        scope = self._context.scope
        if scope is None:
            return {}
        known = scope.seen(self._work.name, [candidate.source_id for candidate in candidates])
        for candidate in candidates:
            if candidate.source_id not in known:
                candidate.decision, candidate.rule = Decision.DEFERRED, "came_since"
        return known

    def _statements(self, candidates: Sequence[Candidate], link_rows: Sequence[LinkRow]) -> list[Statement]:
        first, self._next = self._next, self._next + len(candidates)
        statements: list[Statement] = [
            (_RECORD, [self._row(first + place, one) for place, one in enumerate(candidates)])
        ]
        if self._context.live:
            payloads = [
                (first + place, to_json(one.payload)) for place, one in enumerate(candidates) if one.decision in _SENT
            ]
            statements.append(("INSERT INTO payloads VALUES(?, ?)", payloads))
        else:
            statements += seen(self._work, candidates, self._normal)
        deferred = {candidate.source_id for candidate in candidates if candidate.decision is Decision.DEFERRED}
        if link_rows:
            statements.append((_LINK, [row for row in link_rows if row.from_source not in deferred]))
        for sql, rows in (
            ("INSERT OR REPLACE INTO quarantine VALUES(?, ?, ?)", self._quarantined(candidates)),
            ("INSERT OR IGNORE INTO before_images VALUES(?, ?, ?, ?, ?, ?)", self._images(candidates)),
            ("INSERT OR IGNORE INTO opt_outs VALUES(?, ?, ?, 'planned', NULL)", self._opt_outs(candidates)),
        ):
            if rows:
                statements.append((sql, rows))
        return statements

    def _quarantined(self, candidates: Sequence[Candidate]) -> list[tuple[Any, ...]]:
        return [
            (self._work.name, candidate.source_id, to_json(candidate.record.values))
            for candidate in candidates
            if candidate.decision is Decision.QUARANTINE
        ]

    def _images(self, candidates: Sequence[Candidate]) -> list[tuple[Any, ...]]:
        """What a live run is about to overwrite, for an undo."""
        return [
            (
                self._work.name,
                candidate.source_id,
                candidate.target_id,
                self._image(candidate),
                to_json(candidate.payload),
                candidate.existing.modified,
            )
            for candidate in candidates
            if candidate.decision is Decision.UPDATE and candidate.existing is not None and self._context.live
        ]

    def _opt_outs(self, candidates: Sequence[Candidate]) -> list[tuple[Any, ...]]:
        return [
            (self._work.name, candidate.source_id, address)
            for candidate in candidates
            if candidate.opted_out and candidate.open
            for address in addresses(candidate, self._work)
        ]

    def _image(self, candidate: Candidate) -> bytes:
        assert candidate.existing is not None
        return to_json({name: candidate.existing.values.get(name) for name in candidate.payload})

    def _row(self, seq: int, candidate: Candidate) -> tuple[Any, ...]:
        decision = candidate.decision
        traits = _NO_TRAITS if self._context.live or decision not in _SENT else self._traits(candidate)
        return (
            seq, self._work.name, candidate.record.id, candidate.record.modified, decision.value, _STATES[decision],
            candidate.target_id, candidate.rule, candidate.field, candidate.message, candidate.merged_into, *traits,
        )  # fmt: skip

    def _traits(self, candidate: Candidate) -> tuple[Any, ...]:
        """What makes a record telling for the pilot: how long, how full, how linked, in which script, in which stage."""
        text = to_json(candidate.record.values)
        foreign = int(not text.isascii() and any(character > "ɏ" for character in text.decode()))
        variant = "|".join(str(candidate.record.values.get(name)) for name in self._variant_fields)
        return len(text), len(candidate.payload), len(candidate.links), foreign, variant


def note_gone(context: Context, work: ObjectWork) -> None:
    """Note records that the dry run saw and that are no longer there."""
    sql = "INSERT INTO records(object, source_id, decision, state, rule) VALUES(?, ?, 'gone', 'aside', 'gone_since')"
    for ids in not_met(context, work):
        context.journal.submit([(sql, [(work.name, one) for one in ids])])


def not_met(context: Context, work: ObjectWork) -> Iterator[list[str]]:
    """The records of the scope that the journal does not mention, some at a time."""
    if context.scope is None:
        return
    sql = "SELECT source_id FROM records WHERE object=? AND source_id IN"
    for ids in context.scope.ids(work.name):
        there = {row[0] for row in context.journal.among(sql, work.name, ids)}
        missing = [one for one in ids if one not in there]
        if missing:
            yield missing


def _link_numbers(work: ObjectWork) -> dict[str, list[int]]:
    numbers: dict[str, list[int]] = {}
    for number, link in enumerate(work.links):
        numbers.setdefault(link.source.name, []).append(number)
    return numbers
