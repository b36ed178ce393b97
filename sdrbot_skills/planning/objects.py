"""From a person's words (`companies`, `contacts`, `leads`, `deals`, `contacts:leads`) to the objects of both CRMs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rapidfuzz import process

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import ObjectSummary

STANDARD_OF_WORD = {"companies": "company", "contacts": "person", "leads": "lead", "deals": "deal"}

_INSTEAD = {"lead": "person"}
"""What a target without the object takes instead: one without leads keeps them as people."""


class ObjectPair(NamedTuple):
    """One object on its way: the plan's word for it and the API names on both sides."""

    word: str
    source: str
    target: str


def pair_objects(
    words: Sequence[str],
    source: Sequence[ObjectSummary],
    target: Sequence[ObjectSummary],
    *,
    source_crm: str,
    target_crm: str,
) -> list[ObjectPair]:
    """The objects meant by the words, in their order. `a:b` names the target's object too; API names serve as words.

    Raises `ConfigurationError` for a word that neither side understands.
    """
    pairs: dict[str, ObjectPair] = {}
    for text in words:
        word, _, other = text.strip().partition(":")
        ours = _find(word, source, source_crm)
        same = [entry for entry in target if source_crm == target_crm and not other and entry.name == ours.name]
        theirs = (
            same[0] if same else _find(other or word, target, target_crm, instead=not other, standard=ours.standard)
        )
        pairs.setdefault(word, ObjectPair(word, ours.name, theirs.name))
    return list(pairs.values())


def _find(
    word: str, objects: Sequence[ObjectSummary], crm: str, *, instead: bool = False, standard: str | None = None
) -> ObjectSummary:
    # What the word found on the source decides: Pipedrive's leads are deals to be, not people.
    wanted = (standard if instead else None) or STANDARD_OF_WORD.get(word.lower())
    for name in [wanted, _INSTEAD.get(wanted or "") if instead else None]:
        found = next((entry for entry in objects if name and entry.standard == name), None)
        if found:
            return found
    for entry in objects:
        if word.lower() in (entry.name.lower(), entry.label.lower()):
            return entry
    raise ConfigurationError(_unknown(word, objects, crm))


def _unknown(word: str, objects: Sequence[ObjectSummary], crm: str) -> str:
    words = [
        known for known, standard in STANDARD_OF_WORD.items() if any(entry.standard == standard for entry in objects)
    ]
    near = [
        match[0]
        for match in process.extract(
            word, list(dict.fromkeys([*words, *(entry.name for entry in objects)])), limit=3, score_cutoff=60
        )
    ]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"{crm} has no {word!r} that this credential sees.{hint} It has: {', '.join(words)}."
