"""Suggestions for a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz import process, utils


def near(name: str, known: Iterable[str]) -> str:
    """` Did you mean ...?` with the names most like it, or nothing."""
    found = process.extract(name, list(known), processor=utils.default_process, limit=3, score_cutoff=65)
    return f" Did you mean {' or '.join(match[0] for match in found)}?" if found else ""
