"""Which links of the source become which links of the target: those that both sides name alike in the shared vocabulary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sdrbot_skills.model.plan import LinkMapping
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.planning.draft import Draft


def propose_links(draft: Draft, words: Mapping[str, Draft]) -> list[LinkMapping]:
    """The links of one object to objects that the plan carries too. `words`: all drafts by the plan's word for them."""
    proposed: list[LinkMapping] = []
    there = draft.theirs.links.get(draft.target.name, [])
    for ours in draft.ours.links.get(draft.source.name, []):
        theirs = counterpart(ours, there)
        word = theirs and _word(ours, theirs, words)
        if theirs and word and not any(entry.target == theirs.name for entry in proposed):
            proposed.append(LinkMapping.of(ours.name, theirs.name, word))
    return [*proposed, *_primary_ones(proposed, there)]


def _primary_ones(proposed: Sequence[LinkMapping], there: Sequence[LinkType]) -> Iterator[LinkMapping]:
    """Where the target tells the main one of many links apart, and the source does not, the first link is the main one."""
    taken = {entry.target for entry in proposed}
    for main in there:
        for entry in proposed:
            if main.primary_of == entry.target and main.name not in taken:
                taken.add(main.name)
                yield LinkMapping.of(entry.source, main.name, entry.object)


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
