"""What the guide says of an admin tool's answer."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.agent.guide_words import Said, shorten

FIRST = ("name", "api_name", "full_name", "label", "id")


def tell_admin(document: dict[str, Any]) -> Said:
    """What a tool found, or what came of a change."""
    if "found" in document:
        return _found(document["found"])
    if not document["done"]:
        return Said(str(document.get("why") or f"{document['run']}: {document['state']}"))
    return Said(f"Done. {document['says']}\nThe way back: {document['way_back']}")


def _found(found: Any) -> Said:
    entries = found if isinstance(found, list) else [found]
    lines = [_line(entry) for entry in entries]
    return shorten([f"{len(entries)} found:" if isinstance(found, list) else "Found:"], lines, [])


def _line(entry: Any) -> str:
    if not isinstance(entry, dict):
        return f"  {entry}"
    shown = [key for key in FIRST if entry.get(key)] + [key for key in entry if key not in FIRST]
    told = [f"{entry[key]}" if key in FIRST else f"{key} {entry[key]}" for key in shown if _worth_telling(entry[key])]
    return "  " + " · ".join(told)


def _worth_telling(value: Any) -> bool:
    return value not in (None, "", False, 0, [], {})
