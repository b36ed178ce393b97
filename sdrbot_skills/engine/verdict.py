"""What verify gathers: counts of differences, a bounded list of them, findings."""

from __future__ import annotations

from typing import Literal

from sdrbot_skills.engine.findings import Severity
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.model.results import Difference, Finding, VerifyCounts, VerifyResult

MOST_LISTED = 1000
_EXAMPLES = 5

Kind = Literal["lost", "duplicated", "mismatched", "link_missing", "unexpected"]
_COUNTED = {
    "lost": "lost", "duplicated": "duplicated", "unexpected": "duplicated", "mismatched": "mismatched", "link_missing": "links_missing",
}  # fmt: skip


class Verdict:
    """Gathers while the check goes on. A mismatched record counts once, however many of its fields differ."""

    def __init__(self) -> None:
        self._counts: dict[str, VerifyCounts] = {}
        self._listed: list[Difference] = []
        self._findings: dict[tuple[str, str], Finding] = {}
        self._last_mismatch: tuple[str, str | None] | None = None

    def checked(self, work: ObjectWork) -> None:
        """Count one record looked at."""
        self._of(work).checked += 1

    def differs(
        self,
        kind: Kind,
        work: ObjectWork,
        message: str,
        *,
        source_id: str | None = None,
        target_id: str | None = None,
        field: str | None = None,
    ) -> None:
        """Count one difference, and list it while there is room."""
        counts, name = self._of(work), _COUNTED[kind]
        if kind != "mismatched" or self._last_mismatch != (work.name, target_id):
            setattr(counts, name, getattr(counts, name) + 1)
        if kind == "mismatched":
            self._last_mismatch = (work.name, target_id)
        if len(self._listed) < MOST_LISTED:
            self._listed.append(
                Difference(
                    kind=kind, object=work.name, source_id=source_id, target_id=target_id, field=field, message=message
                )
            )

    def note(self, rule: str, severity: Severity, work: ObjectWork, message: str, example: str) -> None:
        """Count one case of something that is no difference but should be known."""
        finding = self._findings.get((rule, work.name))
        if finding is None:
            self._findings[rule, work.name] = Finding(
                rule=rule, severity=severity, object=work.name, message=message, examples=[example]
            )
            return
        finding.count += 1
        if len(finding.examples) < _EXAMPLES:
            finding.examples.append(example)

    def _of(self, work: ObjectWork) -> VerifyCounts:
        return self._counts.setdefault(work.name, VerifyCounts())

    def result(self, objects: list[str]) -> VerifyResult:
        """The whole."""
        counts = {name: self._counts.get(name, VerifyCounts()) for name in objects}
        total = VerifyCounts(
            **{name: sum(getattr(one, name) for one in counts.values()) for name in VerifyCounts.model_fields}
        )
        return VerifyResult(
            total=total, objects=counts, differences=self._listed, findings=list(self._findings.values())
        )
