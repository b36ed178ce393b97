"""Values that no two records of the target may share, beside the migration key: a dry run says which records would be refused for them.

A value is taken by a record that is there already, or by one that comes earlier. A live run asks nobody: the target refuses such a record by
itself, under the same rule. What is compared is compared as the target does, as far as its schema tells; what it does not tell, the live run shows.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.engine.candidate import Candidate, Decision
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.keys import digest, key_values
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.errors import Unsupported
from sdrbot_skills.model.plan import WhenFound
from sdrbot_skills.model.records import Record
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind

HELD = "The target's record {holder} holds the value of {field} already, and no two records there may share one."
TWICE = "The source record {holder} brings the same value of {field}, and no two records of the target may share one."
_WRITTEN = (Decision.CREATE, Decision.UPDATE)


class Taken:
    """Finds the clashes of one object's decided candidates. `empty`: the target has no records.

    What has been brought so far lies in a file of SQLite's own, which goes with this object: a million records take no memory.
    """

    def __init__(self, context: Context, work: ObjectWork, *, empty: bool) -> None:
        self._context, self._work, self._empty = context, work, empty
        self._fields = work.unique_fields
        match = work.plan.match
        self._matched = set() if match.when_found is WhenFound.CREATE else {key.field for key in match.on}
        self._coming = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._coming.execute("CREATE TABLE coming(key BLOB PRIMARY KEY, source_id TEXT) WITHOUT ROWID")

    def close(self) -> None:
        """Remove the file."""
        self._coming.close()

    def check(self, candidates: Sequence[Candidate]) -> None:
        """Quarantine those that the target would refuse for a value that another record has."""
        for field in self._fields:
            bringing = [one for one in candidates if one.decision in _WRITTEN and _is_sent(field, one)]
            values = {one.source_id: _values(field, one.keys.get(field.name)) for one in bringing}
            unknown = [one for one in bringing if one.existing is not None or field.name not in self._matched]
            holders = self._holders(field, [values[one.source_id] for one in unknown])
            for candidate in bringing:
                self._judge(candidate, field, values[candidate.source_id], holders)

    def _judge(
        self, candidate: Candidate, field: Field, values: Sequence[str], holders: dict[str, dict[str, None]]
    ) -> None:
        for value in values:
            others = [one for one in holders.get(value, ()) if one != candidate.target_id]
            if others:
                candidate.quarantine(Rule.DUPLICATE, HELD.format(holder=others[0], field=field.name), field.name)
                return
            earlier = self._first_with(field, value, candidate.source_id)
            if earlier != candidate.source_id:
                candidate.quarantine(Rule.DUPLICATE, TWICE.format(holder=earlier, field=field.name), field.name)
                return

    def _first_with(self, field: Field, value: str, source_id: str) -> str:
        """The source record that brings this value first; from now on this one, where there was none."""
        key = digest(field.name, value)
        self._coming.execute("INSERT OR IGNORE INTO coming VALUES(?, ?)", (key, source_id))
        (first,) = self._coming.execute("SELECT source_id FROM coming WHERE key=?", (key,)).fetchone()
        return str(first)

    def _holders(self, field: Field, wanted: Iterable[Sequence[str]]) -> dict[str, dict[str, None]]:
        """The ids of the target's records by the value that they hold."""
        found: dict[str, dict[str, None]] = defaultdict(dict)
        if self._empty:
            return found
        target, name = self._context.target, self._work.plan.target
        others = target.capabilities.alternate_keys.get(name, {}).get(field.name, ())
        read = [field, *(self._work.target.by_name[one] for one in others if self._work.target.field(one))]
        decoders = [target.codec.decoder(one) for one in read]
        for record in self._look_up(field, list(dict.fromkeys(value for values in wanted for value in values))):
            for decode in decoders:
                for value in _values(field, decode(record.values)):
                    found[value][record.id] = None
        return found

    def _look_up(self, field: Field, values: Sequence[str]) -> list[Record]:
        context, name = self._context, self._work.plan.target
        columns = context.target.codec.reads(field)
        records: list[Record] = []
        try:
            for part in chunks(values, context.target.capabilities.find_batch):
                records += context.patience.call(lambda: context.target.find(name, field.name, part, columns))  # noqa: B023 - called at once
        except Unsupported:  # the target cannot be asked by this field: only the live run shows it
            self._fields = [one for one in self._fields if one is not field]
        return records


def _is_sent(field: Field, candidate: Candidate) -> bool:
    return field.name in candidate.payload or field.name.partition(".")[0] in candidate.payload


def _values(field: Field, value: object) -> list[str]:
    found = key_values(value, "email" if field.kind is Kind.EMAILS else "exact")
    return list(dict.fromkeys(one.casefold() for one in found)) if field.ignores_case else found
