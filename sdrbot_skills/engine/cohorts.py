"""Going by cohorts: some companies, the people at them and their deals, then the next, so that what has landed is of use at any moment.

Which record goes with which cohort is worked out once from what the dry run saw, in a file of its own: a record is due when everything that it points
at has a cohort. Cohorts are made of whole batches, so that they cost no more calls than going object by object; what does not fill a batch waits for
the next cohort. Records that neither point at anything nor are pointed at come at the end. Links to an object that is carried later (circles, a company's
parent) hold nothing up: they are made in the second pass, as always.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from sdrbot_skills.engine.scope import Scope

FILE = "cohorts.sqlite"
BATCHES = 20
"""Whole batches in a cohort, about."""
_PART = 1000
_SCHEMA = """
PRAGMA synchronous=OFF;
CREATE TABLE record(
    id INTEGER PRIMARY KEY, object TEXT NOT NULL, source_id TEXT NOT NULL, goes_with TEXT,   -- goes_with: what it was merged into
    lacks INTEGER NOT NULL DEFAULT 0, linked INTEGER NOT NULL DEFAULT 0, cohort INTEGER, UNIQUE(object, source_id));
CREATE TABLE link(child INTEGER NOT NULL, parent INTEGER NOT NULL, PRIMARY KEY(child, parent)) WITHOUT ROWID;
CREATE INDEX children ON link(parent);
"""
_INDEXES = """
CREATE INDEX due ON record(object, lacks, linked, id) WHERE cohort IS NULL AND goes_with IS NULL;
CREATE INDEX of_cohort ON record(cohort, object);
CREATE INDEX merged ON record(object, goes_with) WHERE goes_with IS NOT NULL;
"""
_DUE = "SELECT id FROM record WHERE object=? AND cohort IS NULL AND goes_with IS NULL"


class Cohorts:
    """The cohorts of one run. `objects`: parents first. `batch`: how many records the target takes in a call."""

    def __init__(self, folder: Path, scope: Scope, objects: Sequence[str], batch: int) -> None:
        self._objects, self._batch = list(objects), batch
        self._path = folder / FILE
        self._db = sqlite3.connect(self._path, isolation_level=None)
        if not self._complete():
            self._db.close()
            self._path.unlink()
            self._db = sqlite3.connect(self._path, isolation_level=None)
            self._make(scope)

    def close(self) -> None:
        """Close the file; a later process of the run goes on with it."""
        self._db.close()

    def from_number(self, first: int) -> Iterator[tuple[int, Mapping[str, list[str]]]]:
        """Each cohort from that number on: its number (from 1), and per object its source ids."""
        last = self._db.execute("SELECT coalesce(max(cohort), 0) FROM record").fetchone()[0]
        for number in range(first, last + 1):
            found: dict[str, list[str]] = {name: [] for name in self._objects}
            sql = "SELECT object, source_id FROM record WHERE cohort=? ORDER BY id"
            for name, source_id in self._db.execute(sql, (number,)):
                found[name].append(source_id)
            yield number, found

    # -- making them -------------------------------------------------------------------------------------------------------

    def _complete(self) -> bool:
        return bool(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _make(self, scope: Scope) -> None:
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        self._fill(scope)
        self._db.execute("COMMIT")
        self._db.executescript(_INDEXES)
        self._shares = self._count_shares()
        self._db.execute("BEGIN")
        number = 0
        while self._assign(number + 1):
            number += 1
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA user_version=1")

    def _fill(self, scope: Scope) -> None:
        """Records, and of the links those that lead to an object before; a merged record stands for what it was merged into."""
        for rows in scope.stream(
            "SELECT object, source_id, merged_into FROM records WHERE decision<>'gone' ORDER BY seq"
        ):
            self._db.executemany("INSERT OR IGNORE INTO record(object, source_id, goes_with) VALUES(?, ?, ?)", rows)
        self._db.execute(
            "UPDATE record SET goes_with=NULL WHERE goes_with IS NOT NULL AND NOT EXISTS "
            "(SELECT 1 FROM record s WHERE s.object=record.object AND s.source_id=record.goes_with)"
        )
        place = {name: number for number, name in enumerate(self._objects)}
        ends = "SELECT coalesce(s.id, r.id) FROM record r LEFT JOIN record s ON s.object=r.object AND s.source_id=r.goes_with"
        insert = (
            f"INSERT OR IGNORE INTO link SELECT child, parent FROM (SELECT ({ends} WHERE r.object=? AND r.source_id=?) AS child, "
            f"({ends} WHERE r.object=? AND r.source_id=?) AS parent) WHERE child IS NOT NULL AND parent IS NOT NULL"
        )
        for rows in scope.stream("SELECT object, from_source, to_object, to_source FROM links ORDER BY seq"):
            self._db.executemany(insert, [row for row in rows if place[str(row[2])] < place[str(row[0])]])
        self._db.execute("UPDATE record SET lacks=(SELECT count(*) FROM link WHERE child=id), linked=0")
        self._db.execute("UPDATE record SET linked=1 WHERE lacks>0 OR id IN (SELECT parent FROM link)")

    def _assign(self, number: int) -> bool:
        """Put together one cohort: so many roots, then whole batches of what is due through them. `False`: nothing is left."""
        taken = 0
        for name in self._objects:
            usual = max(1, self._shares[name] // self._batch) * self._batch
            most = 2 * usual if taken else usual
            due = self._due(name, most)
            if taken and len(due) < most:
                due = due[: len(due) // self._batch * self._batch]
            self._take(due, number)
            taken += len(due)
        return bool(taken) or self._take_rest(number, BATCHES * self._batch)

    def _due(self, name: str, most: int) -> list[int]:
        sql = f"{_DUE} AND lacks=0 AND linked=1 ORDER BY id LIMIT ?"
        return [row[0] for row in self._db.execute(sql, (name, most))]

    def _count_shares(self) -> dict[str, int]:
        """Per object how many of a usual cohort's records are of it: as many as of the whole run's."""
        counts = dict(self._db.execute("SELECT object, count(*) FROM record WHERE linked=1 GROUP BY 1").fetchall())
        everything = sum(counts.values()) or 1
        return {name: BATCHES * self._batch * counts.get(name, 0) // everything for name in self._objects}

    def _take(self, ids: Sequence[int], number: int) -> None:
        for start in range(0, len(ids), _PART):
            part = ids[start : start + _PART]
            marks = ",".join("?" * len(part))
            self._db.execute(f"UPDATE record SET cohort=? WHERE id IN ({marks})", [number, *part])
            self._db.execute(
                "UPDATE record SET cohort=? WHERE (object, goes_with) IN "
                f"(SELECT object, source_id FROM record WHERE id IN ({marks})) AND goes_with IS NOT NULL AND cohort IS NULL",
                [number, *part],
            )
            for (child,) in self._db.execute(f"SELECT child FROM link WHERE parent IN ({marks})", part).fetchall():
                self._db.execute("UPDATE record SET lacks=lacks-1 WHERE id=?", (child,))

    def _take_rest(self, number: int, most: int) -> bool:
        """What filled no batch, and what stands alone: parents first."""
        for name in self._objects:
            ids = [row[0] for row in self._db.execute(f"{_DUE} ORDER BY lacks, id LIMIT ?", (name, most))]
            if ids:
                self._take(ids, number)
                most -= len(ids)
            if most <= 0:
                break
        return bool(self._db.execute("SELECT 1 FROM record WHERE cohort=? LIMIT 1", (number,)).fetchall())
