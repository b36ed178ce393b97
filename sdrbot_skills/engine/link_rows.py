"""A link on its way: ready to be made, and what became of it."""

from __future__ import annotations

from typing import NamedTuple

SETTLE = "UPDATE links SET state=?, made=?, rule=?, message=? WHERE seq=?"

REASONS = {
    "this_end_not_carried": "The record that the link starts at was not carried.",
    "other_end_quarantined": "The record at the other end is in quarantine; the link is made once it has been carried.",
    "other_end_not_carried": "The record at the other end is not part of this run and not on the target.",
    "record_left_alone": "The record was on the target already and the plan leaves such records alone.",
    "one_only": "The target holds one such link, and another comes first.",
    "kept_theirs": "The target has another link there already, and the plan fills blanks only.",
    "holds_another": "The target's record has another link of this kind already, and it can have only one; it is left as it is.",
    "edited_on_target": "Somebody has changed this link on the target since the dry run; it is left as it is.",
    "in_record_refused": "The record that would have held the link was not carried.",
}
LEFT_FOR_GOOD = frozenset({"record_left_alone", "one_only", "kept_theirs", "holds_another"})
"""Rules of links that the plan leaves as they are: a retry would find the same."""


class Ready(NamedTuple):
    """A link both of whose ends are on the target (in a dry run: will be). `new`: its start was made by this run."""

    seq: int
    from_id: str
    to_id: str
    new: bool
    from_source: str
    to_source: str


class Settled(NamedTuple):
    """What became of a link: `made` by us, or there before; else the reason why it is left."""

    seq: int
    state: str
    made: int = 0
    rule: str | None = None
    message: str | None = None


class Taken(NamedTuple):
    """Of some links: which go by an ordinary call, and what became of others."""

    by_call: list[Ready]
    settled: list[Settled]
