"""Giving a worker leave."""

from __future__ import annotations

import subprocess
import sys

from sdrbot_skills.runs.leave import Begun, _let_go


def test_a_worker_that_ended_before_it_got_leave_is_no_error_here() -> None:
    """The end of its pipe was: closing it sent once more what nobody reads, and the command ended in a traceback instead of the run's own story."""
    words = [sys.executable, "-S", "-c", ""]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.wait()
    begun = Begun(process)
    begun.go()
    _let_go(process, wait=not begun.gone)
    assert begun.gone
    assert all(pipe is not None and pipe.closed for pipe in (process.stdin, process.stdout))
