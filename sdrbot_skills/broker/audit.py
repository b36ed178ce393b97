"""The audit log: JSON lines, each carrying the hash of the one before. No field values, no query strings, no secrets."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from sdrbot_skills.broker.policy import Match

FIRST = "0" * 64
_WORD = re.compile(r"[a-z][a-z-]{1,29}|v\d+")


def safe_path(path: str, match: Match | None, query: Sequence[tuple[str, str]] = ()) -> str:
    """The path without what could be a customer's value: a placeholder that may carry one, and all of an unknown path, becomes a digest."""
    if match is None:
        head = [part for part in path.split("/")[1:3] if _WORD.fullmatch(part)]
        return "/" + "/".join([*head, _digest(path)])
    shown = match.template
    by_property = any(name == "idProperty" for name, _ in query)
    for name, value in match.values.items():
        shown = shown.replace("{" + name + "}", value)
        plain = name == "id" and value.isdigit() and not by_property
        shown = shown.replace("{" + name + "%}", value if plain else _digest(value))
    return shown


def _digest(value: str) -> str:
    return "#" + hashlib.sha256(value.encode()).hexdigest()[:12]


class Audit:
    """Appends to one file; an earlier broker's file of the same run is continued, its chain with it."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._last, self._number = _tail(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "ab", buffering=0)

    def write(self, event: str, **details: Any) -> None:
        """Append one event. The caller passes names, counts, ids, digests; nothing else."""
        with self._lock:
            self._number += 1
            entry = {"n": self._number, "at": round(time.time(), 3), "event": event, **details, "previous": self._last}
            line = orjson.dumps(entry)
            self._last = hashlib.sha256(line).hexdigest()
            self._file.write(line + b"\n")

    def close(self) -> None:
        """Flush to disk and close."""
        with self._lock:
            os.fsync(self._file.fileno())
            self._file.close()


def verify_chain(path: Path) -> list[str]:
    """What is wrong with an audit file; an empty list means that no line was changed, taken out or moved."""
    problems: list[str] = []
    previous = FIRST
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                entry = orjson.loads(line)
            except orjson.JSONDecodeError:
                entry = None
            if not isinstance(entry, dict):
                problems.append(f"line {number} is no entry")
                break
            if entry.get("previous") != previous:
                problems.append(f"line {number} does not follow from the line before it")
            if entry.get("n") != number:
                problems.append(f"line {number} carries the number {entry.get('n')}")
            previous = hashlib.sha256(line.rstrip(b"\n")).hexdigest()
    return problems


def _tail(path: Path) -> tuple[str, int]:
    if not path.exists():
        return FIRST, 0
    last, number = FIRST, 0
    with path.open("rb") as lines:
        for line in lines:
            number += 1
            last = hashlib.sha256(line.rstrip(b"\n")).hexdigest()
    return last, number
