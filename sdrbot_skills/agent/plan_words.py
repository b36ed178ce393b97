"""What the guide says up to the plan: what it still has to know, its questions, and what goes where."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from sdrbot_skills.agent.grammar import Wish
from sdrbot_skills.agent.guide_words import BODY_LINES, LINE, Said, shorten

ANOTHER_FILTER = "Which records? Say it in another way (`in Germany`, `created after 2024`, `Lead Source = Web`), or `all` for every record."
KEY_OR_WITHOUT = "Say `key` to make the new fields first, or `without` to go on without them. "
OBJECT_CHOICES = ["companies", "contacts", "deals", "everything"]
CRM_CHOICES = ["HubSpot", "Salesforce", "Pipedrive", "Zoho", "Attio", "Twenty"]
SUGGESTED = "as suggested"


def ask_for_missing(wish: Wish) -> tuple[str, list[str], str]:
    """The first thing a wish leaves open: what it is, the choices, and the question."""
    if not wish.objects:
        return "objects", OBJECT_CHOICES, "What shall I move?" + _numbered(OBJECT_CHOICES)
    if not wish.source:
        return "from", CRM_CHOICES, "From which CRM?" + _numbered(CRM_CHOICES)
    return "to", CRM_CHOICES, "To which CRM?" + _numbered(CRM_CHOICES)


def question_choices(question: dict[str, Any]) -> list[str]:
    """What may be picked, in the order of the numbers: a suggestion that is no choice by itself comes first."""
    choices = list(question["choices"])
    suggestion = question["suggestion"]
    return [SUGGESTED, *choices] if suggestion and suggestion not in choices else choices


def ask_question(question: dict[str, Any], left: int = 1) -> Said:
    """A question with numbered choices."""
    lines = []
    for number, choice in enumerate(question_choices(question), 1):
        if choice == SUGGESTED:
            lines.append(f"  {number}. {choice}: {_pairs(question['suggestion'])}")
        else:
            mark = " (suggested)" if choice == question["suggestion"] else ""
            lines.append(f"  {number}. {choice}: {question['choices'][choice]}{mark}")
    head = f"{left} questions are open; the first: " if left > 1 else ""
    short = textwrap.shorten(question["text"], 2 * LINE, placeholder=" … (`more`)")
    how = "Type a number, or your own answer." if question["free"] else "Type a number."
    yes = " `yes` takes what is suggested." if question["suggestion"] else ""
    said = shorten([head + short], lines, [how + yes])
    whole = "\n".join([question["text"], f"Suggested: {question['suggestion']}"])
    return Said(
        said.text, whole if short != question["text"] or said.more or SUGGESTED in question_choices(question) else None
    )


def why_asked(question: dict[str, Any]) -> str:
    """Why a person has to answer that."""
    return "Only you can know this, and what you do not decide I would have to guess. " + (
        "The approval waits for it."
        if question["blocks"]
        else "Your answer goes into the plan; `back` asks it again later."
    )


def tell_first(document: dict[str, Any], said: Said) -> Said:
    """What a credential cannot see, and what stays behind, before anything that is built on it."""
    opening = [
        f"! {textwrap.shorten(line, LINE, placeholder=' …')}" for line in document.get("cannot_see", [])[:BODY_LINES]
    ]
    for name, labels in document.get("stays_behind", {}).items():
        if labels:
            opening.append(
                textwrap.shorten(
                    f"{name}: left in the source, because nothing there fits: {', '.join(labels)}",
                    LINE,
                    placeholder=" …",
                )
            )
    whole = [*document.get("cannot_see", []), said.more or said.text]
    return Said("\n".join([*opening, said.text]), "\n".join(whole)) if opening else said


def tell_mapping(document: dict[str, Any]) -> Said:
    """The agreed mapping, grouped by object, and what comes next."""
    short, whole = [], []
    for name, part in document["mapping"].items():
        count = part.get("fields_in_all", len(part["fields"]))
        pairs = [f"{' + '.join(entry['from']) or '(made)'} → {entry['to']}" for entry in part["fields"]]
        where = f", where {' and '.join(part['where'])}" if part["where"] else ""
        links = f", linked to {', '.join(part['links'])}" if part["links"] else ""
        head = f"  {name}: {part['from']} → {part['to']}{where}{links}; {count} fields"
        short += [head, "    " + textwrap.shorten(", ".join(pairs), LINE - 10, placeholder=" …")]
        whole += [
            head,
            *(
                f"    {pair}   ({entry['why'] or 'as answered'})"
                for pair, entry in zip(pairs, part["fields"], strict=True)
            ),
        ]
        if len(pairs) < count:
            whole.append(f"    and {count - len(pairs)} more, surer than these; all are in the plan")
    opening = [f"Changed: {line}." for line in document.get("changed", [])]
    opening += [f"The plan, from {document['source']} to {document['target']} (`{document['plan']}`, yours to edit):"]
    closing = _next_after_mapping(document)
    return Said(
        "\n".join([*opening, *short, *closing, "`more` shows every field with its reason."]),
        "\n".join([*opening, *whole, *closing]),
    )


def _next_after_mapping(document: dict[str, Any]) -> list[str]:
    changes = document["schema_changes"]
    if not changes:
        return ["Shall I do the dry run? It reads everything and writes nothing. (yes/no)"]
    names = ", ".join(f"{change['object']}.{change['field']}" for change in changes)
    return [
        f"Wanted on the target: {names}. The migration key makes the run repeatable and the undo exact.",
        f"  1. `key`: make {'it' if len(changes) == 1 else 'them'} first (a change of the target's schema: "
        f"type `/setup privileged {document['target_connection']}` before it)",
        "  2. `without`: go on without",
    ]


def tell_schema() -> Said:
    """After the schema run."""
    return Said(
        "The new fields are there. Shall I do the dry run now? It reads everything and writes nothing. (yes/no)"
    )


def _numbered(choices: Sequence[str]) -> str:
    return "".join(f"\n  {number}. {choice}" for number, choice in enumerate(choices, 1))


def _pairs(suggestion: str) -> str:
    """The first of `a = b; c = d; ...`, and how many more."""
    pairs = [pair.strip() for pair in suggestion.split(";")]
    more = f"; and {len(pairs) - 3} more" if len(pairs) > 3 else ""
    return "; ".join(pairs[:3]) + more
