"""Telephone numbers that name no country, for a target that needs one: which country they are read as is for a person to say."""

from __future__ import annotations

from collections import Counter

import phonenumbers

from sdrbot_skills.model.plan import FieldMapping, Question
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.draft import Draft

_NUMBERS_AS_THEY_ARE = (None, "all_of", "list_of")


def ask_about_phones(draft: Draft) -> None:
    """One question for each international field of numbers, where the sample shows numbers without a country."""
    for mapping in draft.fields:
        target = draft.target.by_name.get(mapping.target)
        transform = mapping.transform.name if mapping.transform else None
        if target and target.kind is Kind.PHONES and target.international and transform in _NUMBERS_AS_THEY_ARE:
            found = sum((draft.fill.phones.get(name, Counter()) for name in mapping.source), Counter())
            if found["local"]:
                draft.questions.append(_question(draft, mapping, target, found))


def _question(draft: Draft, mapping: FieldMapping, target: Field, found: Counter[str]) -> Question:
    own = _own_country(draft)
    before = f" A record's own {own.label} ({own.name}), in two letters, goes before." if own else ""
    return Question(
        id=f"{draft.word}.phones.{target.name}",
        object=draft.word,
        text=(
            f"{found['local']:,} of {found.total():,} phone numbers in the sample for {target.label} ({target.name}) have no country; read them "
            f"as numbers of which country? Write its two letters, such as DE.{before}"
        ),
        choices={
            "quarantine": "keep these records back",
            "leave": "carry the records without these numbers, and count them",
        },
        free=True,
        suggestion=_likeliest(draft, own) or "quarantine",
        source_names={"own_country": own.name} if own else {},
        targets=[f"{draft.word}.{target.name}"],
        mappings={"as it is": mapping},
    )


def _own_country(draft: Draft) -> Field | None:
    """The record's country, where it is carried and plain text."""
    person = next((one for one in draft.source.fields if (one.standard or "").endswith(".country")), None)
    fits = person is not None and person.kind in (Kind.TEXT, Kind.CHOICE) and person.name in draft.used()
    return person if fits else None


def _likeliest(draft: Draft, own: Field | None) -> str | None:
    seen = draft.fill.seen.get(own.name, Counter()) if own else Counter()
    codes = [value.upper() for value, _ in seen.most_common() if value.upper() in phonenumbers.SUPPORTED_REGIONS]
    return codes[0] if codes else None
