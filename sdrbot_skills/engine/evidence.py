"""What verify and undo need of the broker's ledger: what was really answered, by ids, against which the journal is held.

A create whose answer was lost is in the ledger without an id. Where it went by the migration key, the target can be asked for it: a record that
carries the key of such a send and was made after the send's intent is this run's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.engine.arrival import arrival_field
from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.values import instant

CLOCKS_DIFFER_BY = 60.0
"""Seconds that our clock may run ahead of the vendor's; a record made earlier than that before the intent was there before."""


class Ledger(Protocol):
    """The part of the ledger that is read here. Objects are the vendor's API names."""

    def created_ids(self, name: str, /) -> Sequence[str]:
        """Ids of the records that the run created."""
        ...

    def updated_ids(self, name: str, /) -> Sequence[str]:
        """Ids of the records that the run changed but did not create."""
        ...

    def touched(self, name: str, /) -> Mapping[str, float]:
        """Per id of a record that the run wrote or linked, the epoch second of the last answer to that, by the CRM's clock where it told."""
        ...

    def links(self) -> Sequence[tuple[str, str]]:
        """(link name, `from_id:to_id`) of each link that was made."""
        ...

    def in_doubt(self) -> Sequence[object]:
        """Sends that were never answered."""
        ...

    def creates_in_doubt(self, name: str, /) -> Mapping[str, float]:
        """Migration keys of the records whose creation was sent and not answered, each with the epoch second of its first intent."""
        ...


class Completed:
    """A ledger together with the records of its unanswered creates that the target was found to hold."""

    def __init__(self, ledger: Ledger, found: Mapping[str, Sequence[str]]) -> None:
        self._ledger, self._found = ledger, found

    def created_ids(self, name: str) -> list[str]:
        """Those of the ledger, then those found."""
        return list(dict.fromkeys([*self._ledger.created_ids(name), *self._found.get(name, ())]))

    def updated_ids(self, name: str) -> list[str]:
        """What the ledger calls changed may have been made by an earlier send of the same row."""
        found = frozenset(self._found.get(name, ()))
        return [one for one in self._ledger.updated_ids(name) if one not in found]

    def touched(self, name: str) -> Mapping[str, float]:
        """As in the ledger; what was found has no answer, and is as old as the last one at most."""
        return self._ledger.touched(name)

    def links(self) -> Sequence[tuple[str, str]]:
        """As in the ledger."""
        return self._ledger.links()

    def in_doubt(self) -> Sequence[object]:
        """As in the ledger."""
        return self._ledger.in_doubt()

    def creates_in_doubt(self, name: str) -> Mapping[str, float]:
        """As in the ledger."""
        return self._ledger.creates_in_doubt(name)


def find_unanswered(plan: Plan, target: Crm, ledger: Ledger) -> dict[str, list[str]]:
    """Per object of the target the ids of the records that this run's unanswered creates made. Where it cannot be proven, a record is left out."""
    keyed = {entry.target: entry for entry in plan.objects.values() if entry.migration_key}
    patience = Patience()
    found: dict[str, list[str]] = {}
    for name, entry in keyed.items():
        key_field = str(entry.migration_key)
        earliest = {key: _earliest(at) for key, at in ledger.creates_in_doubt(name).items()}
        schema = target.describe(name) if earliest else None
        arrived = schema.field(arrival_field(entry, schema) or "") if schema else None
        if arrived is None:
            continue
        fields, arrived_at = [key_field, *target.codec.reads(arrived)], target.codec.decoder(arrived)
        for part in chunks(list(earliest), target.capabilities.find_batch):
            for record in patience.call(lambda: target.find(name, key_field, part, fields)):  # noqa: B023 - called at once
                after = earliest.get(str(record.values.get(key_field)))
                if after is not None and (arrived_at(record.values) or "") >= after:
                    found.setdefault(name, []).append(record.id)
    return found


def _earliest(intent_at: float) -> str:
    return instant(datetime.fromtimestamp(max(intent_at - CLOCKS_DIFFER_BY, 0), UTC).isoformat())
