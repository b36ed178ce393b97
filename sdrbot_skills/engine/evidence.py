"""What verify and undo need of the broker's ledger: what was really answered, by ids, against which the journal is held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Ledger(Protocol):
    """The part of the ledger that is read here. Objects are the vendor's API names."""

    def created_ids(self, name: str, /) -> Sequence[str]:
        """Ids of the records that the run created."""
        ...

    def updated_ids(self, name: str, /) -> Sequence[str]:
        """Ids of the records that the run changed but did not create."""
        ...

    def links(self) -> Sequence[tuple[str, str]]:
        """(link name, `from_id:to_id`) of each link that was made."""
        ...

    def in_doubt(self) -> Sequence[object]:
        """Sends that were never answered."""
        ...
