"""Finding out which records the target already has, with as few calls as possible and never one by one.

The migration key is asked first, then the plan's match keys in their order. Either the values are looked up in batches, or the target's
keys are read once into an index on disk, whichever takes fewer calls; what an equality cannot compare (telephone numbers, domains, names)
is always read. The record found is the before-image too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.crm.capabilities import index_calls, look_up_calls
from sdrbot_skills.engine.candidate import Candidate
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.extract import to_read
from sdrbot_skills.engine.index import TargetIndex
from sdrbot_skills.engine.keys import key_values
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.model.plan import MatchKey, WhenFound
from sdrbot_skills.model.records import Record

MOST_AT_ONCE = 1_000
"""Candidates are held in memory, each with its record and what was found of it."""


class Matcher:
    """Finds the target's records for the candidates of one object."""

    def __init__(self, context: Context, work: ObjectWork) -> None:
        self._context = context
        self._work = work
        self._keys = () if work.plan.match.when_found is WhenFound.CREATE else tuple(work.plan.match.on)
        self._alternates = context.target.capabilities.alternate_keys.get(work.plan.target, {})
        self._decoders = {
            name: context.target.codec.decoder(work.target.by_name[name])
            for key in self._keys
            for name in self._names(key)
        }
        self._empty = False
        self._index: TargetIndex | None = None
        self._claimed: dict[str, str] = {}
        self.looked_up: Counter[str] = Counter()
        """Calls that looked values up, by field; a field by which none was needed is there with 0."""
        if work.looks_up:
            self._choose_way()

    @property
    def sees_own_records(self) -> bool:
        """Whether a look-up could find a record that this very run has just made without our telling it from others."""
        return bool(self._keys) and not self._work.key_field and self._index is None and not self._empty

    @property
    def nothing_there(self) -> bool:
        """Whether the target is known to have no records."""
        return self._empty

    @property
    def at_once(self) -> int:
        """How many candidates should be matched together, so that no call goes out half full; 0 where nothing is looked up."""
        if self._empty or not self._work.looks_up:
            return 0
        size = self._context.target.capabilities
        return min(size.get_batch if self._index is not None else size.find_batch, MOST_AT_ONCE)

    def _names(self, key: MatchKey) -> tuple[str, ...]:
        others = [name for name in self._alternates.get(key.field, ()) if self._work.target.field(name)]
        return (key.field, *others)

    def _choose_way(self) -> None:
        context, work = self._context, self._work
        call, size = context.patience.call, context.target.capabilities
        there = call(lambda: context.target.count(work.plan.target))
        if there == 0:
            self._empty = True
            return
        ours = to_read(context, work)
        look_ups = look_up_calls(size, ours, len(self._keys) + bool(work.key_field))
        reading = index_calls(size, context.plan.limits.lane, ours, there)
        if reading < look_ups or not all(key.by_equality for key in self._keys):
            self._index = TargetIndex(context, work, self._keys, self.keys_of, there)
            return
        self.looked_up.update({name: 0 for name in [*(key.field for key in self._keys), work.key_field] if name})

    def close(self) -> None:
        """Remove the index."""
        if self._index is not None:
            self._index.close()

    # -- deciding which record it is -------------------------------------------------------------------------------------

    def match(self, candidates: Sequence[Candidate]) -> None:
        """Set `existing` and `target_id` of those that the target has; quarantine the ambiguous ones."""
        self._claimed.clear()  # those of earlier chunks are in the journal
        waiting = [candidate for candidate in candidates if candidate.open]
        if self._empty or not self._work.looks_up or not waiting:
            return
        if self._work.key_field:
            waiting = self._by_migration_key(waiting, self._work.key_field)
        for number, key in enumerate(self._keys):
            if not waiting:
                return
            waiting = self._by_match_key(waiting, number, key)

    def _by_migration_key(self, waiting: list[Candidate], key_field: str) -> list[Candidate]:
        wanted = {self._context.migration_key(candidate.source_id): candidate for candidate in waiting}
        if self._index is not None:
            found = self._index.by_migration_key(list(wanted))
        else:
            found = defaultdict(list)
            for record in self._look_up(key_field, wanted):
                found[str(record.values.get(key_field))].append(record)
        for value, candidate in wanted.items():
            records = _distinct(found.get(value, ()))
            if len(records) > 1:
                candidate.quarantine(
                    "duplicated_key", "Several records of the target carry this record's migration key."
                )
            elif records:
                self._take(candidate, records[0])
        return [candidate for candidate in waiting if candidate.open and candidate.existing is None]

    def _by_match_key(self, waiting: list[Candidate], number: int, key: MatchKey) -> list[Candidate]:
        names = self._names(key)
        wanted: dict[str, list[Candidate]] = defaultdict(list)
        for candidate in waiting:
            for name in names:
                for value in key_values(candidate.keys.get(name), key.compare):
                    wanted[value].append(candidate)
        if not wanted:
            return waiting
        if self._index is not None:
            found = self._index.by_key(number, list(wanted))
        else:
            found = defaultdict(list)
            for record in self._look_up(key.field, wanted):
                for value in self.keys_of(record, key):
                    found[value].append(record)
        hits: dict[str, list[Record]] = defaultdict(list)
        for value, owners in wanted.items():
            for candidate in owners:
                hits[candidate.source_id] += found.get(value, ())
        others = self._owners(hits)
        for candidate in waiting:
            self._choose(candidate, _distinct(hits.get(candidate.source_id, ())), others)
        return [candidate for candidate in waiting if candidate.open and candidate.existing is None]

    def _look_up(self, field: str, values: Iterable[str]) -> list[Record]:
        context, work = self._context, self._work
        records: list[Record] = []
        for part in chunks(list(values), context.target.capabilities.find_batch):
            self.looked_up[field] += 1
            records += context.patience.call(
                lambda: context.target.find(work.plan.target, field, part, work.image_fields)  # noqa: B023 - called at once
            )
        return records

    def keys_of(self, record: Record, key: MatchKey) -> list[str]:
        """The comparable spellings of a key in a target record, its alternates included."""
        found: list[str] = []
        for name in self._names(key):
            found += key_values(self._decoders[name](record.values), key.compare)
        return found

    # -- whose record it is already --------------------------------------------------------------------------------------

    def _owners(self, hits: dict[str, list[Record]]) -> dict[str, tuple[str, str | None]]:
        """Target id -> (source id, this run's decision about it, if any) for records found that already belong to a source record."""
        records = {record.id: record for found in hits.values() for record in found}
        sql = "SELECT target_id, source_id, decision FROM records WHERE object=? AND target_id IN"
        owners = {row[0]: (row[1], row[2]) for row in self._context.journal.among(sql, self._work.name, records)}
        prefix, key_field = self._context.plan.key_prefix, self._work.key_field
        if key_field:
            unknown = [record for record in records.values() if record.id not in owners]
            tagged = {record.id: str(record.values.get(key_field) or "") for record in unknown}
            ours = {target_id: value[len(prefix) :] for target_id, value in tagged.items() if value.startswith(prefix)}
            sql = "SELECT source_id, decision FROM records WHERE object=? AND source_id IN"
            decided = dict(self._context.journal.among(sql, self._work.name, ours.values()))
            owners |= {target_id: (source_id, decided.get(source_id)) for target_id, source_id in ours.items()}
        return owners

    def _choose(self, candidate: Candidate, found: list[Record], owners: dict[str, tuple[str, str | None]]) -> None:
        if not candidate.open or candidate.existing is not None:
            return
        mine, taken = [], False
        for record in found:
            owner, decision = owners.get(record.id, (self._claimed.get(record.id, candidate.source_id), None))
            if owner == candidate.source_id or owner in candidate.stands_for:
                mine.append(record)
            elif (
                decision != "create"
            ):  # what this run made for another source record is that one's, however alike they are
                taken = True
                if self._work.plan.match.when_found is WhenFound.SKIP:
                    mine.append(record)
        if len(mine) > 1 and self._work.plan.match.ambiguous == "quarantine":
            candidate.quarantine("ambiguous_match", f"{len(mine)} records of the target match this one.")
        elif mine:
            self._take(candidate, mine[0])
        elif taken:
            message = "The target's record that matches this one already belongs to another source record."
            candidate.quarantine("already_matched", message)

    def _take(self, candidate: Candidate, record: Record) -> None:
        candidate.existing, candidate.target_id = record, record.id
        self._claimed.setdefault(record.id, candidate.source_id)


def _distinct(records: Iterable[Record]) -> list[Record]:
    return list({record.id: record for record in records}.values())
