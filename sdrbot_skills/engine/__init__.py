"""Moving records: extract, transform, match, load, link, verify, undo, with a journal of every step."""

from sdrbot_skills.engine.delta import Delta, came_or_changed
from sdrbot_skills.engine.doubt import in_doubt
from sdrbot_skills.engine.duplicates import one_with
from sdrbot_skills.engine.events import Event
from sdrbot_skills.engine.evidence import Completed, Ledger, find_unanswered
from sdrbot_skills.engine.left import Left, left_to_try
from sdrbot_skills.engine.link_rows import REASONS
from sdrbot_skills.engine.reader import JournalReader, read_journal
from sdrbot_skills.engine.run import run
from sdrbot_skills.engine.undo import undo
from sdrbot_skills.engine.verify import verify

__all__ = [
    "REASONS",
    "Completed",
    "Delta",
    "Event",
    "JournalReader",
    "Ledger",
    "Left",
    "came_or_changed",
    "find_unanswered",
    "in_doubt",
    "left_to_try",
    "one_with",
    "read_journal",
    "run",
    "undo",
    "verify",
]
