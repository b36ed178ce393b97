"""Findings gathered while a run goes on: counted, with a few examples. The one kind of value they keep is an option (or user) that the plan has no
counterpart for: who is to add it has to know which."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Literal

from sdrbot_skills.engine.journal import Statement

Severity = Literal["info", "warning", "problem"]

_EXAMPLES = 5
_MOST_VALUES = 100
"""Different values named per finding; a field that holds more is no field of options, and the others are customers' own words."""

_ADD_VALUE = (
    "INSERT INTO finding_values VALUES(?, ?, ?, ?, ?) "
    "ON CONFLICT(rule, object, field, value) DO UPDATE SET count = count + excluded.count"
)
_ADD = (
    "INSERT INTO findings VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(rule, object, field) DO UPDATE SET count = count + excluded.count, "
    "examples = CASE WHEN json_array_length(examples) < 5 THEN excluded.examples ELSE examples END"
)


class Findings:
    """Counts in memory until `statements` takes them over into a transaction of the journal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str, str], tuple[Severity, str, int, list[str]]] = {}
        self._values: dict[tuple[str, str, str], Counter[str]] = {}
        self._known: dict[tuple[str, str, str], set[str]] = {}

    def add(
        self,
        rule: str,
        severity: Severity,
        object_name: str,
        message: str,
        *,
        field: str = "",
        example: str | None = None,
        values: Sequence[str] = (),
    ) -> None:
        """Count one case; `message` says what it means in general, `example` is a source id, `values` the options that it is about."""
        key = (rule, object_name, field)
        with self._lock:
            _, first_message, count, examples = self._open.get(key, (severity, message, 0, []))
            if example is not None and len(examples) < _EXAMPLES:
                examples = [*examples, example]
            self._open[key] = (severity, first_message, count + 1, examples)
            if values:
                self._count_values(key, values)

    def _count_values(self, key: tuple[str, str, str], values: Sequence[str]) -> None:
        seen, known = self._values.setdefault(key, Counter()), self._known.setdefault(key, set())
        for value in values:
            if value in known or len(known) < _MOST_VALUES:
                known.add(value)
                seen[value] += 1

    def statements(self) -> list[Statement]:
        """What to write, and start counting anew."""
        with self._lock:
            gathered, self._open = self._open, {}
            named, self._values = self._values, {}
        rows = [
            (rule, severity, object_name, field, message, count, json.dumps(examples))
            for (rule, object_name, field), (severity, message, count, examples) in gathered.items()
        ]
        values = [(*key, value, count) for key, seen in named.items() for value, count in seen.items()]
        return [(sql, some) for sql, some in ((_ADD, rows), (_ADD_VALUE, values)) if some]
