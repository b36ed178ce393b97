"""Findings in the words of the CRM's people: an option's or user's id in quotation marks becomes its label, as the plan's questions know it."""

from __future__ import annotations

import re

from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.results import Finding

_QUOTED = re.compile(r"'([^']+)'")


def in_words(findings: list[Finding], plan: Plan) -> list[Finding]:
    """The findings with labels instead of the ids that a plan's question has a label for."""
    asked = [one for whole in plan.questions for one in (whole, *whole.parts)]
    labels = {stored: label for question in asked for label, stored in question.source_names.items()}

    def label(found: re.Match[str]) -> str:
        return f"'{labels.get(found[1], found[1])}'"

    return [one.model_copy(update={"message": _QUOTED.sub(label, one.message)}) for one in findings]
