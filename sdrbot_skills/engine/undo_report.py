"""What an undo tells: counts, the spared records with their reasons, and what the CRM refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Sequence
from typing import Literal

from sdrbot_skills.engine.reader import JournalReader
from sdrbot_skills.model.records import Outcome, RowResult
from sdrbot_skills.model.results import Difference, Finding, UndoCounts, UndoResult

MOST_LISTED = 1000
_EXAMPLES = 5
_MADE = "SELECT target_id FROM records WHERE object=? AND decision='create' AND state='done' ORDER BY seq"


class Report:
    """Gathers while the undo goes on."""

    def __init__(self, objects: Sequence[str]) -> None:
        self._counts = {name: UndoCounts() for name in objects}
        self._listed: list[Difference] = []
        self._findings: list[Finding] = []
        self.spared: set[str] = set()

    def spare(self, name: str, source_id: str | None, target_id: str, message: str) -> None:
        """Count one record that is left alone, and list it while there is room."""
        self._counts[name].spared += 1
        self.spared.add(target_id)
        if len(self._listed) < MOST_LISTED:
            self._listed.append(
                Difference(kind="edited_since", object=name, source_id=source_id, target_id=target_id, message=message)
            )

    def count(self, name: str, what: Literal["restored", "unlinked", "deleted"], results: Sequence[RowResult]) -> None:
        """Count what was done, and what the CRM refused."""
        refused = [one for one in results if one.outcome is Outcome.REJECTED]
        counts = self._counts[name]
        setattr(counts, what, getattr(counts, what) + len(results) - len(refused))
        counts.failed += len(refused)
        rules = defaultdict(list)
        for one in refused:
            rules[one.rule or "vendor_rejected"].append(one.key)
        for rule, keys in rules.items():
            self._find(rule, "problem", name, "The CRM refused to take this back; do it by hand.", keys)

    def unaccounted(self, name: str, journal: JournalReader, created: Container[str]) -> None:
        """Records that the journal says were made but that the ledger has no answer for may not be touched."""
        left: list[str] = []
        for rows in journal.stream(_MADE, (name,), 1000):
            left += [row[0] for row in rows if row[0] not in created]
        if left:
            message = "The run says it made these, but no answer of the CRM proves it; they stay. Delete them by hand."
            self._find("not_in_ledger", "warning", name, message, left)

    def _find(
        self, rule: str, severity: Literal["warning", "problem"], name: str, message: str, ids: Sequence[str]
    ) -> None:
        examples = list(ids[:_EXAMPLES])
        self._findings.append(
            Finding(rule=rule, severity=severity, object=name, count=len(ids), message=message, examples=examples)
        )

    def result(self) -> UndoResult:
        """The whole."""
        total = UndoCounts(
            **{name: sum(getattr(one, name) for one in self._counts.values()) for name in UndoCounts.model_fields}
        )
        return UndoResult(total=total, objects=self._counts, spared=self._listed, findings=self._findings)
