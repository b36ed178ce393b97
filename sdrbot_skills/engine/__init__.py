"""Moving records: extract, transform, match, load, link, verify, undo, with a journal of every step."""

from sdrbot_skills.engine.run import run

__all__ = ["run"]
