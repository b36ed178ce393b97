"""What changed between dry run and live run, record by record, so that nothing is overwritten that nobody has agreed to.

A dry run keeps a digest of every value that it saw on the target. A live run reads source and target anew. What changed on the source is carried as it
is now. A value of the target that would be overwritten and is not the one that the dry run saw was edited by somebody: that record waits for a person.
So does one that has come to the target or gone from it. An edit of a field that the run does not write, or that says the same, is in nobody's way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import orjson

from sdrbot_skills.crm.base import Normalise
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.engine.candidate import Candidate, Decision, to_json
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.decide import Normalisers, normalisers
from sdrbot_skills.engine.journal import Statement
from sdrbot_skills.engine.scope import Seen
from sdrbot_skills.engine.work import ObjectWork

READ_ANEW = "Changed on the source since the dry run; carried as it is now."
EDITED = (
    "Somebody has edited this record on the target since the dry run, in a field that the run would overwrite. It is left as it is. "
    "A retry shows both values as they are now and asks for your approval."
)
FOUND = (
    "The dry run did not find this record on the target; now it is there. It is left as it is. A retry shows what would be "
    "changed and asks for your approval."
)
GONE = (
    "The dry run found this record on the target; somebody has deleted it since. It is not made again. "
    "A retry makes it, with your approval."
)
SPLIT = (
    "The dry run merged this record into another of the source; it has been changed since and is one of its own now. "
    "A retry makes it, with your approval."
)


def seen(work: ObjectWork, candidates: Sequence[Candidate], normal: Normalisers) -> list[Statement]:
    """What a dry run keeps of the target's records that it matched."""
    rows = [
        (
            work.name,
            one.source_id,
            one.existing.id,
            one.existing.modified,
            orjson.dumps(_digests(one.existing.values, normal)),
        )
        for one in candidates
        if one.existing is not None and (one.decision in (Decision.UPDATE, Decision.SKIP) or one.rule == Rule.DUPLICATE)
    ]
    return [("INSERT OR REPLACE INTO seen VALUES(?, ?, ?, ?, ?)", rows)] if rows else []


class Since:
    """Looks at decided candidates of a live run with what its dry run saw of them."""

    def __init__(self, context: Context, work: ObjectWork) -> None:
        self._context, self._work = context, work
        self._normal = normalisers(context, work)

    def check(self, candidates: Sequence[Candidate], known: dict[str, Seen]) -> None:
        """Quarantine those whose write would overwrite somebody's work, and note the sources that were read anew."""
        for candidate in candidates:
            before = known.get(candidate.source_id)
            if before is None or not candidate.open:
                continue
            if before.version and candidate.record.modified and before.version != candidate.record.modified:
                self._context.findings.add("read_anew", "info", self._work.name, READ_ANEW, example=candidate.source_id)
            self._look(candidate, before)

    def _look(self, candidate: Candidate, before: Seen) -> None:
        if before.target_id is None and before.decision in (Decision.UPDATE, Decision.SKIP):
            return  # an earlier version made the dry run and kept no digests
        if candidate.decision is Decision.CREATE and before.target_id is not None:
            candidate.quarantine("gone_on_target", GONE)
        elif candidate.decision is Decision.CREATE and before.decision == Decision.MERGED:
            candidate.quarantine("split_on_source", SPLIT)
        elif candidate.decision is Decision.UPDATE and before.target_id != candidate.target_id:
            if before.decision != Decision.QUARANTINE:  # else it was not looked for
                candidate.quarantine("found_on_target", FOUND)
        elif candidate.decision is Decision.UPDATE and candidate.existing is not None:
            field = self._edited_field(candidate, before)
            if field is not None:
                candidate.quarantine("edited_on_target", EDITED, field)

    def _edited_field(self, candidate: Candidate, before: Seen) -> str | None:
        """The first field to be overwritten whose value is not the one that the dry run saw."""
        assert candidate.existing is not None
        if before.modified is not None and before.modified == candidate.existing.modified:
            return None
        for name, value in candidate.payload.items():
            there = candidate.existing.values.get(name)
            if _digest(there, self._normal[name]) != before.digests.get(name) and not _keeps(value, there):
                return name
        return None


def is_edited(before: Seen | None, name: str, value: Any, normal: Normalise) -> bool:
    """Whether a field of a target record holds something else than the dry run saw there."""
    return before is not None and before.target_id is not None and _digest(value, normal) != before.digests.get(name)


def _keeps(ours: Any, theirs: Any) -> bool:
    """Whether a list that is written holds all that is there (addresses are added to, never replaced)."""
    return isinstance(ours, list) and isinstance(theirs, list) and all(one in ours for one in theirs)


def _digests(values: dict[str, Any], normal: Normalisers) -> dict[str, int]:
    made = {name: _digest(value, normal[name]) for name, value in values.items()}
    return {name: digest for name, digest in made.items() if digest is not None}


def _digest(value: Any, normal: Normalise) -> int | None:
    """A short digest of a value as it compares; `None` for no value."""
    comparable = normal(value)
    if comparable is None or comparable == "":
        return None
    return int.from_bytes(hashlib.blake2b(to_json(comparable), digest_size=7).digest())
