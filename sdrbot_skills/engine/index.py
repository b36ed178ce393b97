"""An index on disk of the target's keys: digests and ids, so that a million records take no memory."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.engine.extract import Reading, whole
from sdrbot_skills.engine.keys import digest
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.model.plan import MatchKey
from sdrbot_skills.model.records import Record

if TYPE_CHECKING:
    from sdrbot_skills.engine.context import Context

_MIGRATION_KEY = -1
_PART = 500


class TargetIndex:
    """All of one target object's keys as they were when this was made; records found are read by id, with the fields of the before-image.

    `there`: how many records the target has."""

    def __init__(
        self,
        context: Context,
        work: ObjectWork,
        keys: Sequence[MatchKey],
        keys_of: Callable[[Record, MatchKey], list[str]],
        there: int,
    ) -> None:
        self._context, self._work, self._keys, self._keys_of = context, work, keys, keys_of
        self._path = Path(context.job.work) / f"index-{work.name}.sqlite"
        self._path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.execute("CREATE TABLE keys(key BLOB, id TEXT, PRIMARY KEY(key, id)) WITHOUT ROWID")
        self._fill(there)

    def _fill(self, there: int) -> None:
        context, work = self._context, self._work
        fields = [work.key_field] if work.key_field else []
        alternates = context.target.capabilities.alternate_keys.get(work.plan.target, {})
        for key in self._keys:
            names = [name for name in (key.field, *alternates.get(key.field, ())) if work.target.field(name)]
            fields += [part for name in names for part in context.target.codec.reads(work.target.by_name[name])]
        reading = Reading(work.plan.target, list(dict.fromkeys(fields)))
        for page in whole(context, context.target, reading, lambda: there):
            self._add(page.records)

    def _add(self, records: Sequence[Record]) -> None:
        rows = []
        for record in records:
            if self._work.key_field and (value := record.values.get(self._work.key_field)):
                rows.append((digest(str(_MIGRATION_KEY), str(value)), record.id))
            for number, key in enumerate(self._keys):
                rows += [(digest(str(number), value), record.id) for value in self._keys_of(record, key)]
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT OR IGNORE INTO keys VALUES(?, ?)", rows)
        self._connection.execute("COMMIT")

    def by_migration_key(self, values: Sequence[str]) -> dict[str, list[Record]]:
        """The records that carry each of these migration keys."""
        return self._records(_MIGRATION_KEY, values)

    def by_key(self, number: int, values: Sequence[str]) -> dict[str, list[Record]]:
        """The records that have each of these comparable values in the match key of that number."""
        return self._records(number, values)

    def _records(self, number: int, values: Sequence[str]) -> dict[str, list[Record]]:
        by_digest = {digest(str(number), value): value for value in values}
        ids: dict[str, list[str]] = defaultdict(list)
        for part in chunks(list(by_digest), _PART):
            marks = ",".join("?" * len(part))
            for key, target_id in self._connection.execute(
                f"SELECT key, id FROM keys WHERE key IN ({marks})", list(part)
            ):
                ids[by_digest[key]].append(target_id)
        there = self._read({target_id for found in ids.values() for target_id in found})
        return {value: [there[one] for one in found if one in there] for value, found in ids.items()}

    def _read(self, ids: set[str]) -> dict[str, Record]:
        context, work = self._context, self._work
        found: dict[str, Record] = {}
        for part in chunks(sorted(ids), context.target.capabilities.get_batch):
            records = context.patience.call(
                lambda: context.target.get(work.plan.target, part, work.image_fields)  # noqa: B023 - called at once
            )
            found |= {record.id: record for record in records}
        return found

    def close(self) -> None:
        """Remove the file."""
        self._connection.close()
        self._path.unlink(missing_ok=True)
