"""Findings gathered while a run goes on: counted, with a few examples, never a value."""

from __future__ import annotations

import json
import threading
from typing import Literal

from sdrbot_skills.engine.journal import Statement

Severity = Literal["info", "warning", "problem"]

_EXAMPLES = 5
_ADD = (
    "INSERT INTO findings VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(rule, object, field) DO UPDATE SET count = count + excluded.count, "
    "examples = CASE WHEN json_array_length(examples) < 5 THEN excluded.examples ELSE examples END"
)


class Findings:
    """Counts in memory until `statements` takes them over into a transaction of the journal."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str, str], tuple[Severity, str, int, list[str]]] = {}

    def add(
        self,
        rule: str,
        severity: Severity,
        object_name: str,
        message: str,
        *,
        field: str = "",
        example: str | None = None,
    ) -> None:
        """Count one case; `message` says what it means in general, `example` is a source id."""
        key = (rule, object_name, field)
        with self._lock:
            _, first_message, count, examples = self._open.get(key, (severity, message, 0, []))
            if example is not None and len(examples) < _EXAMPLES:
                examples = [*examples, example]
            self._open[key] = (severity, first_message, count + 1, examples)

    def statements(self) -> list[Statement]:
        """What to write, and start counting anew."""
        with self._lock:
            gathered, self._open = self._open, {}
        rows = [
            (rule, severity, object_name, field, message, count, json.dumps(examples))
            for (rule, object_name, field), (severity, message, count, examples) in gathered.items()
        ]
        return [(_ADD, rows)] if rows else []
