"""Figures of directions in a JSON file, so that a matrix can be walked in parts."""

from __future__ import annotations

from pathlib import Path

import orjson

from sdrbot_skills.matrix.outcome import Outcome

Outcomes = dict[tuple[str, str], Outcome]


def kept(file: Path | None) -> Outcomes:
    """What the file holds, by source and target; nothing where there is none."""
    if file is None or not file.exists():
        return {}
    found = [Outcome.of(document) for document in orjson.loads(file.read_bytes())]
    return {(one.source, one.target): one for one in found}


def keep_in(file: Path | None, outcomes: Outcomes) -> None:
    """Write them all, if there is a file."""
    if file is not None:
        file.write_bytes(orjson.dumps([one.document() for one in outcomes.values()], option=orjson.OPT_INDENT_2))
