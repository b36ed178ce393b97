"""Ask few: what must be known comes first, and what is only nice to know is left to the gap analysis."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.model.plan import Question

MOST = 9

_ORDER = ("opt_out", "field", "blank", "values", "pipeline", "record_type", "owners", "place", "create")


def topic(question: Question) -> str:
    """The middle part of a question's id."""
    return question.id.split(".", 2)[1]


def few(questions: Sequence[Question], most: int = MOST) -> list[Question]:
    """The questions in the order of their weight, at most `most`; those that block are never left out."""
    ordered = sorted(questions, key=lambda question: (not question.blocks, _ORDER.index(topic(question))))
    must = sum(question.blocks for question in ordered)
    return ordered[: max(most, must)]
