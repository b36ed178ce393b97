"""Findings in the words of the CRM's people: an option's or user's id in quotation marks becomes its label, as the plan's questions know it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.results import Finding

_QUOTED = re.compile(r"'([^']+)'")


def in_words(findings: list[Finding], plan: Plan) -> list[Finding]:
    """The findings with labels instead of the ids that a question about the finding's own field has a label for: other fields may use the same ids."""
    labels: dict[str, dict[str, str]] = {}
    for question in (one for whole in plan.questions for one in (whole.parts or [whole])):
        for place in question.targets:
            known = labels.setdefault(place, {})
            known |= {stored: label for label, stored in question.source_names.items()}
    return [_told(one, labels.get(f"{one.object}.{one.field}", {})) for one in findings]


def _told(finding: Finding, labels: Mapping[str, str]) -> Finding:
    message = _QUOTED.sub(lambda found: f"'{labels.get(found[1], found[1])}'", finding.message)
    return finding.model_copy(update={"message": message})
