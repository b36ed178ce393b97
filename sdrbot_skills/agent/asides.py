"""What a person may ask in between, at any step of the guide: asking decides nothing, and what was asked of the person stays open."""

from __future__ import annotations

import re
from typing import Any

_HELD = r"(?:held|hold|holding|quarantined?|needs? me|need you|left over|failed|not (?:moved|carried|migrated))"
_ASIDES = (
    (
        "leave",
        r"(?:no,? )?(?:never ?mind|forget it|start (?:over|again|anew)|cancel|abort|i(?: have|'ve)? changed my mind|something else)\b.*",
    ),
    (
        "long",
        r".*\b(?:how long|how much time|how many (?:hours|minutes|days)|when (?:will|is) it (?:be )?(?:done|finished|ready)|eta)\b.*",
    ),
    ("held", rf".*\b(?:why|which|what|show|who)\b.*\b{_HELD}\b.*"),
    ("undo", r"(?:can (?:i|you|we) )?(?:undo|take (?:it|that) back|roll ?back|revert)\b.*"),
    (
        "next",
        r".*\b(?:what (?:will|would|does|is going to) happen|what happens|what(?:'s| is)? next|what now|and now|now what)\b.*"
        r"|.*\bwhat (?:should|can|must|do) i (?:do|say|type)\b.*",
    ),
    ("why", r"(?:why|what for|how come|what (?:is|are|does) (?:this|that|it|these)(?: mean)?)\W*"),
    ("status", r".*\b(?:how (?:many|far)|is it (?:done|finished|running|still)|are you done|where are we)\b.*"),
)
_KNOWN = tuple((topic, re.compile(pattern, re.IGNORECASE)) for topic, pattern in _ASIDES)

NEXT = {
    "": "Say what to move, for example `migrate contacts from Zoho to Pipedrive`. I then read both accounts and propose a plan; nothing is written "
    "before you have seen a dry run and approved it.",
    "wish": "When I know what goes where, I read both accounts and propose a plan. Nothing is written before you have seen a dry run and approved it.",
    "filter": "When I know which records, I read both accounts and propose a plan. Nothing is written before you approved it.",
    "question": "Nothing is written yet. After the questions I show the plan; then comes a dry run that cannot write, then your approval, then 20 records as "
    "a pilot for you to look at, and only then the rest.",
    "mapping": "Nothing is written yet. Next is the dry run: it reads every record, writes none, and tells how many would be created, changed or held back. "
    "Then you approve or not. Until then say `leave out FIELD`, `move FIELD to FIELD` or `only created after 2024` to change the plan.",
    "rehearsal": "Nothing is written yet. `yes` shows the approval: what would be written, where, and the way back. Only when you type the account's name "
    "there, 20 records are carried as a pilot; you look at them, then `continue` carries the rest.",
    "pilot": "`continue` carries the rest and then proves it, record by record; `undo` takes the pilot back. Until you say one of these nothing moves.",
    "rest": "Nothing moves by itself now. `report` proves the run anew and writes the report, `delta` carries what came to the source since, "
    "`retry` tries again what was held back, `undo` takes it all back (after your approval); or say what to migrate next.",
}
NOTHING_TO_UNDO = (
    "Nothing is written yet, so there is nothing to take back. `cancel` drops this plan; `status` shows earlier runs, and "
    "`undo RUN` takes back one of them."
)
LEFT = "Dropped; nothing was written. A plan that was made stays in files/plans/. Say what you want to migrate when you are ready."
NOT_KNOWN_YET = "I know that after the dry run: it counts the records, and the calls that each account allows."


def aside(text: str) -> str | None:
    """What a text asks in between: leave, long, held, undo, next, why or status; None for anything else."""
    said = text.strip()
    return next((topic for topic, pattern in _KNOWN if pattern.fullmatch(said)), None)


def still_asked(pending: dict[str, Any]) -> str:
    """What the person can say now, in one line."""
    return {
        "mapping": "Say `key` or `without`." if pending.get("changes") else "Say `yes` for the dry run.",
        "rehearsal": "Say `yes` to see the approval, or `no`.",
        "pilot": "Say `continue` or `undo`.",
    }.get(pending.get("kind", ""), str(pending.get("ask", "")))
