"""The chat's sessions as a file: LangGraph keeps all that was said in it, questions about people and values in full."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing

from sdrbot_skills.runs.home import state_directory

SESSIONS = "sessions.sqlite"
_SPOKE_OF = (
    "SELECT thread_id FROM checkpoints WHERE instr(checkpoint, ?1) OR instr(metadata, ?1) "
    "UNION SELECT thread_id FROM writes WHERE instr(value, ?1)"
)


def forget_conversations(names: Sequence[str]) -> int:
    """Remove every session in which one of these names was said (a run, a plan file), so that nothing of it is left in the file; how many."""
    path = state_directory() / SESSIONS
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, isolation_level=None)) as sessions:
        sessions.execute("PRAGMA secure_delete=ON")
        if not sessions.execute("SELECT 1 FROM sqlite_master WHERE name='checkpoints'").fetchall():
            return 0
        threads = {row[0] for name in names for row in sessions.execute(_SPOKE_OF, (name.encode(),))}
        for thread in threads:
            sessions.execute("DELETE FROM checkpoints WHERE thread_id=?", (thread,))
            sessions.execute("DELETE FROM writes WHERE thread_id=?", (thread,))
        sessions.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sessions.execute("VACUUM")
        sessions.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return len(threads)
