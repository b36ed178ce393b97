"""Progress as JSON lines in the work folder, from which every bar and message is drawn. Counts and names only, at most 8 MiB."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

LARGEST = 8 * 1024 * 1024
EVENTS = "events.jsonl"

WORDS = {
    "started": "{object}: reading",
    "prepared": "{object}: {records:,} looked at",
    "loaded": "{object}: {records:,} written, {rejected:,} kept back",
    "linked": "{object}: {links:,} links",
    "resolved": "{object}: {found:,} without an answer were found there, {again:,} are sent again, {in_doubt:,} stay in doubt",
    "cohort": "part {done:,} is done",
}
"""How each event is told to a person at a terminal."""


@dataclass(frozen=True)
class Event:
    """One event: what happened and its facts."""

    name: str
    facts: Mapping[str, Any]

    @property
    def line(self) -> str:
        """For a person at a terminal; empty where nothing was counted."""
        words = WORDS.get(self.name)
        counts = [value for value in self.facts.values() if isinstance(value, int)]
        if counts and not any(counts):
            return ""
        return words.format(**self.facts) if words else self.name


class Events:
    """Appends events to `events.jsonl`; the same kind about the same object at most four times a second, with its counts added up.

    `also` is called with each event that is written.
    """

    def __init__(self, folder: Path, also: Callable[[Event], None] | None = None) -> None:
        self._also = also
        self._path = folder / EVENTS
        self._size = self._path.stat().st_size if self._path.exists() else 0
        self._lock = threading.Lock()
        self._waiting: dict[tuple[str, str], dict[str, Any]] = {}
        self._written: dict[tuple[str, str], float] = {}

    def report(self, name: str, facts: Mapping[str, Any]) -> None:
        """Note an event; numbers of the same kind of event add up until it is written."""
        key = (name, str(facts.get("object", "")))
        now = time.time()
        with self._lock:
            waiting = self._waiting.setdefault(key, {})
            for fact, value in facts.items():
                both = isinstance(value, int) and isinstance(waiting.get(fact), int)
                waiting[fact] = waiting[fact] + value if both else value
            if now - self._written.get(key, 0.0) >= 0.25:
                self._append(key, now)

    def close(self) -> None:
        """Write what has gathered."""
        with self._lock:
            for key in list(self._waiting):
                self._append(key, time.time())

    def _append(self, key: tuple[str, str], now: float) -> None:
        event = Event(key[0], self._waiting.pop(key))
        line = orjson.dumps({"at": round(now, 3), "event": event.name, **event.facts}) + b"\n"
        self._written[key] = now
        if self._also is not None:
            self._also(event)
        if self._size + len(line) > LARGEST:
            return
        self._size += len(line)
        with self._path.open("ab") as file:
            file.write(line)
