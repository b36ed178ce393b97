"""How records that the target already has are recognised, by default: companies by domain then name, people by e-mail."""

from __future__ import annotations

from typing import Literal

from sdrbot_skills.model.plan import Match, MatchKey, WhenFound
from sdrbot_skills.planning.draft import Draft

Compare = Literal["exact", "email", "phone", "domain", "name"]

DEFAULTS: dict[str, tuple[tuple[str, Compare], ...]] = {
    "company": (("company.domain", "domain"), ("company.website", "domain"), ("company.name", "name")),
    "person": (("person.email", "email"),),
    "lead": (("person.email", "email"),),
    "deal": (),
}
"""Deals have no key of their own: two deals of one name are two deals. The migration key recognises what we wrote ourselves."""

_ONE_OF = ("company.domain", "company.website")


def propose_match(draft: Draft) -> Match:
    """The match rule of one object; only fields that the plan fills can be compared."""
    keys: list[MatchKey] = []
    for standard, compare in DEFAULTS.get(draft.target.standard or "", ()):
        field = draft.target_standard(standard)
        doubled = standard in _ONE_OF and any(key.compare == "domain" for key in keys)
        if field is not None and draft.mapped(field.name) is not None and not doubled:
            keys.append(MatchKey(field=field.name, compare=compare))
    return Match(on=keys, when_found=WhenFound.UPDATE)
