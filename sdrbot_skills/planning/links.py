"""Which links of the source become which links of the target: those that both sides name alike in the shared vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdrbot_skills.model.plan import LinkMapping
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.planning.draft import Draft


def propose_links(draft: Draft, words: Mapping[str, Draft]) -> list[LinkMapping]:
    """The links of one object to objects that the plan carries too. `words`: all drafts by the plan's word for them."""
    proposed: list[LinkMapping] = []
    for ours in draft.ours.links.get(draft.source.name, []):
        theirs = counterpart(ours, draft.theirs.links.get(draft.target.name, []))
        word = theirs and _word(ours, theirs, words)
        if theirs and word and not any(entry.target == theirs.name for entry in proposed):
            proposed.append(LinkMapping.of(ours.name, theirs.name, word))
    return proposed


def counterpart(ours: LinkType, candidates: Sequence[LinkType]) -> LinkType | None:
    """The target's link of the same standard name; a custom one of the same label. A target that holds one link is given the primary one."""
    if ours.standard:
        return next((entry for entry in candidates if entry.standard == ours.standard), None)
    same = [entry for entry in candidates if not entry.standard and entry.label.casefold() == ours.label.casefold()]
    return same[0] if ours.label and len(same) == 1 else None


def _word(ours: LinkType, theirs: LinkType, words: Mapping[str, Draft]) -> str | None:
    fitting = [
        word
        for word, draft in words.items()
        if draft.source.name == ours.to_object and draft.target.name == theirs.to_object
    ]
    return fitting[0] if fitting else None
