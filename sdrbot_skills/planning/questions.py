"""Ask few: what must be known comes first, and where there is too much to ask, questions of one sort are put together into one.

A question that stands for several keeps them as its `parts`. It can be answered as a whole, and each part by its own id.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from sdrbot_skills.model.plan import Question

MOST = 9

AS_PROPOSED = "as proposed"

_ORDER = (
    "opt_out",
    "field",
    "blank",
    "values",
    "currency",
    "phones",
    "pipeline",
    "record_type",
    "owners",
    "place",
    "create",
)
_SHOWN = 12
_SAFEST = ("blank", "leave", "quarantine")
"""What is done with a part that has no proposal, the first of these that may be answered."""


class _Sort(NamedTuple):
    text: str
    proposed: str


_TOGETHER = {
    "opt_out": _Sort(
        "{count} opt-outs have no place on the target", "a check box of its own is made for each, and carried"
    ),
    "values": _Sort(
        "{count} fields have values without a sure counterpart on the target",
        "the likely counterparts are taken; other values stay empty and are counted",
    ),
    "place": _Sort(
        "{count} fields may belong into one field of the target or another",
        "the likely ones are taken, the others left",
    ),
    "blank": _Sort(
        "{count} required fields of the target come from fields that are sometimes empty", "such records are kept back"
    ),
    "create": _Sort(
        "Fields with data of {count} objects have no counterpart on the target",
        "they are left, and listed in the report",
    ),
}
"""Sorts of questions that can be put together, and what the proposal for all means."""


def topic(question: Question) -> str:
    """The middle part of a question's id."""
    return question.id.split(".", 2)[1]


def few(questions: Sequence[Question], most: int = MOST) -> list[Question]:
    """The questions in the order of their weight, at most `most` where they can be put together; none is left out."""
    ordered = sorted(questions, key=_weight)
    sorts: dict[str, list[Question]] = defaultdict(list)
    for question in ordered:
        if topic(question) in _TOGETHER:
            sorts[topic(question)].append(question)
    while len(ordered) > most and sorts:
        largest = max(sorts, key=lambda name: len(sorts[name]))
        parts = sorts.pop(largest)
        if len(parts) > 1:
            ordered = sorted([one for one in ordered if one not in parts] + [_together(largest, parts)], key=_weight)
    return ordered


def answers_of_parts(question: Question, answer: str) -> dict[str, str]:
    """What an answer to the whole means for each part that is still open: part's id -> answer."""
    return {
        part.id: (_proposed(part) if answer == AS_PROPOSED else answer)
        for part in question.parts
        if part.answer is None
    }


def _weight(question: Question) -> tuple[bool, int]:
    return not question.blocks, _ORDER.index(topic(question))


def _together(sort: str, parts: list[Question]) -> Question:
    about = _TOGETHER[sort]
    shown = "; ".join(f"{part.id}: {_proposed(part)}" for part in parts[:_SHOWN])
    more = f"; and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    common = [choice for choice in parts[0].choices if all(choice in part.choices for part in parts)]
    personal = [part for part in parts if part.personal]
    return Question(
        id=f"all.{sort}.many",
        text=(
            f"{about.text.format(count=len(parts))}. Proposed: {shown}{more}. Answer for all, or first for some of them by their own ids, "
            "or in the workbook."
        ),
        choices={AS_PROPOSED: about.proposed, **{choice: parts[0].choices[choice] for choice in common}},
        suggestion=AS_PROPOSED,
        blocks=any(part.blocks for part in parts),
        source_names={name: stored for part in personal for name, stored in part.source_names.items()},
        targets=[place for part in parts for place in part.targets],
        personal=bool(personal),
        parts=parts,
    )


def _proposed(part: Question) -> str:
    return part.suggestion or next((choice for choice in _SAFEST if choice in part.choices), next(iter(part.choices)))
