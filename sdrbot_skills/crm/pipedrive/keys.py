"""Which records hold which value of one field: read once by listing, then kept up to date by the records changed since.

A list page of 500 costs ten tokens, one search twenty and finds by likeness in an index that lags; so nothing is ever searched for.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sdrbot_skills.crm.base import Decode
from sdrbot_skills.crm.pipedrive.wire import Layout
from sdrbot_skills.model.schema import Field

OVERLAP = timedelta(seconds=120)
"""How far back a look for changes reaches: times are whole seconds, and of the vendor's clock."""


Listing = Callable[[str | None], Iterable[list[dict[str, Any]]]]
"""All records, or at least those changed since a moment, page by page."""


class KeyIndex:
    """Folded value -> ids. An id may be stale (a value that has changed since): who asks reads the record and compares."""

    def __init__(
        self,
        listing: Listing,
        layout: Layout,
        field: Field,
        decode: Decode,
    ) -> None:
        self._listing, self._layout = listing, layout
        self._field, self._decode = field, decode
        self._ids: dict[str, list[str]] = defaultdict(list)
        self._newest: str | None = None
        self._lock = threading.Lock()

    def ids(self, values: Iterable[str]) -> list[str]:
        """The records that hold one of these values, or did."""
        with self._lock:
            self._catch_up()
            return list(dict.fromkeys(one for value in sorted(values) for one in self._ids.get(value, ())))

    def _catch_up(self) -> None:
        for rows in self._listing(_earlier(self._newest) if self._newest else None):
            for row in rows:
                self._add(row)

    def _add(self, row: dict[str, Any]) -> None:
        changed = row.get("update_time") or row.get("add_time")
        if changed and (self._newest is None or changed > self._newest):
            self._newest = str(changed)
        value = self._decode(self._layout.unfold(row))
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                holders = self._ids[str(one).strip().casefold()]
                if str(row["id"]) not in holders:
                    holders.append(str(row["id"]))


def _earlier(moment: str) -> str:
    return f"{datetime.fromisoformat(moment) - OVERLAP:%Y-%m-%dT%H:%M:%SZ}"
