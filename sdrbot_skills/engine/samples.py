"""A few records before and after, for the person's eyes: the fullest of each decision."""

from __future__ import annotations

import heapq
import itertools
from typing import Any

from sdrbot_skills.engine.candidate import Candidate, to_json
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.journal import Statement
from sdrbot_skills.engine.work import ObjectWork


class Samples:
    """Keeps `sample_size` records per decision while a dry run goes by; of a live run, none."""

    def __init__(self, context: Context, work: ObjectWork) -> None:
        self._size = 0 if context.live else context.job.sample_size
        self._name = work.name
        self._counter = itertools.count()
        self._kept: dict[str, list[tuple[int, int, Candidate, bytes]]] = {}

    def consider(self, candidate: Candidate) -> None:
        """Keep this one, if it tells more than those kept."""
        if not self._size:
            return
        heap = self._kept.setdefault(candidate.decision.value, [])
        weight = len(candidate.payload) + len(candidate.links)
        if len(heap) < self._size or weight > heap[0][0]:
            body = to_json({"before": candidate.record.values, "after": candidate.payload, "decision": candidate.decision.value,
                            "target_id": candidate.target_id})  # fmt: skip
            entry: tuple[int, int, Any, bytes] = (weight, next(self._counter), candidate, body)
            (heapq.heappush if len(heap) < self._size else heapq.heapreplace)(heap, entry)

    def statements(self) -> list[Statement]:
        """What to write into the journal."""
        rows = [(self._name, entry[2].source_id, entry[3]) for heap in self._kept.values() for entry in heap]
        return [("INSERT OR REPLACE INTO samples VALUES(?, ?, ?)", rows)] if rows else []
