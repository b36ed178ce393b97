"""What a live run tells about what changed meanwhile and what is left: in the same words at the terminal, in the chat and in the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sdrbot_skills.runs.directory import RunDirectory

_OF_THE_TARGET = {
    "edited_on_target": "were edited on the target since the dry run where the run would have overwritten them; they are left as they are.",
    "found_on_target": "have come to the target since the dry run; they are left as they are.",
    "gone_on_target": "were deleted on the target since the dry run; they are not made again.",
}


def left_over(run: RunDirectory) -> list[str]:
    """Lines for the person about a run that went live; none where nothing changed and nothing is left."""
    document = run.read_json("trusted", "live.json") or {}
    return told(run.id, document.get("counts", {}), document.get("findings", []))


def told(run_id: str, counts: Mapping[str, Mapping[str, Any]], findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """The same, from a run's counts and findings."""
    quarantined = sum(entry.get("quarantine", 0) for entry in counts.values())
    lines = changed_meanwhile(run_id, counts, findings)
    if quarantined:
        lines.append(
            f"{quarantined:,} need you: the report says why of each; `crm-migrate retry {run_id}` tries them again."
        )
    return lines


def changed_meanwhile(
    run_id: str, counts: Mapping[str, Mapping[str, Any]], findings: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Of these the lines about what people changed on either side since the dry run."""
    fates = Counter[str]()
    for entry in counts.values():
        fates.update({name: entry.get(name, 0) for name in ("deferred", "gone")})
    rules = Counter[str]()
    for finding in findings:
        rules[finding["rule"]] += finding["count"]
    lines = []
    if rules["read_anew"]:
        lines.append(
            f"{rules['read_anew']:,} changed on the source since the dry run; they were carried as they are now."
        )
    if came := fates["deferred"] + rules["came_since"]:
        lines.append(
            f"{came:,} came to the source since the dry run and are left: `crm-migrate delta {run_id}` carries them."
        )
    if fates["gone"]:
        lines.append(
            f"{fates['gone']:,} are gone from the source since the dry run; nothing was made of them. The report lists them."
        )
    lines += [f"{rules[rule]:,} {words}" for rule, words in _OF_THE_TARGET.items() if rules[rule]]
    return lines
