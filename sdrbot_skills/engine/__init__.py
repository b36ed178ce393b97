"""Moving records: extract, transform, match, load, link, verify, undo, with a journal of every step."""

from sdrbot_skills.engine.reader import JournalReader, read_journal
from sdrbot_skills.engine.run import run

__all__ = ["JournalReader", "read_journal", "run"]
